"""The settings of feeds that are followed all the time (``config/feeds.toml``)."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field

from service.settings_fields import Duration, Section


class Certificates(Section):
    """[[certificates]] of config/feeds.toml."""

    id: str = Field(description="names the states of its logs", pattern=r"^[a-z0-9-]{1,40}$")
    log_list: str = Field(
        "https://www.gstatic.com/ct/log_list/v3/log_list.json",
        description="the list of certificate transparency logs, version 3, as a URL or path",
    )
    list_every: Duration = Field(timedelta(days=1), description="how often the list is read; logs come and go with it")
    only: tuple[str, ...] = Field(
        (), description="parts of a log's name, operator or address; empty: all that the list has in use"
    )
    without: tuple[str, ...] = Field((), description="the same, for logs to leave alone")
    poll: Duration = Field(timedelta(seconds=10), description="time between two questions to a log")
    wait_for_full: Duration = Field(
        timedelta(seconds=30), description="how long a tile may fill up before it is read as it is"
    )
    begin_behind: int = Field(0, ge=0, description="entries before the head that the first reading begins at, each log")
    backlog: int = Field(
        1_000_000, ge=1, description="entries that may be waiting; what lies further back is a gap, filled later"
    )
    prove_every: Duration = Field(timedelta(hours=1), description="how often a log proves that it only grew")
    name_tiles: bool = Field(default=True, description="read names instead of certificates where a log offers them")
    patience: Duration = Field(timedelta(hours=1), description="a log that is silent for longer is told of")
    timeout: Duration = Field(timedelta(seconds=20), description="for each wait for an answer")
    contact: str = Field("", description="told to the logs' operators with each question: a URL or mail address")


class Certstream(Section):
    """[[certstream]] of config/feeds.toml."""

    id: str = Field(description="names the feed's state", pattern=r"^[a-z0-9-]{1,40}$")
    url: str = Field(
        description="the websocket of a certstream-server-go: / or /domains-only of it", pattern=r"^wss?://\S+$"
    )
    patience: Duration = Field(timedelta(minutes=15), description="a stream that is silent for longer is told of")
