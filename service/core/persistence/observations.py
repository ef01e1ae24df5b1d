"""Equal looks in a row are one observation: what makes two looks equal is decided here.

Left out on purpose: anything that differs on every request without meaning anything (page bytes, scores' last digits,
times), or a site of ten thousand looks would be ten thousand rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any

from service.core.alerts.events import rfc3339
from service.core.facts.page import FetchedPage
from service.core.model import Judgement, Look, Observation


def observe(last: Observation | None, look: Look, judgements: Iterable[Judgement]) -> Observation:
    """Extend ``last`` by this look where nothing changed, else begin a new observation."""
    summary = summarise(look, judgements)
    mark = digest(summary)
    if last is not None and last.digest == mark:
        return Observation(
            digest=mark,
            first_at=last.first_at,
            last_at=look.at,
            count=last.count + 1,
            consensus=look.consensus,
            summary=last.summary,
        )
    return Observation(
        digest=mark, first_at=look.at, last_at=look.at, count=1, consensus=look.consensus, summary=summary
    )


def summarise(look: Look, judgements: Iterable[Judgement]) -> dict[str, Any]:
    """What a reader is shown of a look, as JSON values in a stable order."""
    dns = look.dns.own
    summary: dict[str, Any] = {
        "availability": {vantage: grade.value for vantage, grade in sorted(look.availability.items())},
        "consensus": look.consensus.value,
        "reason": look.consensus_reason,
        "dns": {
            "status": dns.status.value,
            "addresses": list(dns.addresses),
            "nameservers": list(dns.nameservers),
            "mx": list(dns.mx),
        },
        "judgements": {
            j.outlet: {"verdict": j.verdict.value, "shows_content": j.shows_content}
            for j in sorted(judgements, key=lambda j: j.outlet)
        },
    }
    if look.pages:
        summary["pages"] = [_page(page) for page in look.pages]
    if look.registration is not None:
        summary["registration"] = {
            "status": look.registration.status.value,
            "created_at": rfc3339(look.registration.created_at),
            "registrar": look.registration.registrar,
            "epp": list(look.registration.epp),
        }
    return summary


def digest(summary: Mapping[str, Any]) -> str:
    """A name for what was seen; equal summaries have equal digests.

    A look that asked for fewer things (no registration, no pages) than the one before is another summary: what was
    not asked must not read as if it had been seen again.
    """
    text = json.dumps(summary, sort_keys=True, separators=(",", ":"))
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _page(page: FetchedPage) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "target": page.target,
        "profile": page.profile,
        "outcome": page.outcome.value,
        "status": page.status,
        "hops": [hop.url for hop in page.hops],
    }
    if page.page is not None:
        facts["title"] = page.page.title
    if page.tls is not None:
        # Not its digest: a renewal every two months is no change of what is seen.
        facts["certificate"] = {"names": list(page.tls.names[:20]), "verified": page.tls.verified}
    return facts
