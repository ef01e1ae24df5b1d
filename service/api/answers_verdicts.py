"""What ``/v1/verdicts`` answers with."""

from typing import Literal

from pydantic import Field

from service.api.answers import Answer
from service.core.states import Verdict


class VerdictResult(Answer):
    """What became of one word."""

    lookalike: str = Field(description="The lookalike, as it was given.", examples=["lka_17"])
    status: Literal["given", "refused"] = Field(description="given: it stands. refused: reason says why.")
    verdict: Verdict | None = Field(description="The verdict that stands now; null where it was refused.")
    reason: str | None = Field(description="Why it was refused.", examples=["there is no lookalike lka_99"])


class VerdictResults(Answer):
    """What became of many words."""

    given: int = Field(description="How many were taken.", examples=[1])
    refused: int = Field(description="How many were not.", examples=[0])
    results: list[VerdictResult] = Field(description="One entry a word, in the order given.")
