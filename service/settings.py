"""Settings: read once from four TOML files, checked whole, frozen.

Each field's ``description`` is its reason; ``config/service.toml`` shows every one with its default. Anything wrong
is a ``ConfigError`` that names file, key, value and mend. Relative paths are relative to the folder of the file that
names them. Secrets are never values in these files, only paths of files that hold them (``*_file``).
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from pydantic import ConfigDict, Field, model_validator

from service.core.errors import ConfigError
from service.core.proxy import Proxy
from service.core.verdict.policy import ScoringPolicy, policy_from_mapping
from service.settings_alerts import Alerts, Heartbeat, Mail, Webhooks
from service.settings_evidence import Disk, Evidence, Screenshots
from service.settings_exports import Exports, popular_names
from service.settings_feeds import Certificates, Certstream, Feed, Snapshots
from service.settings_fetch import Fetch
from service.settings_fields import Duration, Network, Section
from service.settings_files import checked, read_toml
from service.settings_outlets import WatchListFile, read_outlets
from service.settings_persistence import Forecasts, Persistence, Reports
from service.settings_resolving import Dns, Lists, Rdap, Whois
from service.settings_retention import Retention
from service.settings_sightings import Checks, Sightings


class Database(Section):
    """[database]."""

    url: str = Field(
        "sqlite:///../var/spoofwatch.db",
        description="SQLite needs no server and is good to about 500,000 sites; the path is relative to this file. "
        "For PostgreSQL: postgresql+psycopg://user@host/spoofwatch",
    )
    password_file: Path | None = Field(None, description="a file with the password for PostgreSQL")


class Api(Section):
    """[api]."""

    host: str = Field("127.0.0.1", description="loopback: put a TLS proxy in front to offer it to others")
    port: int = Field(8080, ge=0, le=65535, description="0 takes a free port and prints it")
    requests_per_minute: int = Field(
        3_000, ge=0, description="of one token; who asks more often gets 429 for a while; 0 is without limit"
    )
    token_file: Path | None = Field(
        None, description="a file with one token that is an administrator's, where tokens are handed out by others"
    )


class Sweep(Section):
    """[sweep]."""

    tiers: tuple[Literal["exact", "edits", "full"], ...] = Field(
        ("exact", "edits"), description="what runs by itself; full asks for millions of names an outlet"
    )
    exact_every: Duration = Field(timedelta(days=1), description="every label under every suffix")
    edits_every: Duration = Field(timedelta(days=7), description="every edit under the suffixes that campaigns use")
    full_every: Duration = Field(timedelta(days=30), description="every edit under every suffix")
    siblings_cooldown: Duration = Field(
        timedelta(days=7), description="between two sweeps for siblings of confirmed names with one label"
    )
    siblings_daily: int = Field(50, ge=0, description="such sweeps for one outlet on a day; 0 makes none")
    daily_queries: int = Field(
        5_000_000, ge=0, description="for all outlets together; what is left waits for the next day"
    )
    shard: int = Field(5_000, ge=100, le=100_000, description="names between two saved positions")
    campaign_suffixes: tuple[str, ...] = Field((), description="empty: the list that is shipped, with its sources")


class Replay(Section):
    """[replay]."""

    names: int = Field(
        1_000_000,
        ge=1,
        description="what the regular sweeps of a replay may ask for: tiers run daily, or as often as this allows; "
        "a name that appears calls for one more of the outlet that it resembles",
    )


class Watch(Section):
    """[watch]."""

    first: Duration = Field(timedelta(minutes=15), description="gap after the first look; it grows with the age")
    young: Duration = Field(timedelta(hours=24), description="longest gap in the first 90 days")
    live: Duration = Field(timedelta(hours=24), description="longest gap while an impersonation is served")
    blocked: Duration = Field(timedelta(hours=24), description="longest gap in the 90 days after a block")
    settled: Duration = Field(
        timedelta(hours=48), description="gap for served or blocked sites on which nothing changed for 14 days"
    )
    failing: Duration = Field(timedelta(hours=2), description="gap while a served impersonation does not answer")
    dormant: Duration = Field(timedelta(days=3), description="gap for what shows nothing")
    innocent: Duration = Field(timedelta(days=7), description="gap for live sites that nothing speaks against")
    retry: Duration = Field(timedelta(minutes=10), description="gap after a look that our own resolver failed in")
    pages_every: Duration = Field(
        timedelta(days=7), description="longest time without fetching pages where DNS is still"
    )
    watched_for: Duration = Field(
        timedelta(days=730), description="after the last activity; clones returned after 14 to 24 months"
    )
    new_window: Duration = Field(timedelta(days=90), description="registrations younger than this are new")


class Links(Section):
    """[links]."""

    shared_networks: tuple[Network, ...] = Field(
        (), description="mass hosting, whose addresses tie no sites; beside the shipped list of delivery networks"
    )
    shared_nameservers: tuple[str, ...] = Field(
        (), description="domains of name servers that very many sites have; beside the shipped list"
    )


class Baselines(Section):
    """[baselines]."""

    every: Duration = Field(timedelta(days=7), description="how often the outlets' own sites are fetched")
    articles: int = Field(
        4, ge=0, le=20, description="articles fetched beside the home page, from its feed and its links"
    )


class Log(Section):
    """[log]."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="of the daemon's log on stderr")


class Service(Section):
    """config/service.toml."""

    database: Database = Database()
    api: Api = Api()
    dns: Dns = Dns()
    rdap: Rdap = Rdap()
    whois: Whois = Whois()
    fetch: Fetch = Fetch()
    lists: Lists = Lists()
    sightings: Sightings = Sightings()
    checks: Checks = Checks()
    sweep: Sweep = Sweep()
    watch: Watch = Watch()
    links: Links = Links()
    replay: Replay = Replay()
    webhooks: Webhooks = Webhooks()
    alerts: Alerts = Alerts()
    mail: Mail = Mail()
    heartbeat: Heartbeat = Heartbeat()
    baselines: Baselines = Baselines()
    persistence: Persistence = Persistence()
    reports: Reports = Reports()
    forecast: Forecasts = Forecasts()
    evidence: Evidence = Evidence()
    screenshots: Screenshots = Screenshots()
    disk: Disk = Disk()
    retention: Retention = Retention()
    exports: Exports = Exports()
    log: Log = Log()


class Feeds(Section):
    """config/feeds.toml."""

    keep: Path = Field(Path("../var/feeds"), description="folder for kept snapshots and downloads")
    feed: tuple[Feed, ...] = Field((), description="sources of names beside the sweep")
    snapshots: tuple[Snapshots, ...] = Field((), description="zone files, whose difference with the day before counts")
    certificates: tuple[Certificates, ...] = Field((), description="certificate transparency, log by log")
    certstream: tuple[Certstream, ...] = Field((), description="certificate transparency as somebody streams it")

    @property
    def ids(self) -> tuple[str, ...]:
        """The id of every feed."""
        kinds = (self.feed, self.snapshots, self.certificates, self.certstream)
        return tuple(one.id for kind in kinds for one in kind)

    @model_validator(mode="after")
    def _each_id_once(self) -> Feeds:
        twice = sorted({one for one in self.ids if self.ids.count(one) > 1})
        if twice:
            raise ValueError(f"each feed needs an id of its own; {', '.join(twice)} is there twice")
        return self


class Settings(Section):
    """Everything, typed and frozen. ``folder`` is the one that the files were read from."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    folder: Path
    service: Service
    outlets: WatchListFile
    scoring: ScoringPolicy
    feeds: Feeds

    @property
    def proxies(self) -> dict[str, Proxy]:
        """The ways out beside the direct one, by country."""
        return read_proxies(self.service.fetch, self.folder / "service.toml")

    def authorization(self, feed: Feed) -> str:
        """What a feed's server wants in the header Authorization; empty where it wants nothing."""
        if feed.authorization_file is None:
            return ""
        return read_secret(
            self.path(feed.authorization_file), f"feed {feed.id}: authorization_file", self.folder / "feeds.toml"
        )

    @property
    def database_url(self) -> str:
        """The database's URL with SQLite's path made absolute, and with the password of ``database.password_file``."""
        url, file = self.service.database.url, self.service.database.password_file
        if file is None:
            return _absolute_sqlite(url, self.folder)
        password = read_secret(self.path(file), "database.password_file", self.folder / "service.toml")
        return _with_password(url, password, self.folder / "service.toml")

    def with_replay_names(self, names: int) -> Settings:
        """The same settings with another ``replay.names``."""
        replay = self.service.replay.model_copy(update={"names": names})
        return self.model_copy(update={"service": self.service.model_copy(update={"replay": replay})})

    def path(self, value: Path | str) -> Path:
        """A path from the files, made absolute."""
        return (self.folder / value).resolve()


def read_secret(file: Path, key: str, named_in: Path) -> str:
    """The first line of a secret's file; ConfigError where it cannot be read or is empty."""
    try:
        secret = file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        words = error.strerror if isinstance(error, OSError) else "is not text"
        raise ConfigError(
            file=str(named_in),
            key=key,
            value=str(file),
            reason=f"cannot be read: {words}",
            mend="chown or chmod it for the user that runs the service",
        ) from None
    if not secret:
        raise ConfigError(file=str(named_in), key=key, value=str(file), reason="is empty")
    return secret


def defaults() -> Settings:
    """Every setting at its default, nobody on the watch list."""
    return Settings(
        folder=Path.cwd(), service=Service(), outlets=WatchListFile(), scoring=ScoringPolicy(), feeds=Feeds()
    )


def load(folder: Path) -> Settings:
    """Read and check the four files; one that is missing means its defaults."""
    if not folder.is_dir():
        raise ConfigError(
            file=str(folder), key="--config", reason="no such folder", mend="name the folder that holds service.toml"
        )
    service_file, feeds_file, scoring_file = (folder / f"{name}.toml" for name in ("service", "feeds", "scoring"))
    service = checked(Service, service_file)
    _check_files(service, service_file)
    return Settings(
        folder=folder.resolve(),
        service=service,
        outlets=read_outlets(folder / "outlets.toml"),
        scoring=policy_from_mapping(read_toml(scoring_file), str(scoring_file)),
        feeds=checked(Feeds, feeds_file),
    )


def _check_files(service: Service, file: Path) -> None:
    """Files that settings name must be there and readable when the service starts, not when they are first needed."""
    if service.api.token_file is not None:
        read_secret(file.parent / service.api.token_file, "api.token_file", file)
    if service.exports.popular_file is not None:
        popular_names(file.parent / service.exports.popular_file, file)
    secrets = {"mail.password_file": service.mail.password_file, "heartbeat.url_file": service.heartbeat.url_file}
    for key, secret in secrets.items():
        if secret is not None:
            read_secret(file.parent / secret, key, file)
    read_proxies(service.fetch, file)
    if service.database.password_file is not None:
        password = read_secret(file.parent / service.database.password_file, "database.password_file", file)
        _with_password(service.database.url, password, file)
    bootstrap = service.rdap.bootstrap
    named = {
        "fetch.ca_file": service.fetch.ca_file,
        "rdap.bootstrap": None if not bootstrap or "://" in bootstrap else bootstrap,
    }
    for key, value in named.items():
        if value is not None and not (file.parent / value).is_file():
            raise ConfigError(file=str(file), key=key, value=str(value), reason="no such file")


def read_proxies(fetch: Fetch, file: Path) -> dict[str, Proxy]:
    """The proxies by country, from the files that hold their URLs; ConfigError, without what they hold."""
    found = {}
    for number, proxy in enumerate(fetch.proxy):
        key = f"fetch.proxy[{number}].url_file"
        url = read_secret(file.parent / proxy.url_file, key, file)
        try:
            found[proxy.country] = Proxy.parse(url)
        except ValueError as error:
            raise ConfigError(file=str(file), key=key, value=str(proxy.url_file), reason=str(error)) from None
    return found


def _absolute_sqlite(url: str, folder: Path) -> str:
    prefix = "sqlite:///"
    if not url.startswith(prefix) or url == f"{prefix}:memory:":
        return url
    return prefix + str((folder / url.removeprefix(prefix)).resolve())


def _with_password(url: str, password: str, file: Path) -> str:
    """The URL of a server's database with a password put in; ConfigError where there is no user to put it beside."""
    scheme, _, rest = url.partition("://")
    user, at, place = rest.partition("@")
    if not at or not user or ":" in user or "/" in user:
        raise ConfigError(
            file=str(file),
            key="database.password_file",
            reason="database.url names no user, or has a password already",
            mend="postgresql+psycopg://user@host/spoofwatch",
        )
    return f"{scheme}://{user}:{quote(password, safe='')}@{place}"
