"""Referrers in the log of an outlet's own web server.

A clone that loads the outlet's pictures, or that sends visitors on to it, stands in it as the page that they came from.

The format is Apache's "combined" (httpd documentation, mod_log_config, "Combined Log Format"), which nginx writes too:

    host ident user [time] "request" status bytes "referer" "user agent"
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files

from service.core.names import name as names
from service.core.verdict.lists import within

_LINE = re.compile(
    r'\S++ \S++ [^\[]*+\[(?P<at>[^\]]{1,40})\] "(?:[^"\\]|\\.)*+" \d{3} (?:\d++|-) "(?P<referer>(?:[^"\\]|\\.)*+)"'
)
_TIME = "%d/%b/%Y:%H:%M:%S %z"
_ESCAPED = re.compile(r"\\(?:x([0-9a-fA-F]{2})|(.))")

_COUNTRY = 2
"""Letters of a country's top-level domain (ISO 3166-1)."""

NO_REFERRER = "no referrer"
OWN = "the outlet's own page"
SEARCH = "a search engine"
AGAIN = "the same referrer again"


def is_log_line(line: str) -> bool:
    """Whether a line is one of a log in this format."""
    return _LINE.match(line) is not None


def referrer(line: str) -> tuple[str, datetime | None] | None:
    """The referrer of one request, empty where there is none, and when it was made; None for what is no such line."""
    found = _LINE.match(line)
    if found is None:
        return None
    shown = found["referer"]
    return "" if shown in ("", "-") else _unescaped(shown), _time(found["at"])


def _unescaped(text: str) -> str:
    r"""As it came: servers write quotes and control characters as ``\"`` and ``\xhh``."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)) if match[1] else match[2], text)


def _time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, _TIME).astimezone(UTC)
    except ValueError:
        return None


@lru_cache(maxsize=1)
def _engines() -> tuple[tuple[str, ...], frozenset[str]]:
    """Names of search engines, and labels that they have under every suffix."""
    lines = files("service.core.sightings").joinpath("search_engines.txt").read_text(encoding="utf-8").splitlines()
    listed = [line for line in lines if line and not line.startswith("#")]
    labels = frozenset(line.removesuffix(".*") for line in listed if line.endswith(".*"))
    return tuple(line for line in listed if not line.endswith(".*")), labels


def is_search_engine(host: str) -> bool:
    """Whether readers come from ``host`` who were searching. What merely resembles one (``google.ltd``) is none."""
    listed, labels = _engines()
    label, suffix = names.split(host)
    usual = suffix == "com" or len(suffix.rpartition(".")[2]) == _COUNTRY
    return within(host, listed) is not None or (usual and label in labels)
