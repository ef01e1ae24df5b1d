"""What ``/v1/sites`` answers with."""

from pydantic import Field

from service.api.answers import (
    HOSTILE,
    Answer,
    BlockAnswer,
    DnsSection,
    Moment,
    ObservationAnswer,
    RegistrationAnswer,
)
from service.core.states import Availability, Technique, Verdict


class SiteLookalike(Answer):
    """What a site was judged to be beside one outlet."""

    id: str = Field(description="The lookalike's id: GET /v1/lookalikes/{id} has the rest.", examples=["lka_17"])
    outlet: str = Field(description="The id of the outlet.", examples=["spiegel.de"])
    technique: Technique = Field(description="How the name resembles the outlet.")
    verdict: Verdict = Field(description="What it was judged to be.")
    flagged: bool = Field(description="It is suspected or an impersonation.")
    score: float = Field(description="The score behind the verdict.", examples=[0.94])


class SiteItem(Answer):
    """One host name that exists, or did when it came in. It may resemble no outlet at all."""

    host: str = Field(description="The host name, as A-labels.", examples=["spiegel.ltd"])
    defanged: str = Field(
        description="The host name in a form that no program turns into a link.", examples=["spiegel[.]ltd"]
    )
    domain: str = Field(description="Its registrable name.", examples=["spiegel.ltd"])
    suffix: str = Field(description="Its public suffix.", examples=["ltd"])
    source: str = Field(description="Where it came from first.", examples=["sweep:exact"])
    admitted_at: Moment = Field(description="When it came in.")
    absent_at: Moment | None = Field(description="When a complete sweep found that it did not exist.")
    due_at: Moment = Field(description="When it is looked at next.")
    looked_at: Moment | None = Field(description="When it was looked at last.")
    availability: Availability = Field(description="What it answered at the last look.")
    availability_since: Moment | None = Field(description="Since when it answers so.")
    availability_reason: str = Field(
        description="Why its availability is what it is.", examples=["answers with status 200"]
    )
    registered_at: Moment | None = Field(description="When the name was registered, where the registry says so.")
    registration_status: str | None = Field(description="What asking the registry came to.", examples=["found-date"])
    registrar: str | None = Field(
        description="The registrar, where the registry says so.", examples=["Example Registrar, Inc."]
    )
    blocked: bool = Field(description="A block of it is in force.")
    lookalikes: list[SiteLookalike] = Field(description="The outlets that it resembles.")


class SitePage(Answer):
    """A page of sites, the newest admitted first."""

    data: list[SiteItem] = Field(description="The sites.")
    next_cursor: str | None = Field(description="Give it as cursor for the next page; null on the last page.")


class TargetAnswer(Answer):
    """A URL on a site that is worth looking at."""

    url: str = Field(description=f"The URL. {HOSTILE}", examples=["https://spiegel.ltd/ausland/artikel-1.html"])
    source: str = Field(description="Where it came from.", examples=["sighting"])


class SiteDetail(SiteItem):
    """One site with what is known of it."""

    targets: list[TargetAnswer] = Field(description="URLs on it that are looked at, beside its root.")
    blocks: list[BlockAnswer] = Field(description="Blocks of it, newest first.")
    observations: list[ObservationAnswer] = Field(description="What was seen, newest first.")
    registration: RegistrationAnswer | None = Field(description="What the registry said.")
    dns: DnsSection | None = Field(description="What resolvers answered.")
