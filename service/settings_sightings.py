"""[sightings] of config/service.toml: how much one may report."""

from __future__ import annotations

from pydantic import Field

from service.settings_fields import Section


class Sightings(Section):
    """[sightings]."""

    daily: int = Field(
        50_000, ge=0, description="addresses that one token may report on a day (UTC), then 429; 0 is without limit"
    )
