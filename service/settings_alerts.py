"""Settings of how people and programs are told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from service.settings_fields import Duration, Section


class Webhooks(Section):
    """[webhooks]."""

    timeout: Duration = Field(timedelta(seconds=20), description="Standard Webhooks asks for 15 to 30 seconds")
    key_file: Path = Field(
        Path("../var/webhooks.key"),
        description="the key that seals webhooks' secrets in the database, made with the first of them; keep it, but "
        "not beside backups. A line above it is a new key",
    )


class Alerts(Section):
    """[alerts]."""

    digest_every: Duration = Field(
        timedelta(hours=1),
        description="how long what can wait is collected for people's channels that say nothing else",
    )
    quiet_onboarding: bool = Field(
        True,  # noqa: FBT003 - pydantic's own form of a default
        description="an outlet that is new is told of in one message once its first sweeps are complete",
    )


class Mail(Section):
    """[mail]."""

    host: str = Field("", description="the SMTP server that takes alerts; empty: no mail is sent")
    port: int = Field(587, ge=1, le=65535, description="587 for starttls, 465 for tls, 25 for none")
    security: Literal["starttls", "tls", "none"] = Field("starttls", description="none is for a server on this machine")
    sender: str = Field("", description="the address that alerts come from")
    user: str = Field("", description="empty: without logging in")
    password_file: Path | None = Field(None, description="a file with the user's password")

    @model_validator(mode="after")
    def _whole(self) -> Mail:
        if self.host and "@" not in self.sender:
            raise ValueError("mail needs a sender, as in spoofwatch@news.example")
        if self.user and self.password_file is None:
            raise ValueError("a user needs a password_file")
        return self


class Heartbeat(Section):
    """[heartbeat]."""

    url_file: Path | None = Field(
        None, description="a file with the address that is asked for while all is well; none: no heartbeat"
    )
    every: Duration = Field(timedelta(minutes=1), description="between two of them")
