"""What ``/v1/tokens`` answers with."""

from pydantic import Field

from service.api.answers import Answer, Moment
from service.core.tokens import Scope


class TokenAnswer(Answer):
    """A token without its secret."""

    id: str = Field(description="The token's id: the middle part of the token.", examples=["0c6b1f5e2d3a"])
    scopes: list[Scope] = Field(description="What it may do.")
    outlets: list[str] = Field(description="Only what concerns these outlets is seen; empty for all.")
    note: str = Field(description="Whom it is for.", examples=["newsroom of Der Spiegel"])
    created_at: Moment = Field(description="Since when it exists.")
    expires_at: Moment | None = Field(description="When it ends; null for never.")
    last_used_at: Moment | None = Field(description="When it was used last, to the minute.")
    revoked_at: Moment | None = Field(description="Since when it is not taken any more.")


class CreatedToken(TokenAnswer):
    """A new token. Keep it: it is shown this once."""

    token: str = Field(description="What goes into the header: Authorization: Bearer sw_...")


class TokenList(Answer):
    """Tokens, oldest first."""

    data: list[TokenAnswer] = Field(description="The tokens.")
    next_cursor: str | None = Field(description="Give it as cursor for the next page; null on the last page.")
