"""Who is told of what. Pure."""

from __future__ import annotations

from types import MappingProxyType

from service.core.alerts.condition import Severity
from service.core.alerts.deliveries import Endpoint
from service.core.model import Event
from service.core.states import Verdict

SEVERITIES = MappingProxyType(
    {
        "lookalike.discovered": Severity.INFO,
        "lookalike.registered": Severity.WARNING,
        "lookalike.suspected": Severity.HIGH,
        "impersonation.confirmed": Severity.CRITICAL,
        "impersonation.changed": Severity.HIGH,
        "flag.withdrawn": Severity.HIGH,
        "site.down": Severity.WARNING,
        "block.recorded": Severity.WARNING,
        "block.observed": Severity.WARNING,
        "block.lifted": Severity.HIGH,
        "site.resurfaced": Severity.CRITICAL,
        "site.reregistered": Severity.HIGH,
        "successor.found": Severity.HIGH,
        "verdict.stale": Severity.WARNING,
        "report.overdue": Severity.WARNING,
        "outlet.baseline_changed": Severity.INFO,
        "monitor.degraded": Severity.HIGH,
        "alerts.digest": Severity.HIGH,
        "outlet.onboarded": Severity.INFO,
        "webhook.test": Severity.INFO,
    }
)
"""By type of event. Critical is what readers are being deceived by right now."""

_SUMMARIES = frozenset({"alerts.digest", "outlet.onboarded"})


def severity(event: Event) -> Severity:
    """How much an event matters. A withdrawal matters as much as what it withdraws: whoever was told is told.

    What sums up others matters as much as the worst of them.
    """
    if event.type == "flag.withdrawn":
        detail = event.data.get("detail", {})
        return Severity.CRITICAL if detail.get("withdrawn") == Verdict.IMPERSONATION else Severity.HIGH
    usual = SEVERITIES.get(event.type, Severity.HIGH)
    if event.type in _SUMMARIES:
        return Severity(event.data.get("detail", {}).get("severity", usual))
    return usual


def wants(endpoint: Endpoint, event: Event, outlets: frozenset[str]) -> bool:
    """Whether an endpoint's filters let an event through that concerns ``outlets``. Empty filters let all through."""
    return (
        (not endpoint.events or event.type in endpoint.events)
        and (not endpoint.outlets or not outlets.isdisjoint(endpoint.outlets))
        and severity(event).rank >= endpoint.severity.rank
    )
