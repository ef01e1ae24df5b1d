"""One name or URL, looked at now, and everything that there is to say of it: for the command and for the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from service.core.alerts.events import rfc3339
from service.core.errors import InvalidInput, InvalidName
from service.core.evidence.items import EvidenceKind, EvidenceQuery
from service.core.facts.cloaking import Cloaking, cloaking
from service.core.facts.dns import DnsStatus
from service.core.facts.page import FetchedPage, TlsFacts
from service.core.facts.wrappers import meant
from service.core.model import Judgement
from service.core.names import name as names
from service.core.states import Verdict
from service.core.verdict.judging import explain
from service.pipeline.admit import Door
from service.pipeline.examine import Examination, Examiner
from service.pipeline.watched import Watched
from service.ports import Resolver, Store

Report = dict[str, Any]
"""JSON values; ``name``, ``verdict``, ``availability``, ``summary`` and ``outlets`` always, the rest after a look."""


@dataclass(frozen=True, kw_only=True)
class Checker:
    """Looks at what somebody asks about."""

    store: Store
    resolver: Resolver
    watched: Watched
    door: Door
    examiner: Examiner

    async def check(self, given: str, outlets: frozenset[str] = frozenset()) -> Report:
        """What there is to say of one name or URL; of ``outlets`` alone where these are given.

        A name that does not exist is not admitted. InvalidName for what is none.
        """
        given = _meant(given)
        host = host_of(given)
        try:
            if await self._is_dead(host):
                return await self._dead(host, outlets)
            await self.door.admit_url(given, "check")
        except InvalidInput as error:
            return _unexamined(host, "innocent", "not-checked", str(error))
        examined = await self.examiner.examine_host(host)
        return _report(host, examined, await self._kept(host, examined), outlets)

    async def _kept(self, host: str, examined: Examination) -> list[str]:
        """Ids of what was kept of this look; of the newest file before where it showed nothing new."""
        if examined.look.evidence:
            return list(examined.look.evidence)
        where = EvidenceQuery(host=host, kind=EvidenceKind.WARC, live=True, limit=1)
        return [item.id for item in await self.store.read(lambda uow: uow.evidence.find(where))]

    async def _is_dead(self, host: str) -> bool:
        """Whether the name does not exist and never did as far as we know."""
        if await self.store.read(lambda uow: uow.sites.get(host)) is not None:
            return False
        domain = names.registrable(host)
        facts = await self.resolver.facts(host, domain or host)
        return facts.own.status is DnsStatus.NXDOMAIN

    async def _dead(self, host: str, outlets: frozenset[str]) -> Report:
        matches = (await self.watched.now()).index.match_one(host)
        told = [match for match in matches if not outlets or match.outlet in outlets]
        resembles = ", ".join(f"{match.outlet} ({match.technique.value})" for match in told)
        summary = "the name does not exist (NXDOMAIN), so there is nothing to judge"
        return _unexamined(
            host, "unknown", "nxdomain", summary + (f"; it would resemble {resembles}" if resembles else "")
        )


def host_of(given: str) -> str:
    """The host that is looked at for a name or URL; of a link around another one, that of the one which is meant.

    InvalidName where there is none below a public suffix.
    """
    given = _meant(given)
    host = names.host_of_url(given) if "://" in given else names.parse(given.split("/", 1)[0])
    if names.registrable(host) is None:
        raise InvalidName(f"{host} is a public suffix or has no known one")
    return host


def _meant(given: str) -> str:
    given = names.refang(given.strip())
    return meant(given) if "://" in given else given


def _unexamined(host: str, verdict: str, availability: str, summary: str) -> Report:
    return {"name": host, "verdict": verdict, "availability": availability, "summary": summary, "outlets": []}


def _report(host: str, examined: Examination, evidence: list[str], outlets: frozenset[str]) -> Report:
    look, site = examined.look, examined.step.site
    registration = site.registration
    verdicts = [one.verdict for one in site.lookalikes if not outlets or one.outlet in outlets]
    worst = max(verdicts, key=lambda verdict: verdict.rank, default=Verdict.UNKNOWN)
    judged = [one for one in examined.judgements if not outlets or one.outlet in outlets]
    events = [one for one in examined.step.events if not outlets or one.outlet is None or one.outlet in outlets]
    return {
        "name": host,
        "verdict": worst.value,
        "availability": look.consensus.value,
        "summary": look.consensus_reason,
        "addresses": list(look.dns.own.addresses),
        "nameservers": list(look.dns.own.nameservers),
        "registered_at": rfc3339(registration.created_at) if registration else None,
        "registration_status": registration.status.value if registration else None,
        "registrar": registration.registrar if registration else None,
        "vantages": {vantage: grade.value for vantage, grade in sorted(look.availability.items())},
        "pages": [_page(page) for page in look.pages],
        "cloaking": _cloaking(cloaking(look.pages)),
        "outlets": [_judged(one) for one in judged],
        "events": [event.type for event in events],
        "evidence": evidence,
    }


def _page(page: FetchedPage) -> Report:
    facts = page.page
    return {
        "url": page.target,
        "profile": page.profile,
        "egress": page.egress,
        "outcome": page.outcome.value,
        "detail": page.detail,
        "status": page.status,
        "final_url": page.final_url,
        "hops": [
            {"url": hop.url, "by": hop.kind.value, "status": hop.status, "address": hop.address} for hop in page.hops
        ],
        "title": facts.title if facts else None,
        "language": facts.language if facts else None,
        "canonical": facts.canonical if facts else None,
        "identifiers": sorted(facts.identifiers) if facts else [],
        "body_sha256": page.body_sha256,
        "favicon_sha256": page.favicon_sha256,
        "certificate": _certificate(page.tls) if page.tls else None,
    }


def _certificate(tls: TlsFacts) -> Report:
    return {
        "verified": tls.verified,
        "error": tls.error,
        "protocol": tls.protocol,
        "subject": tls.subject,
        "issuer": tls.issuer,
        "names": list(tls.names),
        "not_before": rfc3339(tls.not_before),
        "not_after": rfc3339(tls.not_after),
        "sha256": tls.sha256,
        "key": tls.key,
        "spki_sha256": tls.spki_sha256,
    }


def _cloaking(found: Cloaking) -> Report | None:
    if not found.grade:
        return None
    return {
        "grade": found.grade,
        "url": found.target,
        "profiles": list(found.profiles),
        "differences": list(found.what),
    }


def _judged(judgement: Judgement) -> Report:
    return {
        "outlet": judgement.outlet,
        "technique": judgement.technique.value,
        "verdict": judgement.verdict.value,
        "score": round(judgement.score, 4),
        "reason": judgement.reason,
        "explanation": explain(judgement),
        "signals": [
            {"name": s.name, "value": round(s.value, 4), "weight": s.weight, "evidence": s.evidence}
            for s in judgement.signals
        ],
    }
