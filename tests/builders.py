"""Small builders of the values that the tests talk about; every argument that a test does not name is ordinary."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from service.core.facts.dns import DnsAnswers, DnsFacts, DnsStatus
from service.core.facts.registration import Registration, RegistrationStatus
from service.core.model import Block, Judgement, Look, Lookalike, Site
from service.core.persistence.inputs import Looked
from service.core.states import Availability, Place, Technique, Verdict

START = datetime(2022, 6, 1, tzinfo=UTC)
HOST = "spiegel.ltd"


def at(hours: float = 0.0, *, days: float = 0.0) -> datetime:
    return START + timedelta(hours=hours, days=days)


def lookalike(outlet: str = "spiegel", **more: Any) -> Lookalike:
    ordinary = {"technique": Technique.TLD_SWAP, "name_score": 0.9, "distance": 0, "discovered_at": START}
    return Lookalike(**{"outlet": outlet, **ordinary, **more})


def site(host: str = HOST, **more: Any) -> Site:
    ordinary: dict[str, Any] = {
        "domain": host,
        "source": "sweep:exact",
        "admitted_at": START,
        "due_at": START,
        "lookalikes": (lookalike(),),
    }
    return Site(**{"host": host, **ordinary, **more})


def registration(created: datetime | None = START, **more: Any) -> Registration:
    status = RegistrationStatus.FOUND_DATE if created else RegistrationStatus.FOUND_NO_DATE
    ordinary = {"domain": HOST, "status": status, "source": "rdap", "server": "rdap.example", "asked_at": START}
    return Registration(**{**ordinary, "created_at": created, "registrar": "Example Registrar", **more})


def dns(
    status: DnsStatus = DnsStatus.ANSWERED,
    addresses: tuple[str, ...] = ("192.0.2.1",),
    nameservers: tuple[str, ...] = ("ns1.example", "ns2.example"),
    vantages: tuple[str, ...] = ("system", "isp"),
    host: str = HOST,
) -> DnsFacts:
    answered = status is DnsStatus.ANSWERED
    answers = tuple(
        DnsAnswers(
            vantage=vantage,
            status=status,
            addresses=addresses if answered else (),
            nameservers=nameservers if answered else (),
        )
        for vantage in vantages
    )
    return DnsFacts(host=host, answers=answers)


_STATUS = {
    Availability.NXDOMAIN: DnsStatus.NXDOMAIN,
    Availability.SERVFAIL: DnsStatus.SERVFAIL,
    Availability.NO_ADDRESS: DnsStatus.NO_ADDRESS,
    Availability.VANTAGE_FAILED: DnsStatus.VANTAGE_FAILED,
}


def look(when: datetime, grade: Availability = Availability.LIVE, **more: Any) -> Look:
    facts = more.pop("dns", None) or dns(_STATUS.get(grade, DnsStatus.ANSWERED))
    ordinary: dict[str, Any] = {
        "dns": facts,
        "registration": None,
        "pages": (),
        "availability": {answers.vantage: grade for answers in facts.answers},
        "consensus": grade,
        "consensus_reason": grade.value,
    }
    return Look(**{"at": when, **ordinary, **more})


def judgement(verdict: Verdict = Verdict.IMPERSONATION, *, shows: bool = True, **more: Any) -> Judgement:
    ordinary: dict[str, Any] = {
        "outlet": "spiegel",
        "technique": Technique.TLD_SWAP,
        "score": 0.9 if verdict.flagged else 0.1,
        "reason": verdict.value,
        "shows_content": shows,
        "content_at": ("https://spiegel.ltd/", "social") if shows else None,
    }
    return Judgement(**{"verdict": verdict, **ordinary, **more})


def clone_seen(when: datetime, **more: Any) -> Looked:
    return Looked(look=look(when, **more), judgements=(judgement(),))


def nothing_seen(when: datetime, grade: Availability, **more: Any) -> Looked:
    return Looked(look=look(when, grade, **more), judgements=(judgement(Verdict.UNKNOWN, shows=False),))


def block(place: Place = Place.REGISTRAR, when: datetime = START, **more: Any) -> Block:
    ordinary = {"effective_from": when, "known_from": when, "reported": True}
    return Block(**{"id": f"blk_{place.value}", "place": place, **ordinary, **more})
