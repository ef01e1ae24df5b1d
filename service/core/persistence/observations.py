"""Equal looks in a row are one observation: what makes two looks equal is decided here.

Left out on purpose: anything that differs on every request without meaning anything (page bytes, scores' last digits,
times), or a site of ten thousand looks would be ten thousand rows.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any

from service.core.alerts.events import rfc3339
from service.core.facts.page import FetchedPage
from service.core.facts.registration import Registration
from service.core.model import Judgement, Look, Observation

MOST_EVIDENCE = 10
"""Ids of evidence in one observation; all of a site's are in its own list."""


def observe(
    last: Observation | None, look: Look, judgements: Iterable[Judgement], registration: Registration | None
) -> Observation:
    """Extend ``last`` by this look where nothing changed, else begin a new observation.

    ``registration`` is what is believed of it after this look, whether the registry was asked again or not.
    """
    summary = summarise(look, judgements, registration)
    mark = digest(summary)
    if last is not None and last.digest == mark:
        return Observation(
            digest=mark,
            first_at=last.first_at,
            last_at=look.at,
            count=last.count + 1,
            consensus=look.consensus,
            summary=_with_evidence(last.summary, look),
        )
    return Observation(
        digest=mark,
        first_at=look.at,
        last_at=look.at,
        count=1,
        consensus=look.consensus,
        summary=_with_evidence(summary, look),
    )


def _with_evidence(summary: Mapping[str, Any], look: Look) -> Mapping[str, Any]:
    """The summary with the ids of what was kept, the last few of them; looks are not told apart by them."""
    if not look.evidence:
        return summary
    return {**summary, "evidence": [*summary.get("evidence", ()), *look.evidence][-MOST_EVIDENCE:]}


def summarise(look: Look, judgements: Iterable[Judgement], registration: Registration | None) -> dict[str, Any]:
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
        summary["pages"] = _pages(look.pages)
    if registration is not None:
        summary["registration"] = {
            "status": registration.status.value,
            "created_at": rfc3339(registration.created_at),
            "registrar": registration.registrar,
            "epp": list(registration.epp),
        }
    return summary


def digest(summary: Mapping[str, Any]) -> str:
    """A name for what was seen; equal summaries have equal digests."""
    text = json.dumps(summary, sort_keys=True, separators=(",", ":"))
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _pages(pages: Iterable[FetchedPage]) -> list[dict[str, Any]]:
    """Each different answer of each target once, with the profiles that got it where not all got the same.

    Most sites answer all profiles alike, and looks take turns in which they ask: that is no change of what is there.
    """
    found: dict[str, dict[str, Any]] = {}
    seen_by: dict[str, list[str]] = {}
    for page in pages:
        facts = _page(page)
        key = json.dumps(facts, sort_keys=True)
        found[key] = facts
        seen_by.setdefault(key, []).append(page.profile)
    targets = Counter(facts["target"] for facts in found.values())
    return [
        facts | ({"profiles": seen_by[key]} if targets[facts["target"]] > 1 else {})
        for key, facts in sorted(found.items())
    ]


def _page(page: FetchedPage) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "target": page.target,
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
