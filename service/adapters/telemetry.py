"""The service's numbers in Prometheus' text format. No label holds a name of a site or an outlet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Gauge, generate_latest

if TYPE_CHECKING:
    from collections.abc import Mapping

_HELP = {
    "due_sites": "Sites that are due to be looked at",
    "due_seconds": "How long the most overdue site has been waiting",
    "sites": "Sites by what they answered at the last look",
    "looked_at": "Sites that were looked at within a day, by what they answered",
    "lookalikes": "Lookalikes by verdict",
    "open_episodes": "Impersonations that are served",
    "deliveries": "Deliveries by state",
    "delivery_overdue_seconds": "How long the most overdue delivery has been waiting",
    "events": "Events committed so far",
    "deleted_rows": "Rows that retention has deleted so far, by kind",
    "sweep_age_seconds": "Since when no sweep of this tier has been complete",
    "sweep_names_asked": "Names that sweeps have asked for so far, by tier",
    "feed_lag_seconds": "How far a feed is behind its source",
    "feed_names_read": "Names that a feed has brought so far",
    "feed_failures": "Failures of a feed in a row",
    "feed_gaps": "Ranges of a feed that were passed over",
    "tick_failed": "Whether the daemon's tick failed at its last turn",
    "tick_age_seconds": "Since when the daemon's tick has not come to an end",
    "vantage_ok": "Whether a resolver can be believed",
    "loop_lag_seconds": "How late the event loop was when these numbers were asked for",
    "parser_kills": "Parsers that were killed over a page since the start",
}


def exposition(numbers: Mapping[str, Mapping[tuple[tuple[str, str], ...], float]]) -> bytes:
    """Numbers by name and labels (pairs of name and value) as text. A name that ``_HELP`` lacks is an error."""
    registry = CollectorRegistry()
    for name, values in numbers.items():
        labels = [label for label, _ in next(iter(values), ())]
        gauge = Gauge(f"spoofwatch_{name}", _HELP[name], labels, registry=registry)
        for pairs, value in values.items():
            child: Any = gauge.labels(**dict(pairs)) if pairs else gauge
            child.set(value)
    return generate_latest(registry)
