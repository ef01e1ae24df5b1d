"""What the API answers with on persistence: blocked sites, campaigns and links."""

from typing import Any

from pydantic import Field

from service.api.answers import HOSTILE, Answer, Moment
from service.core.persistence.campaigns import ChangeKind
from service.core.persistence.links import Ruling
from service.core.persistence.standing import Aftermath
from service.core.states import Availability, Cause, Place


class Evidence(Answer):
    """One thing that two sites share."""

    kind: str = Field(
        description="What it is: identifier, certificate, favicon, hop, content, nameservers, address ..."
    )
    value: str = Field(description=f"What exactly is shared. {HOSTILE}")
    weight: float = Field(description="What it says, 0 to 1; the fewer sites have it, the more.")


class RulingAnswer(Answer):
    """A person's word on a link."""

    ruling: Ruling = Field(description="Whether it was confirmed or cut.")
    by: str = Field(description="Who said so.")
    reason: str = Field(description="Why.")
    at: Moment = Field(description="When.")


class LinkAnswer(Answer):
    """A link between two sites."""

    sites: list[str] = Field(description="The two host names.", min_length=2, max_length=2)
    confidence: float = Field(description="How sure the evidence makes it; 0 where that has proved to be common.")
    holds: bool = Field(description="Whether it counts: by a person's word, else by the evidence.")
    found_at: Moment = Field(description="When it was first found.")
    changed_at: Moment = Field(description="Since when the evidence is as it is.")
    evidence: list[Evidence] = Field(description="Why, strongest first.")
    ruling: RulingAnswer | None = Field(description="What a person said of it.")


class LinkList(Answer):
    """Links of one site."""

    data: list[LinkAnswer] = Field(description="The surest first.")


class SuccessionAnswer(Answer):
    """A site that took over from a blocked one."""

    site: str = Field(description="The successor's host name.")
    defanged: str = Field(description="The same in a form that no program turns into a link.")
    outlet: str = Field(description="The outlet that both imitate.")
    predecessor: str = Field(description="The site that was blocked.")
    blocked_since: Moment = Field(description="Since when the predecessor was blocked or down.")
    began_at: Moment = Field(description="When the successor came into play: registered, or live after being parked.")
    found_at: Moment = Field(description="When the service named it.")
    delay_days: int = Field(description="Whole days from the one to the other.")
    confidence: float = Field(description="How sure the links make it, 0 to 1.")
    expected_by_chance: float = Field(
        description="New spoofs of the outlet that its rate before the block gives for that time: near or above 1, "
        "closeness in time says nothing."
    )
    evidence: list[Evidence] = Field(description="What ties the two, strongest first; never closeness in time alone.")


class BlockPart(Answer):
    """A block, as in GET /v1/blocks."""

    id: str = Field(description="The block's id.")
    place: Place = Field(description="Where it acts.")
    effective_from: Moment = Field(description="Since when it is in force.")
    known_from: Moment = Field(description="Since when it is known.")
    lifted_at: Moment | None = Field(description="When it was lifted.")
    reported: bool = Field(description="Somebody recorded it; otherwise the service observed it.")
    reference: str = Field(description="Where it can be looked up, or what showed it.")
    action: str | None = Field(description="The action that it is part of.")


class BlockedSite(Answer):
    """A blocked site, and what became of it."""

    site: str = Field(description="The host name.")
    defanged: str = Field(description="The same in a form that no program turns into a link.")
    outlets: list[str] = Field(description="The outlets that it resembles.")
    flagged: bool = Field(description="It is suspected or an impersonation.")
    campaign: str | None = Field(description="The campaign that it belongs to now.")
    availability: Availability = Field(description="What it answered at the last look.")
    availability_since: Moment | None = Field(description="Since when it answers so.")
    looked_at: Moment | None = Field(description="When it was looked at last.")
    aftermath: Aftermath | None = Field(
        description="unseen: nobody saw it serve the impersonation; up: the block did not take it down; down; "
        "resurfaced; out-of-sight: it may hide. Empty for a site that was never blocked."
    )
    blocked_since: Moment | None = Field(description="Since when its first block is in force.")
    down_at: Moment | None = Field(description="When it first stopped serving since then.")
    cause: Cause | None = Field(description="Why it stopped, as far as can be told.")
    resurfaced_at: Moment | None = Field(description="When it first served again after that.")
    blocks: list[BlockPart] = Field(description="Every block, in the order of time.")
    in_force: list[Place] = Field(description="Where blocks were in force at the last look.")
    successors: list[SuccessionAnswer] = Field(description="The sites that took over from it.")
    days_to_first_successor: int | None = Field(description="Whole days until the first of them.")


class BlockedPage(Answer):
    """A page of blocked sites."""

    data: list[BlockedSite] = Field(description="In the order in which they were taken in.")
    next_after: int | None = Field(description="Give it as after for the next page; null on the last one.")


class EpisodePart(Answer):
    """A span in which it served the impersonation of one outlet."""

    outlet: str = Field(description="The outlet.")
    episode: int = Field(description="Its number, from 1 for each outlet.")
    began_at: Moment = Field(description="When it was first seen to serve it.")
    last_seen_at: Moment = Field(description="When it was last seen to serve it.")
    ended_at: Moment | None = Field(description="When it stopped; empty while it goes on.")
    cause: Cause | None = Field(description="Why it stopped, as far as can be told.")
    censored: bool = Field(description="The end is when it was last known to serve, not when it stopped.")
    url: str = Field(description=f"The URL that showed it last. {HOSTILE}")


class TimelineEntry(Answer):
    """Something that was told of the site."""

    at: Moment = Field(description="When it happened.")
    type: str = Field(description="The type of event.")
    outlet: str | None = Field(description="The outlet that it is about, where it is about one.")
    detail: dict[str, Any] = Field(description=f"What it holds, as in docs/events. {HOSTILE}")


class SitePersistence(BlockedSite):
    """The whole history of one site."""

    predecessors: list[SuccessionAnswer] = Field(description="From which blocked sites it took over.")
    episodes: list[EpisodePart] = Field(description="When it served the impersonation, for each outlet in order.")
    links: list[LinkAnswer] = Field(description="What ties it to other sites, the surest first.")
    timeline: list[TimelineEntry] = Field(description="Everything that was told of it, in the order of time.")


class CampaignItem(Answer):
    """A campaign: sites that belong together by what they share."""

    id: str = Field(description="The campaign's id, for ever.", examples=["cmp_2f7c0d1a9b3e"])
    began_at: Moment = Field(description="When the service first saw that its sites belong together.")
    ended_at: Moment | None = Field(description="When it was merged into another, or fell apart.")
    merged_into: str | None = Field(description="The campaign that goes on in its place.")
    outlets: list[str] = Field(description="The outlets that its flagged sites imitate.")
    sites_count: int = Field(description="How many sites belong to it now.")
    serving_count: int = Field(description="How many of them serve an impersonation now.")
    blocked_count: int = Field(description="How many of them were ever blocked.")
    first_admitted_at: Moment | None = Field(description="When the first of them was found.")
    last_admitted_at: Moment | None = Field(description="When the last of them was found.")


class CampaignList(Answer):
    """Campaigns."""

    data: list[CampaignItem] = Field(description="Those with most sites first.")


class CampaignSite(Answer):
    """A site of a campaign."""

    site: str = Field(description="The host name.")
    defanged: str = Field(description="The same in a form that no program turns into a link.")
    outlets: list[str] = Field(description="The outlets that it resembles.")
    availability: Availability = Field(description="What it answered at the last look.")
    registered_at: Moment | None = Field(description="When the name was registered, where the registry says so.")
    admitted_at: Moment = Field(description="When the service took it in.")
    blocked: bool = Field(description="A block of it is in force.")
    serving: bool = Field(description="It serves the impersonation now.")


class CampaignHistory(Answer):
    """One change of a campaign."""

    at: Moment = Field(description="When.")
    kind: ChangeKind = Field(description="What happened.")
    sites: list[str] = Field(description="The sites that began it, joined or left.")
    other: str | None = Field(description="The campaign that it was merged into or split from.")


class CampaignDetail(CampaignItem):
    """One campaign with everything that is known of it."""

    sites: list[CampaignSite] = Field(description="In the order in which they were found.")
    links: list[LinkAnswer] = Field(description="What joins them, the surest first.")
    successions: list[SuccessionAnswer] = Field(description="Who took over from whom within it.")
    history: list[CampaignHistory] = Field(description="How it came to be what it is.")
