"""What ``/v1/sightings`` takes."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from service.api.schemas import MAX_URLS, Instant, Strict, Text, examples
from service.core.sightings.sighting import MOST_HOPS, Reported

Marking = Literal["", "clear", "green", "amber", "amber+strict", "red"]
"""A level of the Traffic Light Protocol 2.0; empty: none."""

TLP = "How far it may be passed on (TLP 2.0); exports of the site are marked at least so strictly."


class NewSightings(Strict):
    """One URL or many that somebody saw. What is reported is looked at; a report never counts by itself."""

    model_config = examples(
        {"url": "https://spiegel.ltd/ausland/artikel-1.html", "chain": ["https://t.co/abc"], "tlp": "amber"},
        {"urls": ["spiegel[.]ltd", "https://bild.pics/politik"]},
    )

    url: str | None = Field(
        None, description="One URL or name.", examples=["https://spiegel.ltd/ausland/artikel-1.html"]
    )
    urls: Annotated[list[str], Field(min_length=1, max_length=MAX_URLS)] | None = Field(
        None,
        description=f"Up to {MAX_URLS:,} URLs or names.",
        examples=[["spiegel[.]ltd", "https://bild.pics/politik"]],
    )
    seen_at: Instant | None = Field(None, description="When it was seen, by the reporter's word.")
    chain: Annotated[tuple[Text, ...], Field(max_length=MOST_HOPS)] = Field(
        (),
        description="Addresses that led to it, the first one first; kept beside it.",
        examples=[["https://t.co/abc"]],
    )
    tlp: Marking = Field("", description=TLP, examples=["amber"])
    note: Text = Field("", description="In the reporter's words.", examples=["sponsored post on Facebook"])

    @model_validator(mode="after")
    def _one_or_many(self) -> "NewSightings":
        if (self.url is None) == (self.urls is None):
            raise ValueError('give either "url" or "urls"')
        if self.urls is not None and self.chain:
            raise ValueError('a "chain" led to one "url"; several URLs have none')
        return self

    @property
    def all(self) -> tuple[Reported, ...]:
        """Every URL, in the order given, once each."""
        given = [self.url] if self.url is not None else self.urls or ()
        return tuple(
            Reported(entry=f"url {number}", url=url, seen_at=self.seen_at, chain=self.chain, note=self.note)
            for number, url in enumerate(dict.fromkeys(given), 1)
        )
