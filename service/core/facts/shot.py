"""Pictures of pages as a browser shows them."""

from __future__ import annotations

from dataclasses import dataclass, field

from service.core.facts.picture import PictureFacts
from service.core.model import Profile

MOST_BYTES = 8 * 1024 * 1024
"""Of one picture; a page that does not compress below this is noise."""


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """A window: ``width`` and ``height`` in CSS pixels; ``touch`` for telephones. ``profile`` is whom it stands for."""

    profile: Profile
    width: int = 1280
    height: int = 800
    touch: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Shot:
    """What one view showed. ``failed`` says why there is no picture, else "". ``refused``: what was not let out."""

    view: View
    png: bytes = b""
    picture: PictureFacts = field(default_factory=PictureFacts)
    failed: str = ""
    refused: tuple[str, ...] = ()


def views_for(shows: Profile, profiles: tuple[Profile, ...]) -> tuple[View, View]:
    """A desktop and a telephone, one of them with the profile that showed the content, the other one with its Referer.

    A profile is a telephone's where its User-Agent says Mobile.
    """
    desktop = next((one for one in (shows, *profiles) if not _is_mobile(one)), shows)
    mobile = next((one for one in (shows, *profiles) if _is_mobile(one)), shows)
    return (
        View(profile=_as(desktop, shows)),
        View(profile=_as(mobile, shows), width=390, height=844, touch=True),
    )


def _is_mobile(profile: Profile) -> bool:
    return "Mobile" in next((value for name, value in profile.headers.items() if name.lower() == "user-agent"), "")


def _as(profile: Profile, shows: Profile) -> Profile:
    """The profile as if it came the way that ``shows`` came: clones look at where visitors come from."""
    came_from = {name: value for name, value in shows.headers.items() if name.lower() == "referer"}
    return Profile(name=profile.name, headers={**profile.headers, **came_from})
