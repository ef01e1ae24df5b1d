"""Every type of event that there is: what it means, what its ``detail`` holds, and an example. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from service.core.alerts import catalogue_summaries as summaries
from service.core.alerts.catalogue_facts import (
    BLOCK,
    EPISODE,
    EXAMPLE_BLOCK,
    EXAMPLE_EPISODE,
    EXAMPLE_LOOKALIKE,
    EXAMPLE_SITE,
    JUDGED,
    JUDGED_EXAMPLE,
    NAMES,
    PLACES,
)
from service.core.alerts.shapes import Schema, count, flag, list_of, number, object_of, one_of, or_null, text, time
from service.core.states import Verdict, WordReason, WordScope

# --- the types -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, slots=True)
class EventType:
    """One type of event. ``about`` a lookalike, a site or the service decides the common members.

    ``detail`` maps the members of ``data.detail`` to their schemas; those in ``optional`` may be missing. ``example``
    is a detail, ``example_site`` replaces common members of the example.
    """

    summary: str
    about: Literal["lookalike", "site", "service"]
    detail: Mapping[str, Schema]
    example: Mapping[str, Any]
    optional: tuple[str, ...] = ()
    example_time: str = "2022-06-09T14:05:00Z"
    example_site: Mapping[str, Any] = field(default_factory=dict)

    @property
    def example_data(self) -> dict[str, Any]:
        """The example's ``data``, whole."""
        common: dict[str, Any] = {} if self.about == "service" else dict(EXAMPLE_SITE)
        if self.about == "lookalike":
            common |= {"outlet": "spiegel.de", "lookalike": dict(EXAMPLE_LOOKALIKE)}
        return {"id": "evt_5b1d7c0f2a9e4d6683b0c1f7a2", **common, **self.example_site, "detail": dict(self.example)}


CATALOGUE: Mapping[str, EventType] = {
    "lookalike.discovered": EventType(
        summary="A name that resembles an outlet exists. Nothing is said yet of what it serves.",
        about="lookalike",
        detail={
            "source": text("Where the name came from: sweep, sighting, a feed."),
            "registration_status": or_null(text("What asking the registry came to, such as found-date.")),
        },
        example={"source": "sweep", "registration_status": "found-date"},
        example_site={
            "lookalike": dict(EXAMPLE_LOOKALIKE)
            | {"verdict": "unknown", "score": 0.0, "reason": "", "flagged_at": None}
        },
    ),
    "lookalike.registered": EventType(
        summary="A lookalike was registered lately, with the date as evidence.",
        about="lookalike",
        detail={
            "created_at": time("When the name was registered."),
            "source": text("Who says so: rdap or whois."),
        },
        example={"created_at": "2022-06-07T09:12:44Z", "source": "rdap"},
        example_site={
            "lookalike": dict(EXAMPLE_LOOKALIKE)
            | {"verdict": "unknown", "score": 0.0, "reason": "", "flagged_at": None}
        },
    ),
    "lookalike.suspected": EventType(
        summary="A lookalike is suspected: name and age speak for it, its content does not yet prove it.",
        about="lookalike",
        detail=JUDGED,
        example={
            "reason": "the outlet's exact label under another suffix, two days old",
            "signals": [{"name": "age", "value": 1.0, "weight": 0.2, "evidence": "registered 2022-06-07 (rdap)"}],
        },
        example_site={
            "lookalike": dict(EXAMPLE_LOOKALIKE)
            | {
                "verdict": "suspected",
                "score": 0.52,
                "reason": "the outlet's exact label under another suffix, two days old",
            }
        },
    ),
    "impersonation.confirmed": EventType(
        summary="A lookalike impersonates an outlet, by what it serves or by an analyst's word.",
        about="lookalike",
        detail=JUDGED,
        example=JUDGED_EXAMPLE,
    ),
    "impersonation.changed": EventType(
        summary="An impersonation goes on from elsewhere: its addresses or name servers changed.",
        about="lookalike",
        detail={
            "addresses_before": list_of(NAMES, "IP addresses at the look before."),
            "addresses_after": list_of(NAMES, "IP addresses now."),
            "nameservers_before": list_of(NAMES, "Name servers at the look before."),
            "nameservers_after": list_of(NAMES, "Name servers now."),
        },
        optional=("addresses_before", "addresses_after", "nameservers_before", "nameservers_after"),
        example={"addresses_before": ["192.0.2.10"], "addresses_after": ["198.51.100.7"]},
        example_time="2022-06-21T03:00:00Z",
    ),
    "flag.withdrawn": EventType(
        summary="A flag is taken back: earlier alerts about this lookalike no longer hold.",
        about="lookalike",
        detail={
            "withdrawn": one_of(Verdict, "The verdict that is taken back."),
            "flagged_at": or_null(time("Since when it had been flagged.")),
            "reason": text("Why it is taken back."),
            "takes_back": list_of(NAMES, "Ids of the events that told of the flag, oldest first."),
        },
        example={
            "withdrawn": "suspected",
            "flagged_at": "2022-06-09T14:05:00Z",
            "reason": "token 4f2a1c0b9d8e on 2022-06-10: a company or product of that name",
            "takes_back": ["evt_0c4fd1b27e9a5b3388d1a60f2b"],
        },
        example_time="2022-06-10T08:00:00Z",
        example_site={
            "lookalike": dict(EXAMPLE_LOOKALIKE)
            | {
                "verdict": "innocent",
                "reason": "token 4f2a1c0b9d8e on 2022-06-10: a company or product of that name",
                "flagged_at": None,
            }
        },
    ),
    "site.down": EventType(
        summary="A site stopped serving the impersonation. Missing content alone is never taken for this.",
        about="lookalike",
        detail={**EPISODE, "blocks": list_of(PLACES, "Where blocks on it were in force.")},
        example=dict(EXAMPLE_EPISODE)
        | {"ended_at": "2022-07-27T00:10:00Z", "cause": "blocked", "blocks": ["registrar"]},
        example_time="2022-07-27T01:10:00Z",
        example_site={"availability": "nxdomain"},
    ),
    "block.recorded": EventType(
        summary="Somebody reported a block of a site.",
        about="site",
        detail={"block": BLOCK},
        example={"block": dict(EXAMPLE_BLOCK)},
        example_time="2022-07-28T08:30:00Z",
    ),
    "block.observed": EventType(
        summary="The service saw a block: a hold status, a seizure, a sinkhole, a resolver that answers otherwise.",
        about="site",
        detail={"block": BLOCK},
        example={
            "block": dict(EXAMPLE_BLOCK)
            | {
                "id": "blk_spiegel.ltd_registry_1",
                "place": "registry",
                "effective_from": "2022-07-27T01:10:00Z",
                "known_from": "2022-07-27T01:10:00Z",
                "reported": False,
                "reference": "serverHold (rdap, rdap.example)",
            }
        },
        example_time="2022-07-27T01:10:00Z",
        example_site={"availability": "nxdomain"},
    ),
    "block.lifted": EventType(
        summary="A block no longer holds, as somebody reported or as the service saw.",
        about="site",
        detail={"block": BLOCK},
        example={"block": dict(EXAMPLE_BLOCK) | {"lifted_at": "2022-09-01T00:00:00Z"}},
        example_time="2022-09-01T06:00:00Z",
    ),
    "site.resurfaced": EventType(
        summary="A site serves the impersonation again, after it was down or in spite of a block.",
        about="lookalike",
        detail={
            **EPISODE,
            "down_since": or_null(time("When the episode before this one ended.")),
            "after_blocks": list_of(PLACES, "Blocks that had been recorded before."),
        },
        example=dict(EXAMPLE_EPISODE)
        | {
            "episode": 2,
            "began_at": "2022-09-02T11:00:00Z",
            "last_seen_at": "2022-09-02T11:00:00Z",
            "down_since": "2022-07-27T00:10:00Z",
            "after_blocks": ["registrar"],
        },
        example_time="2022-09-02T11:00:00Z",
    ),
    "site.reregistered": EventType(
        summary="The name was registered anew; it counts as another owner's until content or links say otherwise.",
        about="site",
        detail={
            "created_at": time("When the new period began."),
            "created_at_before": time("When the period before began."),
            "registrar": or_null(text("The registrar now.")),
            "registrar_before": or_null(text("The registrar before.")),
        },
        example={
            "created_at": "2023-08-20T10:00:00Z",
            "created_at_before": "2022-06-07T09:12:44Z",
            "registrar": "Another Registrar Ltd",
            "registrar_before": "Example Registrar, Inc.",
        },
        example_time="2023-08-21T04:00:00Z",
        example_site={"registered_at": "2023-08-20T10:00:00Z", "registrar": "Another Registrar Ltd"},
    ),
    "successor.found": EventType(
        summary="Another site takes over from a blocked one; at least one link is more than closeness in time.",
        about="lookalike",
        detail={
            "predecessor": text("The site that was blocked."),
            "delay_days": count("Whole days from the predecessor's block or end to this site's beginning."),
            "confidence": number("How sure the links make it, 0 to 1."),
            "expected_by_chance": number(
                "New spoofs of the outlet that the rate before the block gives for that time."
            ),
            "links": list_of(
                object_of(
                    {
                        "kind": text(
                            "What they share: a tracker (identifier), certificate, favicon, hop, content, nameservers, "
                            "address, label, or a day of registration (burst, batch)."
                        ),
                        "value": text("What exactly is shared."),
                        "weight": number("How much it counts; rare things count more."),
                    },
                    "One thing that both sites share.",
                ),
                "Why the two belong together, strongest first.",
            ),
        },
        example={
            "predecessor": "spiegel.ltd",
            "delay_days": 4,
            "confidence": 0.9,
            "expected_by_chance": 0.15,
            "links": [{"kind": "identifier", "value": "matomo:stat.example/7", "weight": 0.9}],
        },
        example_time="2022-08-01T12:00:00Z",
        example_site={
            "site": "spiegel.today",
            "defanged": "spiegel[.]today",
            "domain": "spiegel.today",
            "registered_at": "2022-07-31T18:20:00Z",
        },
    ),
    "verdict.stale": EventType(
        summary="What an analyst's verdict rested on has changed; the lookalike is judged by its score again.",
        about="lookalike",
        detail={
            "verdict": one_of(Verdict, "The verdict that no longer stands."),
            "scope": one_of(WordScope, "What it was about: the name, or the name beside this outlet."),
            "by": text("Who had given it."),
            "at": time("When it was given."),
            "reason": one_of(WordReason, "The reason that was given for it."),
            "note": text("What its author added in words."),
            "changed": list_of(
                object_of(
                    {
                        "what": text("registered_at, registrar or nameservers."),
                        "before": text("What the verdict rested on."),
                        "after": text("What is there now."),
                    },
                    "One thing that is different.",
                ),
                "What it rested on and what is different now.",
            ),
        },
        example={
            "verdict": "innocent",
            "scope": "name",
            "by": "token 4f2a1c0b9d8e",
            "at": "2022-06-10T08:00:00Z",
            "reason": "company",
            "note": "a supplier of the outlet, asked by phone",
            "changed": [{"what": "registrar", "before": "Example Registrar, Inc.", "after": "Another Registrar Ltd"}],
        },
        example_time="2023-08-21T04:00:00Z",
    ),
    "report.overdue": EventType(
        summary="A report to a registrar or host was not answered in time.",
        about="site",
        detail={
            "report": text("The report's id."),
            "recipient": text("Whom it was sent to."),
            "sent_at": time("When it was sent."),
            "due_at": time("By when an answer was expected."),
        },
        example={
            "report": "rep_9c41aa20",
            "recipient": "abuse@registrar.example",
            "sent_at": "2022-06-10T08:00:00Z",
            "due_at": "2022-06-17T08:00:00Z",
        },
        example_time="2022-06-17T08:00:00Z",
    ),
    "outlet.baseline_changed": EventType(
        summary="An outlet's real site looks different from every version that is kept.",
        about="service",
        detail={
            "outlet": text("The outlet's id."),
            "url": text("The page that changed."),
            "kind": text("Which page it is: home, article or archived."),
            "digest": text("The new version's digest."),
            "accepted": flag("The new version is used now; otherwise it is held back until it was seen on two days."),
        },
        example={
            "outlet": "spiegel.de",
            "url": "https://www.spiegel.de/",
            "kind": "home",
            "digest": "c1f09d3ab27e",
            "accepted": False,
        },
    ),
    "outlet.onboarded": EventType(
        summary="The first sweeps for a new outlet are complete: what there was, in one message instead of hundreds.",
        about="service",
        detail=summaries.ONBOARDED,
        example=summaries.ONBOARDED_EXAMPLE,
    ),
    "alerts.digest": EventType(
        summary="What happened since the last digest and could wait, by campaign or outlet. Only its webhook gets it.",
        about="service",
        detail=summaries.DIGEST,
        example=summaries.DIGEST_EXAMPLE,
    ),
    "monitor.degraded": EventType(
        summary="A part of the service cannot be relied on at present, or can be again.",
        about="service",
        detail={
            "what": text("Which part: a resolver, a feed, the database, a webhook."),
            "detail": text("What is wrong, in words."),
            "recovered": flag("It works again."),
        },
        example={"what": "resolver 192.0.2.53:53", "detail": "a control name did not resolve", "recovered": False},
    ),
    "webhook.test": EventType(
        summary="Somebody pressed the test button of a webhook. Only that webhook gets it.",
        about="service",
        detail={"note": text("Who sent it.")},
        example={"note": "sent by spoofwatch webhook test"},
    ),
}
"""Every type of event that there is, in the order of ``events.TYPES``."""
