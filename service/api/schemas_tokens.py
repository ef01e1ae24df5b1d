"""What ``/v1/tokens`` takes."""

from typing import Annotated

from pydantic import ConfigDict, Field

from service.api.schemas import Instant, Strict, Text
from service.core.tokens import Scope


class NewToken(Strict):
    """A token to be made. Scopes do not include one another."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "scopes": ["read", "report"],
                    "outlets": ["spiegel.de"],
                    "expires_at": "2027-06-30T00:00:00Z",
                    "note": "newsroom of Der Spiegel",
                }
            ]
        }
    )

    scopes: Annotated[tuple[Scope, ...], Field(min_length=1, max_length=len(Scope))] = Field(
        description="read asks, write judges and records, report hands in sightings, admin decides who is watched.",
        examples=[["read", "report"]],
    )
    outlets: Annotated[tuple[Text, ...], Field(max_length=500)] = Field(
        (), description="Only what concerns these outlets is seen; empty for all.", examples=[["spiegel.de"]]
    )
    expires_at: Instant | None = Field(None, description="When it ends; never, where it is left out.")
    note: Text = Field("", description="Whom it is for.", examples=["newsroom of Der Spiegel"])
