"""Pages and pictures that reporters upload: evidence, marked as supplied, and content that is judged.

    form -> read in the parser's process -> WARC on disk -> sighting admitted -> capture and evidence named at once

An upload is somebody else's word. ``raised`` lets it make a name suspected, and no more: it never confirms, never
lowers, is never a look of the service's own, and so never says that a site is up or down. Against an analyst's word and
against evidence of innocence it counts nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from service.core.alerts.events import rfc3339
from service.core.errors import InvalidInput, InvalidName, StoreUnavailable
from service.core.evidence.items import EvidenceItem, EvidenceKind, Kept
from service.core.facts.age import Age
from service.core.facts.page import FetchedPage, FetchOutcome, Hop, HopKind
from service.core.facts.picture import PictureFacts
from service.core.model import Admission, Judgement, Look, Outlet, Signal, Site
from service.core.persistence.registration import better
from service.core.sightings.addresses import address
from service.core.sightings.capture import PROFILE, Capture, Upload
from service.core.sightings.sighting import SOURCE, Outcome, Reported, Sighting
from service.core.states import Verdict
from service.core.verdict.judging import judge
from service.core.verdict.likeness import BaselineIndex
from service.core.verdict.ownership import innocence
from service.core.verdict.policy import ScoringPolicy
from service.pipeline.admit import reported
from service.pipeline.sightings import SightingDesk
from service.ports import Parser, UnitOfWork
from service.ports_evidence import Evidence

COUNTS = timedelta(days=30)
"""How long an upload is judged along with the site's looks."""

_SLACK = timedelta(minutes=10)
"""How far a reporter's clock may be ahead."""


@dataclass(frozen=True, kw_only=True)
class CaptureDesk:
    """Takes uploads. ``render`` makes a WARC of one; ``room`` says whether the disk has any."""

    desk: SightingDesk
    evidence: Evidence
    parser: Parser
    render: Callable[[Upload], bytes]
    room: Callable[[], bool] = lambda: True

    async def take(self, given: Upload, html_type: str, marking: str = "") -> Sighting:
        """Keep one, and have its site looked at now; the sighting that it stands in.

        InvalidInput for what is no upload; QuotaSpent; StoreUnavailable where the disk does not take it, and then
        nothing of it is kept.
        """
        if not given.html and not given.picture:
            raise InvalidInput("there is neither a page nor a picture: html, screenshot or both", "/html")
        if given.captured_at > given.received_at + _SLACK:
            raise InvalidInput("it cannot have been captured at a time to come", "/captured_at")
        asked = await self._asked(given)
        url = asked.targets[0].url if asked.targets else f"https://{asked.host}/"
        upload = replace(given, host=asked.host, url=url)
        if given.picture:
            _check_picture(await self.parser.picture(given.picture))
        page = await self.parser.parse(given.html, html_type or "text/html", url) if given.html else None
        await self.desk.check(given.by)
        kept = await self._kept(upload)
        report = await self.desk.open(self.desk.report(given.by, 1, format_="capture", marking=marking))
        entry = Reported(entry="form", url=given.url, seen_at=given.captured_at, note=given.note)
        (sighting,) = await self.desk.admit(report, [entry])
        if sighting.outcome is Outcome.REFUSED:
            raise InvalidInput(sighting.reason, "/url")
        item = EvidenceItem(kept=kept, host=upload.host, taken_at=upload.received_at, url=url, profile=PROFILE)
        capture = Capture(
            sighting=sighting.id,
            host=upload.host,
            url=url,
            captured_at=upload.captured_at,
            received_at=upload.received_at,
            evidence=item.id,
            page=page if page is not None and not page.unparseable else None,
        )

        def step(uow: UnitOfWork) -> None:
            uow.evidence.add([item], upload.received_at)
            uow.captures.add(capture)
            uow.sites.admit(replace(asked, again=True), upload.received_at)

        await self.desk.store.write(step)
        return sighting

    async def _asked(self, given: Upload) -> Admission:
        try:
            return reported(address(given.url), SOURCE, await self.desk.watched.now())
        except (InvalidName, InvalidInput) as error:
            raise InvalidInput(str(error), "/url") from error

    async def _kept(self, upload: Upload) -> Kept:
        if not self.room():
            raise StoreUnavailable("the disk is nearly full: no evidence is taken until there is more room")
        try:
            return await self.evidence.keep(EvidenceKind.WARC, lambda: self.render(upload))
        except OSError as error:
            raise StoreUnavailable(f"the disk does not take the evidence: {error}") from error


def _check_picture(picture: PictureFacts) -> None:
    if picture.unreadable or picture.format != "png":
        raise InvalidInput(f"the screenshot is no PNG: {picture.unreadable or picture.format}", "/screenshot")


@dataclass(frozen=True, kw_only=True, slots=True)
class Judging:
    """What pages are judged with: the same as the service's own look."""

    outlets: Mapping[str, Outlet]
    index: BaselineIndex
    policy: ScoringPolicy
    age: Age


def raised(
    site: Site, look: Look, judgements: Sequence[Judgement], uploads: Iterable[Capture], judging: Judging
) -> tuple[Judgement, ...]:
    """The look's judgements, with names made suspected that an uploaded page speaks against."""
    found = {judgement.outlet: judgement for judgement in judgements}
    for upload in uploads:
        shown = judge(
            site=site,
            look=replace(look, pages=(_page(upload),)),
            outlets=tuple(judging.outlets.values()),
            index=judging.index,
            policy=judging.policy,
            age=judging.age,
        )
        for judgement in shown:
            own = found.get(judgement.outlet)
            # What name and age alone say, the service's own look has said already, and then nothing rises.
            if judgement.verdict.flagged and _may_rise(site, look, own, judging.outlets[judgement.outlet]):
                found[judgement.outlet] = _suspected(judgement, own, upload)
    return tuple(found.values())


def _page(upload: Capture) -> FetchedPage:
    return FetchedPage(
        target=upload.url,
        profile=PROFILE,
        outcome=FetchOutcome.OK,
        hops=(Hop(url=upload.url, kind=HopKind.START),),
        final_url=upload.url,
        status=200,
        content_type="text/html",
        page=upload.page,
    )


def _may_rise(site: Site, look: Look, own: Judgement | None, outlet: Outlet) -> bool:
    if own is not None and own.verdict is not Verdict.UNKNOWN:
        return False
    registration = better(site.registration, look.registration)
    return (
        innocence(site.host, outlet, dns=look.dns, registration=registration, pages=look.pages, sent_to_by_outlets=())
        is None
    )


def _suspected(shown: Judgement, own: Judgement | None, upload: Capture) -> Judgement:
    before = own.score if own is not None else 0.0
    score = max(before, shown.score)
    told = (
        f"{shown.reason}, as in a page that a reporter uploaded ({upload.evidence[:16]}..., captured "
        f"{rfc3339(upload.captured_at)} by the reporter's word); the service itself has not seen it"
    )
    signal = Signal(name="uploaded", value=1.0, weight=round(score - before, 4), evidence=told)
    base = own if own is not None else replace(shown, signals=(), shows_content=False, content_at=None)
    return replace(
        base,
        verdict=Verdict.SUSPECTED,
        score=score,
        reason=f"uploaded by a reporter: {shown.reason}",
        signals=(*base.signals, signal),
    )


def since(now: datetime) -> datetime:
    """Uploads that came later are judged along."""
    return now - COUNTS
