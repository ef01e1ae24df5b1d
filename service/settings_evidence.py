"""[evidence], [screenshots] and [disk] of config/service.toml: what is kept of sites, how long, and where that ends."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field

from service.settings_fields import Duration, Section


class Evidence(Section):
    """[evidence]."""

    folder: Path = Field(Path("../var/evidence"), description="where files are kept; for the service's user alone")
    scope: Literal["none", "flagged", "all"] = Field(
        "flagged", description="of which looks: all costs about 30 KB a page that changes, flagged or not"
    )
    keep_flagged: Duration = Field(timedelta(days=1825), description="what a flag rests on; courts take years")
    keep_other: Duration = Field(timedelta(days=90), description="everything else")
    quota_mib: int = Field(20_480, ge=1, description="for all; what no flag rests on goes first, the oldest first")


class Screenshots(Section):
    """[screenshots]."""

    enabled: bool = Field(
        default=True, description="of flagged sites and the outlets' home pages, where the extra and Chromium are there"
    )
    executable: str = Field("", description="the browser; empty: the system's Chromium, found on PATH")
    user: str = Field("", description="who the browser runs as where the service is root; it is never run as root")
    timeout: Duration = Field(timedelta(seconds=15), description="for a page to load; then it is pictured as it is")


class Disk(Section):
    """[disk]."""

    evidence_above_mib: int = Field(1024, ge=0, description="below it evidence and screenshots stop; nothing else does")
    looks_above_mib: int = Field(256, ge=0, description="below it looks, sweeps and feeds wait as well")
