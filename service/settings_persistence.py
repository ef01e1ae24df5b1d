"""The sections of ``config/service.toml`` on what happens after blocks: figures, reports, forecasts."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from service.settings_fields import Duration, Section


class Persistence(Section):
    """[persistence]."""

    minimum: int = Field(
        5, ge=2, le=1_000, description="subjects below which no rate is shown: limits would cover most of the scale"
    )


class Reports(Section):
    """[reports]."""

    answer_within: Duration = Field(
        timedelta(days=3), description="then report.overdue reminds; a clone does most of its work in its first days"
    )


class Forecasts(Section):
    """[forecast]."""

    every: Duration = Field(
        timedelta(minutes=5), description="between two rounds of a forecast's names, for 72 hours after an action"
    )
    size: int = Field(1_000, ge=10, le=10_000, description="names a forecast has")
    daily_queries: int = Field(
        1_000_000, ge=0, description="for all forecasts together; what is left waits for the next day; 0: no limit"
    )
