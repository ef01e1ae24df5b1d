"""Sites of all kinds over a year, looked at without a network: what ``tests.bench.year`` lets the tracker see.

What becomes of a site follows from its number alone. Most names that exist are parked for ever; some belong to others;
some imitate the outlet, and of these a part is blocked, comes back, moves, hides or lapses.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import cached_property

from service.core.facts.dns import DnsAnswers, DnsFacts, DnsStatus
from service.core.facts.page import FetchedPage, FetchOutcome, Hop, HopKind, PageFacts, TlsFacts
from service.core.facts.registration import Registration, RegistrationStatus
from service.core.model import Judgement, Look, Signal, Site
from service.core.persistence.inputs import Looked
from service.core.persistence.traits import Copied, traits_of
from service.core.states import Availability, Technique, Verdict

OUTLET = "spiegel"
VANTAGES = ("system", "isp")
PROFILES = ("desktop", "social")
OUTAGE, HICCUP = 0.002, 0.01
"""Looks at which all of the service's own resolvers fail, and looks at which a site is down for no reason."""

_DAY = timedelta(days=1)
_SHARES = {"parked": 60, "others": 20, "lapses": 5, "stays": 5, "blocked": 4, "returns": 3, "moves": 2, "given-up": 1}
_KINDS = tuple(kind for kind, share in _SHARES.items() for _ in range(share))
_WORDS = ("Krieg", "Preise", "Winter", "Gas", "Strom", "Wahl", "Hilfe", "Ende", "Angst", "Kosten", "Fabrik", "Zoll")
_COPIED = Copied(domains=frozenset({"spiegel.de"}))


class Shown(Enum):
    """What a site shows at a time."""

    PARKED = "parked"
    OTHER = "other"
    CLONE = "clone"
    GONE = "gone"
    HELD = "held"


_BEFORE_AND_AFTER = {
    "parked": (Shown.PARKED, Shown.PARKED),
    "others": (Shown.OTHER, Shown.OTHER),
    "lapses": (Shown.PARKED, Shown.GONE),
    "stays": (Shown.CLONE, Shown.CLONE),
    "blocked": (Shown.CLONE, Shown.HELD),
    "returns": (Shown.CLONE, Shown.HELD),
    "moves": (Shown.CLONE, Shown.CLONE),
    "given-up": (Shown.CLONE, Shown.PARKED),
}


@dataclass(frozen=True)
class Life:
    """The site with this number, registered at ``born``."""

    number: int
    born: datetime

    @property
    def kind(self) -> str:
        """What becomes of it; of a hundred sites in a row, as many as the table says."""
        return _KINDS[self.number * 37 % len(_KINDS)]

    @property
    def host(self) -> str:
        """Its name."""
        return f"spiegel-{self.number}.ltd"

    @cached_property
    def turn(self) -> datetime:
        """When it changes for the first time: on a day of the first nine months."""
        return self.born + (10 + self.number * 7919 % 260) * _DAY

    def shown(self, now: datetime) -> Shown:
        """What is there."""
        before, after = _BEFORE_AND_AFTER[self.kind]
        over = self.kind == "returns" and now >= self.turn + 30 * _DAY
        return after if now >= self.turn and not over else before

    @property
    def changes(self) -> int:
        """How often what is seen of it changes in a year."""
        before, after = _BEFORE_AND_AFTER[self.kind]
        return {"returns": 2, "moves": 1}.get(self.kind, int(before is not after))

    def address(self, now: datetime) -> str:
        """Where it is hosted."""
        moved = self.kind == "moves" and now >= self.turn
        return f"192.0.{(self.number + moved * 3) // 50 % 256}.{self.number % 50}"

    def look(self, site: Site, now: datetime, dice: random.Random) -> Looked:
        """What a look at ``now`` makes of it, the service's outages and the site's own hiccups among it."""
        if dice.random() < OUTAGE:
            return self._looked(site, now, Shown.GONE, Availability.VANTAGE_FAILED)
        if dice.random() < HICCUP and self.shown(now) is not Shown.GONE:
            return self._looked(site, now, Shown.OTHER, Availability.UNREACHABLE)
        grades = {
            Shown.PARKED: Availability.PARKED,
            Shown.OTHER: Availability.LIVE,
            Shown.CLONE: Availability.LIVE,
            Shown.GONE: Availability.NXDOMAIN,
            Shown.HELD: Availability.NXDOMAIN,
        }
        return self._looked(site, now, self.shown(now), grades[self.shown(now)])

    def _looked(self, site: Site, now: datetime, shown: Shown, grade: Availability) -> Looked:
        reached = grade in (Availability.LIVE, Availability.PARKED)
        pages = tuple(self._page(shown, profile) for profile in PROFILES) if reached else ()
        dns = self._dns(now, grade)
        asked = site.registration is None or shown is Shown.HELD or self.kind == "returns"
        look = Look(
            at=now,
            dns=dns,
            registration=self._registration(shown, now) if asked else None,
            pages=pages,
            availability={answers.vantage: grade for answers in dns.answers},
            consensus=grade,
            consensus_reason=grade.value,
        )
        if grade is Availability.VANTAGE_FAILED:
            return Looked(look=look, judgements=())
        judgements = (self._judgement(shown, pages),)
        return Looked(look=look, judgements=judgements, traits=traits_of(site, look, _COPIED, judgements))

    def _dns(self, now: datetime, grade: Availability) -> DnsFacts:
        status = {Availability.NXDOMAIN: DnsStatus.NXDOMAIN, Availability.VANTAGE_FAILED: DnsStatus.VANTAGE_FAILED}
        found = status.get(grade, DnsStatus.ANSWERED)
        answered = found is DnsStatus.ANSWERED
        answers = (
            DnsAnswers(
                vantage=vantage,
                status=found,
                addresses=(self.address(now),) if answered else (),
                nameservers=(f"ns1.dns{self.number % 97}.example", f"ns2.dns{self.number % 97}.example")
                if answered
                else (),
                mx=("10 mx.example",) if answered else (),
            )
            for vantage in VANTAGES
        )
        return DnsFacts(host=self.host, answers=tuple(answers))

    def _registration(self, shown: Shown, now: datetime) -> Registration:
        return Registration(
            domain=self.host,
            status=RegistrationStatus.FOUND_DATE,
            source="rdap",
            server="https://rdap.example/",
            asked_at=now,
            created_at=self.born,
            expires_at=self.born + 365 * _DAY,
            registrar=f"Registrar {self.number % 40}",
            epp=("clientTransferProhibited", *(("clientHold",) if shown is Shown.HELD else ())),
        )

    def _page(self, shown: Shown, profile: str) -> FetchedPage:
        url = f"https://{self.host}/"
        words = [_WORDS[(self.number + step) % len(_WORDS)] for step in range(8)]
        title = "This domain is parked" if shown is Shown.PARKED else f"{' '.join(words)} - DER SPIEGEL"
        text = " ".join(words * 20)
        trackers = {f"google:G-{self.number // 4}"} if shown is Shown.CLONE else set[str]()
        return FetchedPage(
            target=url,
            profile=profile,
            outcome=FetchOutcome.OK,
            hops=(Hop(url=url, kind=HopKind.START, status=200, address="192.0.2.1"),),
            final_url=url,
            status=200,
            content_type="text/html",
            bytes=len(text),
            body_sha256=f"{self.number:064x}",
            tls=TlsFacts(verified=True, issuer="Example CA", names=(self.host, f"www.{self.host}")),
            page=PageFacts(title=title, text=text, language="de", identifiers=frozenset(trackers)),
        )

    def _judgement(self, shown: Shown, pages: Iterable[FetchedPage]) -> Judgement:
        clone = shown is Shown.CLONE and bool(tuple(pages))
        verdict = Verdict.IMPERSONATION if clone else Verdict.UNKNOWN
        signal = Signal(name="structure", value=0.97, weight=0.4, evidence="97 % of the home page's shingles")
        return Judgement(
            outlet=OUTLET,
            technique=Technique.COMBOSQUAT,
            verdict=verdict,
            score=0.95 if clone else 0.1,
            reason="serves the outlet's layout on a new name" if clone else "nothing of the outlet's is there",
            signals=(signal,) if clone else (),
            shows_content=clone,
            content_at=(f"https://{self.host}/", PROFILES[0]) if clone else None,
        )
