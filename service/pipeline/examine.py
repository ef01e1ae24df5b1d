"""Read this first: one look at one site, from what resolvers say to what people are told.

    due list -> resolve -> registration -> fetch -> grade and judge -> evidence -> track -> outbox -> (alert.py sends)
                                             └-> onward: other hosts that it leads to, through the door

Each step has a file of its own beside this one; what they decide is pure and stands in ``core/``: grades and verdicts
in ``core/verdict``, what a look changes in ``core/persistence/lifecycle.py``. ``bootstrap.py`` shows what is plugged
in.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, replace
from datetime import timedelta

from service.core.errors import NotFound, StoreUnavailable
from service.core.facts.age import AgeSource, DatedFact, age_of, dated_facts
from service.core.facts.dns import DnsAnswers, DnsFacts, DnsStatus
from service.core.facts.page import FetchedPage
from service.core.facts.registration import Registration
from service.core.model import Admission, Judgement, Look, Outlet, Site, Target
from service.core.persistence.egress import unseen
from service.core.persistence.inputs import Looked, Step
from service.core.persistence.registration import better
from service.core.persistence.traits import traits_of
from service.core.states import Availability
from service.core.verdict.availability import consensus, grade
from service.core.verdict.judging import judge
from service.core.verdict.lists import Lists
from service.core.verdict.policy import ScoringPolicy
from service.pipeline.admit import admit_all
from service.pipeline.evidence import Archivist
from service.pipeline.fetch import FetchPlan, SecondEgress, ask_again, ask_otherwise, fetch, with_icon
from service.pipeline.listed import listed
from service.pipeline.onward import onward
from service.pipeline.registration import registration
from service.pipeline.resolve import resolve
from service.pipeline.track import Tracker
from service.pipeline.uploads import Judging, raised, since
from service.pipeline.watched import Knowledge, Watched
from service.ports import Clock, Fetcher, Registry, Resolver, Store, UnitOfWork

log = logging.getLogger("spoofwatch.looks")

_SEEN_BY = {"sweep": AgeSource.RESOLVED, "feed": AgeSource.FEED}
"""Ways in that prove that a name existed when it came in."""

# A claimed site comes back to the due list after this, should the process die with the look in its hands.
LEASE = timedelta(minutes=15)

MOST_TARGETS = 40
"""URLs kept of one site that it wrote itself: a page that links to other articles at every look has no end of them."""

_LINKS = 3


@dataclass(frozen=True, kw_only=True)
class Examination:
    """One look with what was made of it; ``step`` is the state after it was committed."""

    look: Look
    judgements: tuple[Judgement, ...]
    step: Step


class Examiner:
    """Looks at sites. Without ``archivist`` no evidence is kept of what was fetched; ``second`` is another way out."""

    def __init__(
        self,
        *,
        clock: Clock,
        store: Store,
        watched: Watched,
        resolver: Resolver,
        registry: Registry,
        fetcher: Fetcher,
        tracker: Tracker,
        plan: FetchPlan,
        policy: ScoringPolicy,
        lists: Lists,
        concurrency: int,
        archivist: Archivist | None = None,
        lease: timedelta = LEASE,
        second: SecondEgress | None = None,
    ) -> None:
        self._clock, self._store, self._watched = clock, store, watched
        self._resolver, self._registry, self._fetcher = resolver, registry, fetcher
        self._tracker, self._plan, self._policy, self._lists = tracker, plan, policy, lists
        self._archivist, self._concurrency = archivist, concurrency
        self._lease, self._second = lease, second

    async def examine_due(self) -> int:
        """Claim what is due, as many as may be under way at once, and look at them side by side; how many."""
        now = self._clock.now()
        claimed = await self._store.write(lambda uow: uow.sites.claim(now, now + self._lease, self._concurrency))
        async with asyncio.TaskGroup() as group:
            for site, _ in claimed:
                group.create_task(self._examine_claimed(site))
        return len(claimed)

    async def _examine_claimed(self, site: Site) -> None:
        """One look of many: where our own code fails on one site, the others are looked at all the same."""
        try:
            await self.examine(site)
        except StoreUnavailable:
            raise
        except Exception:
            log.exception("the look at %s failed; it is tried again", site.host)
            failed = DnsAnswers(vantage="system", status=DnsStatus.VANTAGE_FAILED)
            look = Look(
                at=self._clock.now(),
                dns=DnsFacts(host=site.host, answers=(failed,)),
                registration=None,
                pages=(),
                availability={},
                consensus=Availability.VANTAGE_FAILED,
                consensus_reason="the look failed for a fault of our own",
            )
            await self._tracker.commit(site.host, Looked(look=look, judgements=()))

    async def examine_host(self, host: str) -> Examination:
        """Look at one admitted site now, whether due or not."""
        row = await self._store.read(lambda uow: uow.sites.get(host))
        if row is None:
            raise NotFound(f"no site {host} was ever admitted")
        return await self.examine(row[0])

    async def examine(self, site: Site) -> Examination:
        """One look: ask, judge, commit."""
        knowledge = await self._watched.now()
        outlets = [knowledge.outlets[la.outlet] for la in site.lookalikes if la.outlet in knowledge.outlets]
        now = self._clock.now()
        dns = await resolve(self._resolver, site)
        asked = await registration(self._registry, site, dns, now)
        pages = await fetch(self._fetcher, plan=self._plan, site=site, dns=dns, outlets=outlets, now=now)
        pages = await with_icon(self._fetcher, self._plan, site, dns, pages, now=now)
        look, judgements = self.judge(site, dns, asked, pages, knowledge)
        lists = await listed(
            self._fetcher, plan=self._plan, site=site, look=look, judgements=judgements, outlets=outlets
        )
        for ask in (self._asked_otherwise, self._asked_again):
            more = await ask(site, look, judgements, outlets)
            if more:
                look, judgements = self.judge(site, dns, asked, (*look.pages, *more), knowledge)
        judgements = await self._with_uploads(site, look, judgements, knowledge)
        evidence = await self._archivist.keep(site, look, judgements) if self._archivist is not None else ()
        look = replace(look, evidence=tuple(item.id for item in evidence))
        given = Looked(
            look=look,
            judgements=judgements,
            targets=_learnt(site, look.pages, lists),
            traits=traits_of(site, look, knowledge.copied, judgements),
            claimed_until=site.due_at,
            evidence=evidence,
        )
        step = await self._tracker.commit_step(site.host, given)
        # After the look is kept: whoever dies in between finds the same hosts at the next one.
        await self._admit_onward(onward(site, look.pages, knowledge))
        return Examination(look=look, judgements=judgements, step=step)

    async def _with_uploads(
        self, site: Site, look: Look, judgements: tuple[Judgement, ...], knowledge: Knowledge
    ) -> tuple[Judgement, ...]:
        """The judgements with what pages say that reporters uploaded."""
        if look.consensus is Availability.VANTAGE_FAILED:
            return judgements
        uploads = await self._store.read(lambda uow: uow.captures.of(site.host, since(look.at)))
        if not uploads:
            return judgements
        age = age_of(dated(site, better(site.registration, look.registration)), look.at)
        judging = Judging(outlets=knowledge.outlets, index=knowledge.baselines, policy=self._policy, age=age)
        return raised(site, look, judgements, uploads, judging)

    async def _admit_onward(self, found: tuple[Admission, ...]) -> None:
        """Admit hosts that nobody has seen yet; known ones are left as they are, lest two sites wake each other."""
        if not found:
            return

        def new(uow: UnitOfWork) -> list[Admission]:
            return [admission for admission in found if uow.sites.get(admission.host) is None]

        if await self._store.read(new):
            await self._store.write(lambda uow: admit_all(uow, new(uow), self._clock))

    async def _asked_otherwise(
        self, site: Site, look: Look, judgements: tuple[Judgement, ...], outlets: list[Outlet]
    ) -> tuple[FetchedPage, ...]:
        """What other profiles and pages get where a site no longer shows what it served."""
        if look.consensus is Availability.VANTAGE_FAILED or not any(unseen(site, judgements)):
            return ()
        return await ask_otherwise(self._fetcher, self._plan, site, look.pages, outlets)

    async def _asked_again(
        self, site: Site, look: Look, judgements: tuple[Judgement, ...], outlets: list[Outlet]
    ) -> tuple[FetchedPage, ...]:
        """What the second egress gets where the first no longer sees what a site served."""
        if self._second is None or not look.pages or look.consensus is Availability.VANTAGE_FAILED:
            return ()
        return await ask_again(self._second, self._plan, tuple(unseen(site, judgements)), outlets)

    def judge(
        self,
        site: Site,
        dns: DnsFacts,
        asked: Registration | None,
        pages: tuple[FetchedPage, ...],
        knowledge: Knowledge,
    ) -> tuple[Look, tuple[Judgement, ...]]:
        """Turn what was asked into a look and its judgements; pure but for the time."""
        now = self._clock.now()
        survey = grade(dns, pages, _confirmed(knowledge), self._lists)
        agreed, reason = consensus(survey)
        look = Look(
            at=now,
            dns=dns,
            registration=asked,
            pages=pages,
            availability=survey.availability,
            consensus=agreed,
            consensus_reason=reason,
            suspended=survey.suspended,
        )
        if agreed is Availability.VANTAGE_FAILED:
            return look, ()
        judgements = judge(
            site=site,
            look=look,
            outlets=tuple(knowledge.outlets.values()),
            index=knowledge.baselines,
            policy=self._policy,
            age=age_of(dated(site, better(site.registration, asked)), now),
        )
        return look, judgements


def dated(site: Site, registration: Registration | None) -> list[DatedFact]:
    """Everything that dates a name: the registry's word, a sweep that found it absent, our own first sight of it."""
    facts = list(dated_facts(registration)) if registration is not None else []
    seen = site.admitted_at
    # Reported names need not exist yet: whoever means to register one could make it look old by reporting it early.
    source = _SEEN_BY.get(site.source.partition(":")[0])
    if source is not None:
        facts.append(DatedFact(source=source, at=seen, known_from=seen, observed_at=seen, detail=site.source))
    absent = site.absent_at
    if absent is not None:
        where = "sweep" if site.source.startswith("sweep") else site.source
        facts.append(DatedFact(source=AgeSource.ABSENT, at=absent, known_from=absent, observed_at=seen, detail=where))
    listed = site.listed_at
    if listed is not None:
        facts.append(
            DatedFact(source=AgeSource.FEED, at=listed, known_from=listed, observed_at=seen, detail=site.source)
        )
    return facts


def _confirmed(knowledge: Knowledge) -> tuple[str, ...]:
    return tuple(domain for outlet in knowledge.outlets.values() for domain in outlet.confirmed_domains)


def _learnt(site: Site, pages: tuple[FetchedPage, ...], lists: tuple[Target, ...]) -> tuple[Target, ...]:
    """Article URLs on the site itself that it lists or links to: clones often serve nothing but these."""
    known = {target.url for target in (*site.targets, *lists)}
    room = max(0, MOST_TARGETS - len(known))
    urls = (url for fetched in pages if fetched.page is not None for url in fetched.page.article_links)
    fresh = dict.fromkeys(url for url in urls if url not in known and _host_of(url) == site.host)
    return (*lists, *(Target(url=url, source="link") for url in list(fresh)[: min(_LINKS, room)]))


def _host_of(url: str) -> str:
    return url.split("://", 1)[-1].split("/", 1)[0].split(":", 1)[0].lower()
