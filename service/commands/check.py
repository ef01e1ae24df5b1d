"""``spoofwatch check``: look at a site now and explain the verdict in words."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from typing import Any

from service.app import App
from service.bootstrap import open_app
from service.core.alerts.events import rfc3339
from service.core.errors import InvalidInput
from service.core.evidence.items import EvidenceKind, EvidenceQuery
from service.core.facts.cloaking import Cloaking, cloaking
from service.core.facts.dns import DnsStatus
from service.core.facts.page import FetchedPage, TlsFacts
from service.core.facts.wrappers import meant
from service.core.model import Judgement, Verdict
from service.core.names import name as names
from service.core.verdict.judging import explain
from service.pipeline.examine import Examination
from service.settings import Settings

_SEVERITY = {Verdict.INNOCENT: 0, Verdict.UNKNOWN: 0, Verdict.SUSPECTED: 1, Verdict.IMPERSONATION: 2}
Report = dict[str, Any]
_ADDRESS = re.compile(r"https?://[^\s,;()]+")


def run(settings: Settings, given: list[str], *, as_json: bool, fail_on: str | None) -> int:
    """Check each name or URL; 1 where ``fail_on`` or worse was found."""
    reports = asyncio.run(_check_all(settings, given))
    for report in reports:
        print(json.dumps(report, ensure_ascii=False) if as_json else as_text(report))
    worst = max((_SEVERITY[Verdict(report["verdict"])] for report in reports), default=0)
    return int(fail_on is not None and worst >= _SEVERITY[Verdict(fail_on)])


async def _check_all(settings: Settings, given: list[str]) -> list[Report]:
    async with open_app(settings) as app:
        await app.baselines.take_due()
        return [await check(app, one) for one in given]


async def check(app: App, given: str) -> Report:
    """What there is to say of one name or URL. A name that does not exist is not admitted."""
    given = meant(names.refang(given.strip())) if "://" in given else given
    host = names.host_of_url(given) if "://" in given else names.parse(given.split("/", 1)[0])
    try:
        if await _is_dead(app, host):
            return await _dead(app, host)
        await app.door.admit_url(given, "check")
    except InvalidInput as error:
        return {
            "name": host,
            "verdict": "innocent",
            "availability": "not-checked",
            "summary": str(error),
            "outlets": [],
        }
    examined = await app.examiner.examine_host(host)
    return _report(host, examined, await _kept(app, host, examined))


async def _kept(app: App, host: str, examined: Examination) -> list[str]:
    """Ids of what was kept of this look; of the newest file before where it showed nothing new."""
    if examined.look.evidence:
        return list(examined.look.evidence)
    where = EvidenceQuery(host=host, kind=EvidenceKind.WARC, live=True, limit=1)
    return [item.id for item in await app.store.read(lambda uow: uow.evidence.find(where))]


async def _is_dead(app: App, host: str) -> bool:
    """Whether the name does not exist and never did as far as we know."""
    if await app.store.read(lambda uow: uow.sites.get(host)) is not None:
        return False
    domain = names.registrable(host)
    facts = await app.resolver.facts(host, domain or host)
    return facts.own.status is DnsStatus.NXDOMAIN


async def _dead(app: App, host: str) -> Report:
    matches = (await app.watched.now()).index.match_one(host)
    resembles = ", ".join(f"{match.outlet} ({match.technique.value})" for match in matches)
    return {
        "name": host,
        "verdict": "unknown",
        "availability": "nxdomain",
        "summary": "the name does not exist (NXDOMAIN), so there is nothing to judge"
        + (f"; it would resemble {resembles}" if resembles else ""),
        "outlets": [],
    }


def _report(host: str, examined: Examination, evidence: list[str]) -> Report:
    look, site = examined.look, examined.step.site
    registration = site.registration
    verdicts = [lookalike.verdict for lookalike in site.lookalikes]
    worst = max(verdicts, key=_SEVERITY.__getitem__, default=Verdict.UNKNOWN)
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
        "outlets": [_judged(judgement) for judgement in examined.judgements],
        "events": [event.type for event in examined.step.events],
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


def _page_lines(page: Report) -> Iterator[str]:
    """How one fetch ended, in one line, and its chain where it has one."""
    ended = f"status {page['status']}" if page["outcome"] == "ok" else f"{page['outcome']}: {page['detail']}"
    title = f", {printable(page['title'])!r}" if page["title"] else ""
    yield f"{page['profile']} at {names.defang(page['url'])}: {ended}{title}"
    for hop in page["hops"][1:]:
        yield f"  {hop['by']} to {names.defang(hop['url'])}"


def printable(text: str) -> str:
    """Text of strangers for a terminal: without control characters and without those that turn the writing round."""
    return "".join(char for char in text if char.isprintable())


def unlinked(sentence: str) -> str:
    """A sentence for a terminal, with its web addresses defanged."""
    return _ADDRESS.sub(lambda match: names.defang(match[0]), printable(sentence))


def as_text(report: Report) -> str:
    """A report for people; names are defanged so that no terminal makes a link of them."""
    lines = [f"{names.defang(report['name'])}: {report['verdict']}", f"  {report['availability']}: {report['summary']}"]
    if report.get("registration_status"):
        since = report["registered_at"] or report["registration_status"]
        by = f" with {report['registrar']}" if report["registrar"] else ""
        lines.append(f"  registered: {since}{by}")
    if report.get("addresses"):
        lines.append(f"  addresses: {', '.join(report['addresses'])}; name servers: {', '.join(report['nameservers'])}")
    lines += [f"  {line}" for page in report.get("pages", ()) for line in _page_lines(page)]
    if report.get("cloaking"):
        found = report["cloaking"]
        lines.append(
            f"  {' and '.join(found['profiles'])} are shown different things: {'; '.join(found['differences'])}"
        )
    for judged in report["outlets"]:
        lines.append(f"  as {judged['outlet']} ({judged['technique']}):")
        lines += [f"    {unlinked(sentence)}" for sentence in judged["explanation"]]
    if not report["outlets"] and "addresses" in report:
        lines.append("  resembles no watched outlet, by name or by content")
    return "\n".join(lines)
