"""What ``/v1/verdicts`` takes: many analysts' words in one request."""

from typing import Annotated

from pydantic import Field

from service.api.schemas import Id, NewVerdict, Strict, examples

MOST = 500
"""Words in one request."""


class VerdictOf(NewVerdict):
    """An analyst's word, and what it is said of."""

    lookalike: Id = Field(description="The id of the lookalike.", examples=["lka_17"])
    if_match: Annotated[str, Field(min_length=1, max_length=100)] | None = Field(
        None,
        description="Its ETag as it was read: refused where it was changed since.",
        examples=['"5f1b7c0d2a9e4d6683b0c1f75b1d7c0f"'],
    )


class NewVerdicts(Strict):
    """Words on up to 500 lookalikes."""

    model_config = examples(
        {"verdicts": [{"lookalike": "lka_17", "verdict": "innocent", "reason": "company", "note": "a supplier"}]},
    )

    verdicts: Annotated[list[VerdictOf], Field(min_length=1, max_length=MOST)] = Field(
        description="The words, in the order in which they are to be taken."
    )
