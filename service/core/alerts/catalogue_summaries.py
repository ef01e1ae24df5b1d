"""What the events that sum up others hold: an onboarding, and a digest. Pure data, a part of ``catalogue.py``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.core.alerts.condition import Severity
from service.core.alerts.shapes import Schema, count, flag, list_of, object_of, one_of, or_null, text, time
from service.core.states import FirstSeenAs, Verdict

_SITE: Mapping[str, Schema] = {
    "site": text("The host name, as A-labels."),
    "defanged": text("The host name in a form that no program turns into a link."),
}
_OUTLETS = {"type": "string"}

ONBOARDED: Mapping[str, Schema] = {
    "outlet": text("The outlet's id."),
    "name": text("The outlet's name."),
    "since": time("Since when it is watched."),
    "swept_at": time("When the last of its first sweeps was complete."),
    "severity": one_of(Severity, "How much it matters: critical where an impersonation is served now."),
    "lookalikes": count("How many sites resemble it."),
    "not_looked_at": count("How many of them nobody could look at yet; what they show is told as it is found."),
    "first_seen_as": object_of(
        {kind.value: count("So many of the lookalikes.") for kind in FirstSeenAs},
        "Whether they were there before the outlet was watched.",
    ),
    "verdicts": object_of(
        {verdict.value: count("So many of the lookalikes.") for verdict in Verdict}, "What they were judged to be."
    ),
    "live": count("How many of them serve an impersonation now."),
    "flagged": list_of(
        object_of(
            {
                **_SITE,
                "verdict": one_of(Verdict, "What it was judged to be."),
                "live": flag("It serves the impersonation now."),
                "first_seen_as": one_of(FirstSeenAs, "Whether the name was there before the outlet was watched."),
                "registered_at": or_null(time("When the name was registered, where the registry says so.")),
                "flagged_at": or_null(time("Since when it is flagged.")),
                "reason": text("Why, in one sentence."),
            },
            "One flagged lookalike.",
        ),
        "The flagged ones, what is served now first; at most 50.",
    ),
    "further_flagged": count("How many more are flagged: GET /v1/lookalikes has them."),
}

ONBOARDED_EXAMPLE: Mapping[str, Any] = {
    "outlet": "spiegel.de",
    "name": "Der Spiegel",
    "since": "2022-06-09T12:00:00Z",
    "swept_at": "2022-06-09T14:01:00Z",
    "severity": "critical",
    "lookalikes": 214,
    "not_looked_at": 0,
    "first_seen_as": {"preexisting": 209, "newly-registered": 3, "unknown": 2},
    "verdicts": {"unknown": 190, "innocent": 22, "suspected": 1, "impersonation": 1},
    "live": 1,
    "flagged": [
        {
            "site": "spiegel.ltd",
            "defanged": "spiegel[.]ltd",
            "verdict": "impersonation",
            "live": True,
            "first_seen_as": "newly-registered",
            "registered_at": "2022-06-07T09:12:44Z",
            "flagged_at": "2022-06-09T13:40:00Z",
            "reason": "serves the page of Der Spiegel under a name that is two days old",
        },
        {
            "site": "spiegel.fun",
            "defanged": "spiegel[.]fun",
            "verdict": "suspected",
            "live": False,
            "first_seen_as": "newly-registered",
            "registered_at": "2022-06-08T18:20:00Z",
            "flagged_at": "2022-06-09T13:52:00Z",
            "reason": "the outlet's exact label under another suffix, one day old",
        },
    ],
    "further_flagged": 0,
}

DIGEST: Mapping[str, Schema] = {
    "webhook": text("The id of the webhook whose digest it is."),
    "since": time("When the first thing happened that it tells."),
    "until": time("When it was composed."),
    "severity": one_of(Severity, "How much the worst of it matters."),
    "sites": count("How many sites it is about."),
    "groups": list_of(
        object_of(
            {
                "group": text("campaign: and a campaign's id, or family: and an outlet's. Acknowledge it by this."),
                "severity": one_of(Severity, "How much the worst of the group matters."),
                "verdict": one_of(Verdict, "The worst verdict among its sites."),
                "outlets": list_of(_OUTLETS, "Ids of the outlets that its events are about."),
                "events": count("How many events are summed up."),
                "lines": list_of(
                    object_of(
                        {
                            **_SITE,
                            "outlet": or_null(text("The outlet that it is about, where it is about one.")),
                            "event": text("The type of the last event."),
                            "event_id": text("That event's id: GET /v1/events has it."),
                            "severity": one_of(Severity, "How much it matters."),
                            "verdict": or_null(one_of(Verdict, "What the site was judged to be by then.")),
                            "at": time("When it happened."),
                        },
                        "What last happened to one site.",
                    ),
                    "What is new of each site since it was told last, the worst first; at most 20.",
                ),
                "further_lines": count("How many sites more have news."),
            },
            "One group of sites.",
        ),
        "Groups with news, the worst first; at most 20.",
    ),
    "further_groups": count("How many groups more have news: GET /v1/alert-groups has them."),
}

DIGEST_EXAMPLE: Mapping[str, Any] = {
    "webhook": "whk_0c6b1f5e2d3a",
    "since": "2022-07-27T01:10:00Z",
    "until": "2022-07-27T02:10:00Z",
    "severity": "high",
    "sites": 3,
    "groups": [
        {
            "group": "campaign:cmp_2f7c0d1a9b3e",
            "severity": "high",
            "verdict": "impersonation",
            "outlets": ["spiegel.de"],
            "events": 4,
            "lines": [
                {
                    "site": "spiegel.fun",
                    "defanged": "spiegel[.]fun",
                    "outlet": "spiegel.de",
                    "event": "lookalike.suspected",
                    "event_id": "evt_0c4fd1b27e9a5b3388d1a60f2b",
                    "severity": "high",
                    "verdict": "suspected",
                    "at": "2022-07-27T01:40:00Z",
                },
                {
                    "site": "spiegel.ltd",
                    "defanged": "spiegel[.]ltd",
                    "outlet": "spiegel.de",
                    "event": "site.down",
                    "event_id": "evt_5b1d7c0f2a9e4d6683b0c1f7a3",
                    "severity": "warning",
                    "verdict": "impersonation",
                    "at": "2022-07-27T01:10:00Z",
                },
            ],
            "further_lines": 0,
        },
        {
            "group": "family:bild.de",
            "severity": "info",
            "verdict": "unknown",
            "outlets": ["bild.de"],
            "events": 1,
            "lines": [
                {
                    "site": "bild.pics",
                    "defanged": "bild[.]pics",
                    "outlet": "bild.de",
                    "event": "lookalike.discovered",
                    "event_id": "evt_77aa10c2b1e94f5d8a6b0e1c2d",
                    "severity": "info",
                    "verdict": "unknown",
                    "at": "2022-07-27T01:55:00Z",
                }
            ],
            "further_lines": 0,
        },
    ],
    "further_groups": 0,
}
