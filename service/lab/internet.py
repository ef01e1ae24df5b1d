"""The small internet: all servers of the lab on loopback, around one ``World`` that is swapped in whole.

async with Internet(world) as net:
    (folder / "service.toml").write_text(net.settings_toml())
    ...
    await net.change(next_world)
"""

from __future__ import annotations

import json
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from service.lab.address_plan import BULK_DNS, SHARED_NETWORKS
from service.lab.addresses import web_addresses
from service.lab.authority import Authority
from service.lab.ct_server import CtServer
from service.lab.dns import DEFAULT_VANTAGE, DnsServer
from service.lab.rdap import RdapServer, bootstrap, suffixes_in_use
from service.lab.receiver import Receiver
from service.lab.toml_text import toml_text
from service.lab.web import WebServer
from service.lab.whois import WhoisServer
from service.lab.zones import CONTROL_NAMES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from types import TracebackType

    from service.lab.world import World

HOME = "127.0.0.1"
"""Where everything but the web servers listens."""

SECOND_CLIENT = "127.0.0.2"
"""A second address for clients: whoever asks from there comes from elsewhere."""

_PURPOSES = ("pages", "rdap", "whois", "webhooks", "feeds")


@dataclass(frozen=True, kw_only=True, slots=True)
class Ports:
    """Where the servers listen; 0 takes a free port. Further vantages always take free ones."""

    dns: int = 0
    rdap: int = 0
    whois: int = 0
    http: int = 0
    https: int = 0
    receiver: int = 0
    certificates: int = 0


_FREE_PORTS = Ports()


class Internet:
    """DNS, RDAP, WHOIS, web, certificate logs and a webhook receiver, started and stopped together.

    ``vantages``: a resolver for each name; the first is the service's own. ``addresses``: where web servers listen
    beside the addresses that lead to the world's virtual hosts. ``rdap_suffixes`` go into the bootstrap file (default:
    those in use), but for those ``off_rdap`` (default: those with a name that RDAP does not know). ``secrets`` are what
    the receiver takes signatures of. ``folder`` keeps ``ca.pem`` and ``dns.json``; without it a temporary one does.
    """

    def __init__(
        self,
        world: World,
        *,
        vantages: Iterable[str] = (DEFAULT_VANTAGE, "isp"),
        addresses: Iterable[str] = (HOME,),
        ports: Ports = _FREE_PORTS,
        rdap_suffixes: Collection[str] | None = None,
        off_rdap: Collection[str] | None = None,
        secrets: Iterable[str] = (),
        folder: Path | None = None,
    ) -> None:
        self._world, self._ports = world, ports
        self._vantages, self._first_addresses = tuple(vantages), tuple(addresses)
        self._rdap_suffixes, self._off_rdap = rdap_suffixes, off_rdap
        self._secrets, self._folder = tuple(secrets), folder
        self._stack = AsyncExitStack()
        self._published, self._bootstrap_text = world.now, ""

    async def __aenter__(self) -> Self:
        async with self._stack:
            await self._start()
            self._stack = self._stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _start(self) -> None:
        world, close = self._world, self._stack.push_async_callback
        self.folder = self._folder or Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="spoofwatch-")))
        self.authority = Authority(self.folder)
        self.dns = DnsServer(world)
        close(self.dns.close)
        self.rdap = RdapServer(world)
        close(self.rdap.close)
        self.whois = WhoisServer(world)
        close(self.whois.close)
        self.web = WebServer(world, self.authority, http_port=self._ports.http, https_port=self._ports.https)
        close(self.web.close)
        self.receiver = Receiver(self._secrets)
        close(self.receiver.close)
        self.certificates = CtServer(self.authority)
        close(self.certificates.close)
        await self._listen()
        self.certificates.show(world)

    async def _listen(self) -> None:
        wanted = dict.fromkeys(self._vantages, 0) | {self._vantages[0]: self._ports.dns}
        self.resolvers = {
            vantage: f"{HOME}:{self.dns.listen_on(HOME, port, vantage=vantage)}" for vantage, port in wanted.items()
        }
        self.rdap_url = f"http://{HOME}:{self.rdap.listen_on(HOME, self._ports.rdap)}/"
        self.whois_server = f"{HOME}:{self.whois.listen_on(HOME, self._ports.whois)}"
        self.webhook_url = f"http://{HOME}:{self.receiver.listen_on(HOME, self._ports.receiver)}/hook"
        self.certificates.listen_on(HOME, self._ports.certificates)
        for address in (*self._first_addresses, *web_addresses(self._world)):
            await self.listen_on(address)
        self._write_bootstrap()

    @property
    def world(self) -> World:
        """What exists at the moment."""
        return self._world

    @property
    def bootstrap_file(self) -> Path:
        """The RDAP bootstrap file, written again whenever a new world changes it."""
        return self.folder / "dns.json"

    def show(self, world: World) -> None:
        """Swap the world in whole: every question from now on is answered from it.

        ValueError where a name in it cannot be served, and then nothing changes. Web addresses are not added.
        """
        self.dns.show(world)  # the one that may refuse comes first
        self.rdap.show(world)
        self.whois.show(world)
        self.web.show(world)
        self.certificates.show(world)
        self._world = world
        self._write_bootstrap()

    async def listen_on(self, address: str) -> None:
        """Serve HTTP and HTTPS on one more loopback address; ConfigError for any other."""
        self.web.listen_on(address)

    async def change(self, world: World) -> None:
        """Listen wherever the new world's virtual hosts are, then show it."""
        for address in web_addresses(world):
            await self.listen_on(address)
        self.show(world)

    def settings(self) -> dict[str, dict[str, Any]]:
        """What points a daemon at this internet, in the words of ``service.toml``; paths are absolute.

        Rates are unlimited: nobody else's servers are asked here.
        """
        own, *others = self._vantages
        return {
            "dns": {
                "upstreams": [self.resolvers[own]],
                "queries_per_second": 0,
                "control_names": list(CONTROL_NAMES),
                "vantage": [{"name": name, "upstreams": [self.resolvers[name]]} for name in others],
            },
            "rdap": {"bootstrap": str(self.bootstrap_file.resolve()), "queries_per_second": 0},
            "whois": {"servers": {"*": self.whois_server}},
            "fetch": {
                "allow_networks": {purpose: ["127.0.0.0/8"] for purpose in _PURPOSES},
                "port_map": {"80": self.web.http_port, "443": self.web.https_port},
                "ca_file": str(self.authority.ca_file.resolve()),
                "second_source": SECOND_CLIENT,
            },
            # Its mass hosting is the counterpart of networks that are on everybody's lists.
            "links": {
                "shared_networks": list(SHARED_NETWORKS),
                "shared_nameservers": [*BULK_DNS, "lab.example"],
            },
        }

    def settings_toml(self, extra: Mapping[str, Mapping[str, Any]] | None = None) -> str:
        """The settings as TOML text; ``extra`` tables or keys are added, and win over the lab's own."""
        tables = self.settings()
        for name, table in (extra or {}).items():
            tables[name] = {**tables.get(name, {}), **table}
        return toml_text(tables)

    def feeds_toml(self) -> str:
        """What has a daemon follow the lab's certificate logs, as text of ``feeds.toml``.

        From their first entry on: on a small internet nothing is too much.
        """
        listed = self.certificates.log_list_url
        table = {"id": "lab", "log_list": listed, "poll": "1s", "wait_for_full": "0s", "begin_behind": 1_000_000}
        return toml_text({"certificates": table}).replace("[certificates]", "[[certificates]]", 1)

    def _write_bootstrap(self) -> None:
        """Beside the suffixes there is always ``example``, the lab's own: clients take an empty list for broken."""
        in_use, elsewhere = suffixes_in_use(self._world)
        suffixes = {"example", *(in_use if self._rdap_suffixes is None else self._rdap_suffixes)}
        off_rdap = elsewhere if self._off_rdap is None else self._off_rdap
        text = json.dumps(bootstrap(self.rdap_url, suffixes, without=off_rdap, publication=self._published), indent=1)
        if text != self._bootstrap_text:
            # Renamed into place, so that a daemon that reads it never sees half a file.
            fresh = self.bootstrap_file.with_suffix(".new")
            fresh.write_text(text, encoding="utf-8")
            fresh.replace(self.bootstrap_file)
            self._bootstrap_text = text
