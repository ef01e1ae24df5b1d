"""The small internet as a whole: it starts, points clients at itself, changes, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import gc
import json
import tomllib
from typing import TYPE_CHECKING

import dns.asyncresolver
import dns.resolver
import httpx
import pytest

from service import settings
from service.core.errors import ConfigError
from service.lab.internet import Internet, Ports
from service.lab.world import Channel
from tests.lab_worlds import clone, innocent, named, outlet, parked, registered, world

if TYPE_CHECKING:
    from pathlib import Path


def resolver_at(place: str) -> dns.asyncresolver.Resolver:
    made = dns.asyncresolver.Resolver(configure=False)
    host, _, port = place.rpartition(":")
    made.nameservers, made.port, made.lifetime = [host], int(port), 5
    return made


def test_its_settings_are_the_services_own_words() -> None:
    async def run() -> None:
        async with Internet(world(outlet(), clone())) as net:
            text = net.settings_toml({"api": {"port": 0}, "dns": {"tries": 1}})
            read = settings.Service.model_validate(tomllib.loads(text))
            assert list(read.dns.upstreams) == [net.resolvers["default"]]
            assert (read.dns.queries_per_second, read.dns.tries) == (0, 1)
            assert [(vantage.name, vantage.upstreams) for vantage in read.dns.vantage] == [
                ("isp", (net.resolvers["isp"],))
            ]
            assert read.whois.servers == {"*": net.whois_server}
            assert read.fetch.port_map == {80: net.web.http_port, 443: net.web.https_port}
            assert set(read.fetch.allow_networks) == {"pages", "rdap", "whois", "webhooks", "feeds"}
            assert read.fetch.ca_file is not None
            assert read.fetch.ca_file.is_file()
            assert read.rdap.bootstrap == str(net.bootstrap_file.resolve())
            assert read.api.port == 0

    asyncio.run(run())


def test_the_bootstrap_follows_the_world_and_keeps_whois_suffixes_off_rdap() -> None:
    on_whois = named(clone("morgenkurier.ws"), registry=registered(2, channel=Channel.WHOIS))

    async def run() -> None:
        async with Internet(world(outlet(), on_whois)) as net:
            assert json.loads(net.bootstrap_file.read_text())["services"] == [[["de", "example"], [net.rdap_url]]]
            net.show(world(outlet(), clone(), on_whois))
            assert json.loads(net.bootstrap_file.read_text())["services"] == [
                [["de", "example", "ltd"], [net.rdap_url]]
            ]
            url = f"{net.rdap_url}domain/morgenkurier.ltd"
            async with httpx.AsyncClient(trust_env=False) as client:
                assert (await client.get(url)).status_code == 200
        async with Internet(world(), rdap_suffixes=("com", "ws", "live"), off_rdap=("ws",)) as net:
            assert json.loads(net.bootstrap_file.read_text())["services"] == [
                [["com", "example", "live"], [net.rdap_url]]
            ]

    asyncio.run(run())


def test_a_change_reaches_every_server_and_new_addresses() -> None:
    async def run() -> None:
        async with Internet(world(outlet())) as net:
            stub = resolver_at(net.resolvers["default"])
            with pytest.raises(dns.resolver.NXDOMAIN):
                await stub.resolve("morgenkurier.ltd")
            await net.change(world(outlet(), clone(), parked(), innocent()))
            (address,) = [str(answer) for answer in await stub.resolve("morgenkurier.ltd")]
            assert address == "127.0.1.2"
            async with httpx.AsyncClient(trust_env=False) as client:
                page = await client.get(f"http://{address}:{net.web.http_port}/", headers={"Host": "morgenkurier.ltd"})
            assert "Der Morgenkurier" in page.text
            assert "morgenkurier.ltd" in net.world.names

    asyncio.run(run())


def test_a_world_that_cannot_be_served_changes_nothing() -> None:
    async def run() -> None:
        async with Internet(world(outlet())) as net:
            with pytest.raises(ValueError, match="whole host name"):
                net.show(world(named(clone(), hosts=("video",))))
            assert "morgenkurier.ltd" not in net.world.names
            assert await resolver_at(net.resolvers["isp"]).resolve("morgenkurier.de")

    asyncio.run(run())


def test_a_start_that_fails_gives_every_port_back() -> None:
    async def run() -> None:
        async with Internet(world()) as net:
            taken = int(net.whois_server.rpartition(":")[2])
            port = net.web.http_port
        for wrong, error in (
            (Internet(world(), addresses=("192.0.2.1",)), ConfigError),
            (Internet(world(), ports=Ports(dns=taken, whois=taken)), OSError),
        ):
            with pytest.raises(error):
                await wrong.__aenter__()
        async with Internet(world(), ports=Ports(dns=taken, http=port)) as net:
            assert net.resolvers["default"] == f"127.0.0.1:{taken}"
            assert net.web.http_port == port

    asyncio.run(run())


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    async def run() -> Path:
        async with Internet(world(outlet(), clone()), secrets=()) as net:
            reader, writer = await asyncio.open_connection("127.0.0.1", net.web.https_port)
            folder = net.folder
        assert asyncio.all_tasks() == {asyncio.current_task()}
        writer.close()
        del reader
        return folder

    assert not asyncio.run(run()).exists()
    gc.collect()  # an unclosed socket or transport would warn here, and warnings are errors

    async def run_in_a_given_folder() -> None:
        async with Internet(world(), folder=tmp_path):
            pass

    asyncio.run(run_in_a_given_folder())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ca.pem", "dns.json"]
