"""[retention] of config/service.toml: how long rows are kept that nothing rests on."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field

from service.settings_fields import Duration, Section

Kept = Annotated[Duration, Field(ge=timedelta(days=1))]


class Retention(Section):
    """[retention]."""

    attempts: Kept = Field(timedelta(days=30), description="single tries of deliveries that are done")
    deliveries: Kept = Field(timedelta(days=90), description="deliveries that are done, for who asks what was sent")
    events: Kept = Field(
        timedelta(days=730), description="of the service, and of sites that were never flagged, blocked or reported"
    )
    observations: Kept = Field(
        timedelta(days=365), description="of such sites, but for the first and the last one of each"
    )
    unanswered: Kept = Field(
        timedelta(days=90), description="names of sweeps that nothing is dated by: given up, or of outlets that left"
    )
    sightings: Kept = Field(
        timedelta(days=365), description="of sites that were never flagged, blocked or reported, and refused ones"
    )
    checks: Kept = Field(timedelta(days=30), description="with their reports; what was found stays with the site")
    tokens: Kept = Field(timedelta(days=365), description="after their end, unless somebody decided something by them")
