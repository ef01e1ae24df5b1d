"""[sightings] and [checks] of config/service.toml: how much one may ask for."""

from __future__ import annotations

from pydantic import Field

from service.settings_fields import Section


class Sightings(Section):
    """[sightings]."""

    daily: int = Field(
        50_000, ge=0, description="addresses that one token may report on a day (UTC), then 429; 0 is without limit"
    )


class Checks(Section):
    """[checks]."""

    hourly: int = Field(
        120, ge=0, description="checks that one token may ask for in an hour, then 429; 0 is without limit"
    )
    at_once: int = Field(
        2, ge=1, le=50, description="of all tokens, looked at side by side; the others wait their turn"
    )
