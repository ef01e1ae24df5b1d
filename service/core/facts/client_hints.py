"""The client hints that a browser of a given User-Agent sends by itself: a clone may compare the two.

Chromium alone sends them (W3C User-Agent Client Hints, draft 2023; WICG), the three low-entropy ones with each request
and over TLS only. They are made from the User-Agent, so that they agree with it whatever an operator writes there.
"""

from __future__ import annotations

import re
from functools import lru_cache

_CHROMIUM = re.compile(r" Chrome/([0-9]{1,4})")
_BRANDS = (("Microsoft Edge", re.compile(r" Edg(?:A|iOS)?/([0-9]{1,4})")), ("Opera", re.compile(r" OPR/([0-9]{1,4})")))
_GOOGLE = "Google Chrome"
_PLATFORMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("CrOS", "Chrome OS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)

# The made-up brand that keeps servers from reading too much into the list, and the places of the three: both follow
# from the major version (Chromium, components/embedder_support/user_agent_utils.cc, since version 110).
_FILLERS = " (:-./);=?_"
_FILLER_VERSIONS = ("8", "99", "24")
_PLACES = ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))


@lru_cache(maxsize=64)
def client_hints(agent: str) -> tuple[tuple[str, str], ...]:
    """The headers beside this User-Agent over TLS, in Chromium's order; none for any other browser or a robot."""
    chromium = _CHROMIUM.search(agent)
    if chromium is None or "compatible;" in agent:
        return ()
    platform = next((name for mark, name in _PLATFORMS if mark in agent), "Unknown")
    return (
        ("sec-ch-ua", _brands(agent, chromium[1])),
        ("sec-ch-ua-mobile", "?1" if " Mobile" in agent else "?0"),
        ("sec-ch-ua-platform", f'"{platform}"'),
    )


def _brands(agent: str, version: str) -> str:
    seed = int(version)
    filler = f"Not{_FILLERS[seed % 11]}A{_FILLERS[(seed + 1) % 11]}Brand"
    own = next(((name, found[1]) for name, mark in _BRANDS if (found := mark.search(agent))), (_GOOGLE, version))
    listed = ((filler, _FILLER_VERSIONS[seed % 3]), ("Chromium", version), own)
    placed = sorted(zip(_PLACES[seed % 6], listed, strict=True))
    return ", ".join(f'"{name}";v="{number}"' for _, (name, number) in placed)
