"""What the API answers with. The store's views make the values; these shapes say which there are and what they mean."""

import json
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from service.core.alerts.shapes import TIME_PATTERN
from service.core.evidence.items import EvidenceKind
from service.core.states import (
    Availability,
    BaselineState,
    Cause,
    FirstSeenAs,
    Place,
    Technique,
    Verdict,
    WordReason,
    WordScope,
)
from service.pipeline.blocks import Outcome

Moment = Annotated[str, Field(pattern=TIME_PATTERN, json_schema_extra={"format": "date-time"})]
"""A time in UTC with whole seconds, ended by Z."""

HOSTILE = "Written by the site or by others: show it as text, never as markup or as a link."


def sendable(rows: Any) -> Any:
    """JSON values as UTF-8 can carry them: lone surrogates, which hostile pages hold, become question marks.

    Without this, a site could write a title that makes its own entry unreadable.
    """
    text = json.dumps(rows, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.loads(text.encode(errors="replace"))
    return rows


class Answer(BaseModel):
    """An answer, or a part of one."""

    model_config = ConfigDict(frozen=True)


class LookalikeItem(Answer):
    """One lookalike: a site and the outlet that it resembles."""

    id: str = Field(description="The lookalike's id.", examples=["lka_17"])
    site: str = Field(description="The host name, as A-labels.", examples=["spiegel.ltd"])
    defanged: str = Field(description="The host name in a form that no program turns into a link.")
    domain: str = Field(description="The registrable name of the site.")
    outlet: str = Field(description="The id of the outlet that it resembles.", examples=["spiegel.de"])
    technique: Technique = Field(description="How the name resembles the outlet.")
    verdict: Verdict = Field(description="What it was judged to be.")
    flagged: bool = Field(description="It is suspected or an impersonation.")
    score: float = Field(description="The score behind the verdict.")
    reason: str = Field(description="Why, in one sentence.")
    availability: Availability = Field(description="What the site answered at the last look.")
    availability_since: Moment | None = Field(description="Since when it answers so.")
    registered_at: Moment | None = Field(description="When the name was registered, where the registry says so.")
    registration_status: str | None = Field(description="What asking the registry came to, such as found-date.")
    registrar: str | None = Field(description="The registrar, where the registry says so.")
    discovered_at: Moment = Field(description="When the service came upon it.")
    flagged_at: Moment | None = Field(description="Since when it is flagged.")
    looked_at: Moment | None = Field(description="When it was looked at last.")
    first_seen_as: FirstSeenAs = Field(description="Whether it was there before the outlet was watched.")
    blocked: bool = Field(description="A block of the site is in force.")
    episodes_count: int = Field(description="How many times it served the impersonation, with breaks between.")
    open_episode_since: Moment | None = Field(description="Since when it serves the impersonation without a break.")
    predecessor: str | None = Field(description="The blocked site that it took over from.")


class LookalikePage(Answer):
    """A page of lookalikes, the newest discovered first."""

    data: list[LookalikeItem] = Field(description="The lookalikes.")
    next_cursor: str | None = Field(description="Give it as cursor for the next page; null on the last page.")


class SignalAnswer(Answer):
    """One named reason for or against the verdict."""

    name: str = Field(description="The signal's name, as in config/scoring.toml.")
    value: float = Field(description="How strongly it was seen, 0 to 1.")
    weight: float = Field(description="What it counts; weight times value is its part of the score.")
    evidence: str = Field(description=f"What was seen, in words. {HOSTILE}")


class AnalystAnswer(Answer):
    """A verdict that a person gave, and what it rests on."""

    verdict: Verdict = Field(description="What it is.")
    reason: WordReason = Field(description="Why.")
    note: str = Field(description="Why, in its author's words.")
    scope: WordScope = Field(description="Of what it was said: of the name, or of the name beside this outlet.")
    by: str = Field(description="Who said so: the token that it came with.")
    at: Moment = Field(description="When.")
    registrar: str | None = Field(description="The registrar at that time.")
    registered_at: Moment | None = Field(description="The registration date at that time.")
    nameservers: list[str] = Field(description="The name servers at that time.")


class Explanation(Answer):
    """Why a lookalike was judged as it was."""

    verdict: Verdict = Field(description="What it was judged to be.")
    score: float = Field(description="The sum of the signals.")
    reason: str = Field(description="The sentence that is shown.")
    name_score: float = Field(description="How much the name alone resembles the outlet, 0 to 1.")
    distance: int = Field(description="Edits between the label and the outlet's.")
    availability_reason: str = Field(description="Why the site's availability is what it is.")
    signals: list[SignalAnswer] = Field(description="Every signal that counted.")
    analyst: AnalystAnswer | None = Field(description="The word of an analyst, where one stands.")


class ObservationAnswer(Answer):
    """Equal looks in a row."""

    first_at: Moment = Field(description="The first of them.")
    last_at: Moment = Field(description="The last of them.")
    count: int = Field(description="How many there were.")
    availability: Availability = Field(description="What the site answered.")
    summary: dict[str, Any] = Field(description=f"What was seen: DNS, registration, pages, judgements. {HOSTILE}")


class VerdictAnswer(Answer):
    """A verdict that the lookalike once had."""

    at: Moment = Field(description="When it was given.")
    verdict: Verdict = Field(description="What it was judged to be.")
    score: float = Field(description="The score behind it.")
    reason: str = Field(description="Why.")
    analyst: AnalystAnswer | None = Field(description="The person who gave it, where it was one.")


class EpisodeAnswer(Answer):
    """An unbroken span in which the impersonation was served."""

    number: int = Field(description="Counted from 1 per lookalike.")
    began_at: Moment = Field(description="When it was first seen.")
    last_seen_at: Moment = Field(description="When it was last seen.")
    ended_at: Moment | None = Field(description="When it ended; null while it goes on.")
    cause: Cause | None = Field(description="Why it ended.")
    censored: bool = Field(description="The end is when it was last known to serve, not when it stopped.")
    url: str = Field(description=f"Where it was seen last. {HOSTILE}")
    profile: str = Field(description="The profile of the fetch that saw it.")


class BlockAnswer(Answer):
    """An action against one site."""

    id: str = Field(description="The block's id.", examples=["blk_2f7c0d1a9b3e4c58"])
    site: str = Field(description="The host name that is blocked.")
    place: Place = Field(description="Where the block acts.")
    effective_from: Moment = Field(description="Since when it is in force.")
    known_from: Moment = Field(description="Since when it is known.")
    lifted_at: Moment | None = Field(description="When it was lifted.")
    reported: bool = Field(description="Somebody recorded it; otherwise the service observed it.")
    reference: str = Field(description="Where it can be looked up, or what showed it.")
    action: str | None = Field(description="The id of the action that it is part of.")


class ImportResult(Answer):
    """What came of one entry of a list."""

    entry: str = Field(description="Where it stands: the line, or the id of the STIX object.", examples=["line 3"])
    site: str = Field(description="The host name as it was read, else as it was given.")
    outcome: Outcome = Field(description="recorded: new, or now lifted; known: nothing new; refused.")
    block: str | None = Field(description="The block's id.")
    reason: str | None = Field(description="Why it was refused.")


class ImportResults(Answer):
    """What came of a list of blocks."""

    recorded: int = Field(description="How many were new, or were lifted by it.")
    known: int = Field(description="How many were recorded before.")
    refused: int = Field(description="How many were refused.")
    results: list[ImportResult] = Field(description="Each entry, in the list's order.")


class BlockList(Answer):
    """Blocks, newest first."""

    data: list[BlockAnswer] = Field(description="The blocks.")
    next_cursor: str | None = Field(description="Give it as cursor for the next page; null on the last page.")


class SweepAnswer(Answer):
    """One pass of generated names over DNS."""

    id: int = Field(description="The sweep's id.")
    outlet: str = Field(description="The outlet whose lookalikes were asked for.")
    tier: str = Field(description="How wide it is: exact, edits, full or siblings.")
    generator: str = Field(description="Rules and inputs in short: sweeps with the same one ask for the same names.")
    vantage: str = Field(description="Whose resolvers were asked.")
    started_at: Moment = Field(description="When it began.")
    finished_at: Moment | None = Field(description="When it was complete.")
    complete: bool = Field(description="Whether every name was asked for.")
    total: int = Field(description="Names to ask for; a few too many until it is complete, where some are left out.")
    asked: int = Field(description="Names asked for so far.")
    existing: int = Field(description="Names that exist.")
    absent: int = Field(description="Names that do not exist.")
    unanswered: int = Field(
        description="Names that stayed unanswered (server failures, silence): of these it says nothing."
    )
    first_suffix: str | None = Field(description="The suffix that it began with; null before its first shard.")
    last_suffix: str | None = Field(description="The suffix that it has come to.")
    requested_at: Moment | None = Field(description="When somebody asked for it; null where it was due by itself.")


class SweepPage(Answer):
    """A page of sweeps, the newest begun first."""

    data: list[SweepAnswer] = Field(description="The sweeps.")
    next_cursor: str | None = Field(description="Give it as cursor for the next page; null on the last page.")


class UnansweredPage(Answer):
    """Names that stayed unanswered, by name."""

    data: list[str] = Field(description="The names.")
    next_after: str | None = Field(description="Give it as after for what comes next; null on the last page.")


class EventAnswer(Answer):
    """A committed event. Type, timestamp and data are what webhooks get; docs/events has a schema for each type."""

    sequence: int = Field(description="Its number, without gaps, in the order of commits.")
    id: str = Field(description="The event's id, the same as in its data.")
    type: str = Field(description="Which event it is.")
    timestamp: Moment = Field(description="When it happened.")
    site: str | None = Field(description="The host name that it is about.")
    outlet: str | None = Field(description="The outlet that it is about.")
    data: dict[str, Any] = Field(description=f"What happened. {HOSTILE}")


class EventPage(Answer):
    """Committed events by sequence."""

    data: list[EventAnswer] = Field(description="The events.")
    next_after: int = Field(description="Give it as after for what comes next.")


class RegistrationAnswer(Answer):
    """What the registry said when it was asked last. Registrants' personal data is never kept."""

    domain: str = Field(description="The registrable name that was asked for.")
    status: str = Field(description="found-date, found-no-date, not-found, not-published, rate-limited, ...")
    source: str = Field(description="rdap or whois.")
    server: str = Field(description="Who was asked.")
    asked_at: Moment = Field(description="When.")
    created_at: Moment | None = Field(description="When the name was registered.")
    created_before: Moment | None = Field(description="Without such a date: that of the registration known before.")
    updated_at: Moment | None = Field(description="When the registration was changed last.")
    expires_at: Moment | None = Field(description="When it ends.")
    registrar: str | None = Field(description="The registrar.")
    abuse_contact: str | None = Field(description="The registrar's published address for abuse.")
    nameservers: list[str] = Field(description="Name servers, as the registry has them.")
    epp: list[str] = Field(description="Status codes, such as clientHold (RFC 5731 2.3).")
    retry_after: float | None = Field(description="Seconds for which the server asked for patience.")
    detail: str = Field(description="What went wrong, in words.")


class DnsAnswer(Answer):
    """What one vantage answered."""

    vantage: str = Field(description="The resolver's name.")
    status: str = Field(description="answered, no-address, nxdomain, servfail, refused, timeout or vantage-failed.")
    addresses: list[str] = Field(description="IP addresses.")
    cnames: list[str] = Field(description="Names that it points on to.")
    nameservers: list[str] = Field(description="Name servers of the registrable name.")
    soa: str | None = Field(description="Its SOA record.")
    mx: list[str] = Field(description="Its mail servers.")
    txt: list[str] = Field(description=f"Its TXT records. {HOSTILE}")
    caa: list[str] = Field(description="Its CAA records.")


class DnsSection(Answer):
    """What resolvers answered at the last look."""

    host: str = Field(description="The host name that was asked for.")
    answers: list[DnsAnswer] = Field(description="One entry a vantage, the service's own first.")


class EvidenceAnswer(Answer):
    """One file that was kept of the site."""

    id: str = Field(description="evd_ and the SHA-256 of the file.", examples=["evd_" + "3f9a" * 16])
    kind: EvidenceKind = Field(description="warc: everything that one look fetched. screenshot: a PNG of one page.")
    taken_at: Moment = Field(description="When it was fetched.")
    bytes: int = Field(description="How long the file is.")
    url: str = Field(description=f"The (first) URL that was asked for. {HOSTILE}")
    profile: str = Field(description="How it was asked for.")
    outlets: list[str] = Field(description="Outlets whose flag it bears on.")
    dhash: str = Field(description="A screenshot's difference hash: 16 hexadecimal digits, empty for a WARC.")
    removed_at: Moment | None = Field(description="When retention let the file go.")
    removed_why: str = Field(description="Why it did.")


class LookalikeDetail(LookalikeItem):
    """One lookalike with all that is known of it."""

    explanation: Explanation = Field(description="Why it was judged so.")
    observations: list[ObservationAnswer] = Field(description="What was seen, newest first.")
    verdicts: list[VerdictAnswer] = Field(description="Every verdict that it ever had, oldest first.")
    episodes: list[EpisodeAnswer] = Field(description="When it served the impersonation, oldest first.")
    blocks: list[BlockAnswer] = Field(description="Blocks of the site, newest first.")
    timeline: list[EventAnswer] = Field(description="Every event about it, in order.")
    evidence: list[EvidenceAnswer] = Field(description="What was kept of the site, newest first.")
    registration: RegistrationAnswer | None = Field(description="What the registry said.")
    dns: DnsSection | None = Field(description="What resolvers answered.")


class ActionAnswer(Answer):
    """One enforcement act that covers many blocks."""

    id: str = Field(description="The action's id.")
    authority: str = Field(description="Who acted.")
    place: Place = Field(description="Where it acts.")
    effective: Moment = Field(description="When it took effect.")
    reference: str = Field(description="Where it can be looked up.")


class ActionList(Answer):
    """Actions, oldest first."""

    data: list[ActionAnswer] = Field(description="The actions.")
    next_cursor: str | None = Field(description="Give it as cursor for the next page; null on the last page.")


class OutletAnswer(Answer):
    """A news organisation on the watch list."""

    id: str = Field(description="The outlet's id.")
    name: str = Field(description="Its name.")
    domain: str = Field(description="Where it publishes.")
    own_domains: list[str] = Field(description="Further domains that are its own, confirmed by the operator.")
    labels: list[str] = Field(description="Further labels to watch.")
    country: str | None = Field(description="Country, ISO 3166-1 alpha-2.")
    languages: list[str] = Field(description="Languages (RFC 5646).")


class OutletList(Answer):
    """The watch list, by id."""

    data: list[OutletAnswer] = Field(description="The outlets.")
    next_cursor: str | None = Field(description="Give it as cursor for the next page; null on the last page.")


class Live(Answer):
    """The process runs."""

    status: str = Field(description="ok.", examples=["ok"])


class Ready(Answer):
    """Whether the service can do its work."""

    status: str = Field(description="ok, or degraded where any check is not ok.")
    checks: dict[str, str] = Field(description="Each check: ok, or what is wrong in words.")


class BaselineAnswer(Answer):
    """One version of what an outlet's real site looks like."""

    id: str = Field(description="The version's id.", examples=["bl_17"])
    outlet: str = Field(description="The outlet's id.")
    kind: str = Field(description="home, article or archived.")
    url: str = Field(description="Where it was found; of an archived page, where that is from.")
    state: BaselineState = Field(
        description="in-use: pages are judged by it. held: it looks like no version in use and was not yet seen on two"
        " days. superseded: later ones of the same layout took its place. revoked: somebody took it out."
    )
    taken_at: Moment = Field(description="When it was taken.")
    seen_at: Moment = Field(description="When the site last looked exactly so.")
    digest: str = Field(description="Equal for equal layouts and texts.")
    title: str = Field(description="The page's title.")
    language: str = Field(description="The language that the page says it is in.")
    windows: int = Field(description="Windows of its skeleton that are compared.")
    classes: int = Field(description="Class names that are compared.")
    identifiers: list[str] = Field(description="Trackers' and advertisers' identifiers in it.")
    favicon_sha256: str | None = Field(description="The site's icon.")
    certificate_sha256: str | None = Field(description="The site's certificate at that time.")
    certificate_names: list[str] = Field(description="The names in that certificate.")
    nameservers: list[str] = Field(description="The domain's name servers at that time.")
    by: str = Field(description="Who decided on it, where a person did.")
    note: str = Field(description="Why.")


class BaselineList(Answer):
    """All versions of one outlet, oldest first."""

    data: list[BaselineAnswer] = Field(description="The versions.")
