"""The shapes of ``/v1/sightings``."""

from pydantic import Field

from service.api.answers import HOSTILE, Answer, Moment
from service.core.sightings.sighting import Outcome, State
from service.core.states import Verdict

_OUTCOME = (
    "admitted: it is looked at now. known: its site was looked at lately or is due, and has this address already. "
    "waiting: it is admitted in a moment. refused: reason says why."
)
_STATE = (
    "What was done since it came. pending: nothing yet. looked: its site was asked for, and no page came. "
    "judged: pages came and were judged. null: it was refused, or waits."
)


class SightingResult(Answer):
    """What became of one reported URL."""

    id: str = Field(description="The sighting's id.", examples=["sgt_5"])
    url: str = Field(description=f"As it was given. {HOSTILE}")
    status: Outcome = Field(description=_OUTCOME, examples=["admitted"])
    site: str | None = Field(description="The host name that is looked at.")
    reason: str | None = Field(description="Why it was refused.")


class SightingResults(Answer):
    """What became of a report."""

    report: str = Field(description="The report's id.", examples=["sgr_6f0c2d4a9b8e7f10"])
    admitted: int = Field(description="How many URLs are looked at now.")
    known: int = Field(description="How many are known already.")
    refused: int = Field(description="How many are not looked at.")
    results: list[SightingResult] = Field(description="One entry a URL, in the order given.")


class SightingAnswer(Answer):
    """One sighting."""

    id: str = Field(description="The sighting's id.", examples=["sgt_5"])
    report: str = Field(description="The report that it came in.", examples=["sgr_6f0c2d4a9b8e7f10"])
    by: str = Field(description="Whose it is: the id of a token, or `command line`.")
    entry: str = Field(description="Where it stands in the report.", examples=["line 3"])
    url: str = Field(description=f"As it was given. {HOSTILE}")
    site: str | None = Field(description="The host name that is looked at; null where it was refused.")
    outcome: Outcome = Field(description=_OUTCOME)
    reason: str | None = Field(description="Why it was refused.")
    state: State | None = Field(description=_STATE)
    reported_at: Moment = Field(description="When it came.")
    seen_at: Moment | None = Field(description="When it was seen, by the reporter's word.")
    tlp: str = Field(description="How far it may be passed on (TLP 2.0); empty: nothing was said.")
    chain: list[str] = Field(description=f"Addresses that led to it, by the reporter's word. {HOSTILE}")
    note: str = Field(description=f"In the reporter's words. {HOSTILE}")


class SightingList(Answer):
    """Sightings, the newest first."""

    data: list[SightingAnswer] = Field(description="The sightings.")
    next_cursor: str | None = Field(description="Give it as cursor for the next page; null on the last page.")


class SightedLookalike(Answer):
    """What the site of a sighting was judged to be beside one outlet."""

    id: str = Field(description="The lookalike's id.", examples=["lka_17"])
    outlet: str = Field(description="The outlet's id.")
    verdict: Verdict = Field(description="What it was judged to be.")


class CaptureAnswer(Answer):
    """A page or a picture that a reporter uploaded."""

    url: str = Field(description=f"Where it was captured, by the reporter's word. {HOSTILE}")
    captured_at: Moment = Field(description="When, by the reporter's word.")
    received_at: Moment = Field(description="When it came.")
    evidence: str = Field(
        description="The id of the file: a WARC of resource records.", examples=["evd_" + "3f9a" * 16]
    )
    has_page: bool = Field(description="It has a page's HTML, which is judged.")


class SightingDetail(SightingAnswer):
    """One sighting with what it led to."""

    captures: list[CaptureAnswer] = Field(description="What was uploaded with it.")
    lookalikes: list[SightedLookalike] = Field(description="What its site was judged to be.")


class SightingReportAnswer(Answer):
    """A report, how far it is, and its lines."""

    id: str = Field(description="The report's id.", examples=["sgr_6f0c2d4a9b8e7f10"])
    by: str = Field(description="Whose it is.")
    reported_at: Moment = Field(description="When it came.")
    format: str = Field(description="What it was.", examples=["stix"])
    tlp: str = Field(description="The marking that was given for all of it; empty: none.")
    count: int = Field(description="Its entries.")
    outcomes: dict[str, int] = Field(description="How many of them were admitted, known, refused, or wait.")
    states: dict[str, int] = Field(description="How many of them are pending, looked and judged.")
    passed_over: dict[str, int] = Field(description="Lines of a log that report nothing, by why.")
    data: list[SightingAnswer] = Field(description="Its lines, the last first.")
    next_cursor: str | None = Field(description="Give it as cursor for the next page; null on the last page.")
