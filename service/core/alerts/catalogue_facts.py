"""What the details of several events hold, and an example of each. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.core.alerts.shapes import Schema, flag, list_of, number, object_of, one_of, or_null, text, time
from service.core.states import Cause, FirstSeenAs, Place, Technique, Verdict

SIGNAL = object_of(
    {
        "name": text("The signal's name, as in config/scoring.toml."),
        "value": number("How strongly it was seen, 0 to 1."),
        "weight": number("What it counts; weight times value is its part of the score."),
        "evidence": text("What was seen, in words. It may quote the site: treat it as hostile text."),
    },
    "One named reason for or against the verdict.",
)


LOOKALIKE = object_of(
    {
        "technique": one_of(Technique, "How the name resembles the outlet."),
        "verdict": one_of(Verdict, "What it was judged to be."),
        "score": number("The score behind the verdict."),
        "reason": text("Why, in one sentence."),
        "first_seen_as": one_of(FirstSeenAs, "Whether the name was there before the outlet was watched."),
        "flagged_at": or_null(time("Since when it is flagged (suspected or impersonation).")),
    },
    "The lookalike as it stood when this happened.",
)


BLOCK = object_of(
    {
        "id": text("The block's id; the same block keeps it."),
        "place": one_of(Place, "Where the block acts."),
        "effective_from": time("Since when it is in force."),
        "known_from": time("Since when it is known."),
        "lifted_at": or_null(time("When it was lifted.")),
        "reported": flag("Somebody recorded it; otherwise the service observed it."),
        "reference": text("Where it can be looked up, or what showed it."),
        "action": or_null(text("The id of the action that it is part of.")),
    },
    "The block.",
)


EPISODE: Mapping[str, Schema] = {
    "episode": {"type": "integer", "minimum": 1, "description": "The episode's number, counted per lookalike."},
    "began_at": time("When it was first seen to serve the impersonation."),
    "last_seen_at": time("When it was last seen to serve it."),
    "ended_at": or_null(time("When it stopped; empty while it goes on.")),
    "cause": or_null(one_of(Cause, "Why it stopped, as far as can be told.")),
    "censored": flag("The end is when it was last known to serve, not when it stopped."),
    "url": text("The URL that showed the impersonation last. Not a link to follow."),
}


PLACES = {"type": "string", "enum": [place.value for place in Place]}


NAMES = {"type": "string"}


EXAMPLE_SITE: Mapping[str, Any] = {
    "site": "spiegel.ltd",
    "defanged": "spiegel[.]ltd",
    "domain": "spiegel.ltd",
    "outlet": None,
    "lookalike": None,
    "availability": "live",
    "registered_at": "2022-06-07T09:12:44Z",
    "registrar": "Example Registrar, Inc.",
}


EXAMPLE_LOOKALIKE: Mapping[str, Any] = {
    "technique": "tld-swap",
    "verdict": "impersonation",
    "score": 0.94,
    "reason": "serves the page of Der Spiegel under a name that is two days old",
    "first_seen_as": "newly-registered",
    "flagged_at": "2022-06-09T14:05:00Z",
}


EXAMPLE_BLOCK: Mapping[str, Any] = {
    "id": "blk_2f7c0d1a9b3e4c58",
    "place": "registrar",
    "effective_from": "2022-07-27T00:00:00Z",
    "known_from": "2022-07-28T08:30:00Z",
    "lifted_at": None,
    "reported": True,
    "reference": "abuse ticket 4711",
    "action": None,
}


EXAMPLE_EPISODE: Mapping[str, Any] = {
    "episode": 1,
    "began_at": "2022-06-09T14:05:00Z",
    "last_seen_at": "2022-07-26T23:40:00Z",
    "ended_at": None,
    "cause": None,
    "censored": False,
    "url": "https://spiegel.ltd/ausland/artikel-1.html",
}


JUDGED: Mapping[str, Schema] = {
    "reason": text("Why, in one sentence."),
    "signals": list_of(SIGNAL, "Every signal that counted, strongest first."),
}


JUDGED_EXAMPLE: Mapping[str, Any] = {
    "reason": "serves the page of Der Spiegel under a name that is two days old",
    "signals": [
        {"name": "structure", "value": 0.97, "weight": 0.4, "evidence": "97% of the shingles of the home page"},
        {"name": "age", "value": 1.0, "weight": 0.2, "evidence": "registered 2022-06-07 (rdap)"},
    ],
}
