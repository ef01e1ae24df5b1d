"""Pages and pictures that reporters upload: somebody else's word for what a site showed, and kept as that."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from service.core.facts.page import PageFacts

PROFILE = "uploaded"
"""Stands where evidence of the service's own looks names the profile that was used."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Upload:
    """What came: HTML, a PNG or both, as bytes. ``captured_at`` is the reporter's word, ``received_at`` ours."""

    host: str
    url: str
    captured_at: datetime
    received_at: datetime
    by: str
    html: bytes = b""
    picture: bytes = b""
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Capture:
    """An upload as it is kept. ``page`` is what stands in its HTML, None where there was none; ``evidence`` its id."""

    sighting: int
    host: str
    url: str
    captured_at: datetime
    received_at: datetime
    evidence: str
    page: PageFacts | None = None
