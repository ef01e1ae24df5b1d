"""What the API takes: strict public shapes, every field with its description.

Unknown fields are refused, text is bounded and free of control characters, times carry their offset. What the API
answers with is in ``answers.py``.
"""

import re
import unicodedata
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema, model_validator

from service.core.errors import InvalidName
from service.core.names import name as names
from service.core.names.watchlist import outlet_host
from service.core.persistence.links import Ruling
from service.core.states import BaselineState, Place, Verdict, WordReason, WordScope

MAX_URLS = 1_000
"""URLs in one report of sightings."""

MAX_URL = 4_096
"""Characters of a URL; longer ones are not served by common hosts and proxies (RFC 9110 4.1 asks for 8,000 octets)."""

MAX_ID = 300
"""Characters of an id: the longest is an observed block's, which holds a host name."""

MAX_LIST = 1_000_000
"""Characters of an imported list; bodies are bounded at 1 MiB. Longer ones go through `spoofwatch blocks import`."""

_SHORTEST_NOTE = 3
_RFC3339 = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?P<offset>[Zz]|[+-]\d{2}:\d{2})?\Z")
_YEARS = range(1985, 2200)  # the first name under com was registered in 1985


def _instant(value: Any) -> datetime:
    """An aware time in UTC from RFC 3339 text. Years before the first registered names are typing errors."""
    found = _RFC3339.match(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("a time reads 2022-06-09T14:05:00Z (RFC 3339)")
    if found["offset"] is None:
        raise ValueError(
            "the time has no offset: end it with Z for UTC, or with one such as +02:00 (in a URL %2B02:00)"
        )
    moment = datetime.fromisoformat(value.upper())
    if moment.year not in _YEARS:
        raise ValueError(f"the year must be from {_YEARS.start} to {_YEARS.stop - 1}")
    return moment.astimezone(UTC)


def sane(text: str) -> str:
    """Text that can be stored and printed: no control characters, no lone surrogates."""
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in text):
        raise ValueError("control characters are not allowed here")
    return text.strip()


def _host(text: str) -> str:
    """A host name as A-labels below a public suffix; defanged ones are read too."""
    try:
        host = names.parse(names.refang(text))
    except InvalidName as error:
        raise ValueError(str(error)) from error
    if names.is_number_like(host):
        raise ValueError("this is an address, not a name")
    if names.registrable(host) is None:
        raise ValueError("this is a public suffix, or there is no such top-level domain")
    return host


def _outlet_domain(text: str) -> str:
    try:
        return outlet_host(names.refang(text))
    except InvalidName as error:
        raise ValueError(str(error)) from error


Instant = Annotated[
    datetime,
    BeforeValidator(_instant),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2022-06-09T14:05:00Z"]}),
]
"""A time; RFC 3339 with an offset comes in, UTC goes on."""

_NO_CONTROLS = {"pattern": "^[^\\x00-\\x1f\\x7f-\\x9f]*$"}
"""What ``sane`` asks for, as far as a pattern can say it; the words of a refusal are its own."""

Text = Annotated[str, Field(max_length=1_000, json_schema_extra=_NO_CONTROLS), AfterValidator(sane)]
"""A line or two of somebody's words."""

Id = Annotated[str, Field(min_length=1, max_length=MAX_ID, pattern=r"^[A-Za-z0-9._:-]+$")]
"""An id of ours."""

HostName = Annotated[str, Field(max_length=1_100, json_schema_extra={"minLength": 1}), AfterValidator(_host)]
"""A host name; its longest spelling in Unicode is about four times as long as its A-labels."""

OutletDomain = Annotated[
    str, Field(max_length=1_100, json_schema_extra={"minLength": 1}), AfterValidator(_outlet_domain)
]
"""A domain where an outlet publishes, as the watch list keeps it: without www."""


class Strict(BaseModel):
    """A body. Unknown fields are refused: a mistyped name must not be a silent default."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def examples(*bodies: dict[str, Any]) -> ConfigDict:
    """A body's configuration, with examples for the OpenAPI document."""
    return ConfigDict(json_schema_extra={"examples": list(bodies)})


class NewVerdict(Strict):
    """An analyst's word on one lookalike."""

    model_config = examples(
        {
            "verdict": "innocent",
            "reason": "company",
            "note": "a supplier of the outlet, asked by phone",
            "scope": "name-and-outlet",
        },
    )

    verdict: Verdict = Field(description="What it is.")
    reason: WordReason = Field(description="Why; `other` needs a note.", examples=["company"])
    note: Text = Field(
        "", description="Why, in words; shown with the verdict.", examples=["a supplier of the outlet, asked by phone"]
    )
    scope: WordScope = Field(
        WordScope.NAME_AND_OUTLET,
        description="Of what it is said: of the name beside this outlet, or of the name whatever it resembles.",
    )

    @model_validator(mode="after")
    def _other_says_what(self) -> "NewVerdict":
        if self.reason is WordReason.OTHER and len(self.note) < _SHORTEST_NOTE:
            raise ValueError("the reason `other` needs a note that says which")
        return self


class NewBaseline(Strict):
    """An archived page of an outlet's real site."""

    model_config = examples(
        {
            "source": "https://web.archive.example/20210401/https://www.spiegel.de/",
            "taken_at": "2021-04-01T00:00:00Z",
            "html": "<!doctype html><title>DER SPIEGEL</title><body class='home-2021'><p>An older layout</p></body>",
        },
    )

    source: Annotated[Text, Field(min_length=1)] = Field(description="Where it is from: an archive's address, a file.")
    taken_at: Instant = Field(description="When it was archived.")
    html: Annotated[str, Field(min_length=1)] = Field(description="The page, as it was sent.")


class BaselineDecision(Strict):
    """What is to become of a version of an outlet's baseline."""

    model_config = examples({"state": "revoked", "note": "the site was defaced that day"})

    state: Literal[BaselineState.IN_USE, BaselineState.REVOKED] = Field(
        description="`revoked`: nothing is judged by it any more. `in-use`: it is, without waiting for a second day."
    )
    note: Text = Field("", description="Why; kept with the version.")


class NewBlock(Strict):
    """A block of one site, reported by somebody."""

    model_config = examples(
        {
            "site": "spiegel.ltd",
            "place": "registrar",
            "effective_from": "2022-07-27T00:00:00Z",
            "reference": "abuse ticket 4711",
        },
    )

    site: HostName = Field(
        description="The host name that was blocked; taken in if it is new.", examples=["spiegel.ltd"]
    )
    place: Place = Field(description="Where the block acts.")
    effective_from: Instant = Field(description="Since when it is in force.")
    known_from: Instant | None = Field(None, description="Since when it is known; now, where it is left out.")
    reference: Text = Field("", description="Where it can be looked up: a ticket, a file number, a link.")
    action: Id | None = Field(None, description="The id of the action that it is part of; that action must exist.")


class LiftedBlock(Strict):
    """The end of a block."""

    model_config = examples(
        {"lifted_at": "2022-09-01T00:00:00Z"},
    )

    lifted_at: Instant | None = Field(None, description="When it was lifted; now, where it is left out.")


class BlockImport(Strict):
    """A list of blocks, and what its entries have that do not say otherwise."""

    model_config = examples(
        {
            "list": "site,effective_from,reference\nspiegel[.]ltd,2022-07-27,abuse ticket 4711\n",
            "place": "registrar",
        },
    )

    list: str = Field(
        description="CSV with a header (site, place, effective_from, known_from, lifted_at, reference, action), or a "
        "STIX 2.1 bundle of indicators as text.",
        max_length=MAX_LIST,
    )
    place: Place | None = Field(
        None, description="Where blocks act for which the list does not say it; STIX never does."
    )
    action: Id | None = Field(None, description="The action that they are part of; that action must exist.")
    reference: Text = Field("", description="Where they can be looked up.")
    effective_from: Instant | None = Field(None, description="Since when they are in force.")


class NewRuling(Strict):
    """A person's word on the link of two sites."""

    model_config = examples(
        {"sites": ["spiegel.ltd", "bild.pics"], "ruling": "cut", "reason": "both are customers of one agency"},
    )

    sites: tuple[HostName, HostName] = Field(description="The two host names, both known to the service.")
    ruling: Ruling = Field(description="confirmed: they belong together; cut: they do not, whatever they share.")
    reason: Annotated[Text, Field(min_length=3)] = Field(description="Why; shown wherever the link is shown.")


class NewAction(Strict):
    """One enforcement act that covers many blocks."""

    model_config = examples(
        {
            "id": "doj-2024-09",
            "authority": "US Department of Justice",
            "place": "seizure",
            "effective": "2024-09-04T00:00:00Z",
            "reference": "affidavit of 2024-09-04",
        },
    )

    id: Id = Field(description="An id of your own choice.", examples=["doj-2024-09"])
    authority: Annotated[Text, Field(min_length=2)] = Field(
        description="Who acted.", examples=["US Department of Justice"]
    )
    place: Place = Field(description="Where it acts.")
    effective: Instant = Field(description="When it took effect.")
    reference: Text = Field("", description="Where it can be looked up.")


class NewOutlet(Strict):
    """A news organisation to watch. Only the domain is required."""

    model_config = examples(
        {"domain": "spiegel.de", "name": "Der Spiegel", "country": "DE", "languages": ["de"]},
    )

    domain: OutletDomain = Field(description="Where it publishes.", examples=["spiegel.de"])
    id: Id | None = Field(None, description="An id of your own choice; the domain, where it is left out.")
    name: Annotated[Text, Field(min_length=1, max_length=200)] | None = Field(
        None, description="Its name; the domain, where it is left out.", examples=["Der Spiegel"]
    )
    own_domains: Annotated[tuple[OutletDomain, ...], Field(max_length=500)] = Field(
        (), description="Further domains that are its own. You confirm them: they are innocent for every outlet."
    )
    labels: Annotated[tuple[Annotated[str, Field(pattern=r"^[a-z0-9-]{1,63}$")], ...], Field(max_length=50)] = Field(
        (), description="Further labels to watch, such as a title; that of the domain is watched anyway."
    )
    country: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = Field(
        None, description="Country, ISO 3166-1 alpha-2.", examples=["DE"]
    )
    languages: Annotated[
        tuple[Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$")], ...], Field(max_length=20)
    ] = Field((), description="Languages, as in Accept-Language (RFC 5646).", examples=[["de"]])
