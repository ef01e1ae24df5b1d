"""The settings of feeds that are followed all the time (``config/feeds.toml``)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pydantic import Field, model_validator

from service.settings_fields import Duration, Section, WebAddress


class Feed(Section):
    """[[feed]] of config/feeds.toml."""

    id: str = Field(description="names the feed's cursor", pattern=r"^[a-z0-9-]{1,40}$")
    path: Path | None = Field(
        None, description="a list of names, or a folder of them: text, CSV, NDJSON, each also in gzip or ZIP"
    )
    url: WebAddress | None = Field(None, description="the same, as an address that is asked for news")
    authorization_file: Path | None = Field(
        None, description="a file with the value of the header Authorization that the address wants"
    )
    every: Duration = Field(timedelta(hours=1), description="how often is looked; an unchanged list is left alone")
    late_after: Duration | None = Field(
        None, description="a source that brings nothing new for longer is told of; none: it may stay as it is"
    )
    timeout: Duration = Field(timedelta(seconds=30), description="for each wait for an answer of the address")

    @model_validator(mode="after")
    def _one_place(self) -> Feed:
        if (self.path is None) == (self.url is None):
            raise ValueError("a feed has either a path or a url")
        if self.authorization_file is not None and self.url is None:
            raise ValueError("authorization_file is for a url")
        return self


class Snapshots(Section):
    """[[snapshots]] of config/feeds.toml."""

    id: str = Field(description="names the states of its zones", pattern=r"^[a-z0-9-]{1,40}$")
    path: Path = Field(description="a zone file (CZDS, also gzipped), or a folder of them; each replaced every day")
    every: Duration = Field(timedelta(minutes=10), description="how often the files are looked at")
    late_after: Duration = Field(timedelta(hours=36), description="a zone that is not replaced for longer is told of")


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
