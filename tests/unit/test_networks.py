"""What must never be connected to, whatever a name resolves to."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.adapters import networks

LOOPBACK = networks.networks(["127.0.0.0/8"])


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "2a00:1450:4001:800::200e", "::ffff:8.8.8.8", "64:ff9b::808:808"],
)
def test_public_addresses_may_be_dialled(address: str) -> None:
    assert networks.vet(address) is None


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("0.0.0.0", "this network"),  # noqa: S104 - an address to be refused
        ("10.0.0.1", "private"),
        ("100.64.0.1", "shared"),
        ("100.100.100.200", "shared"),  # Alibaba's metadata
        ("127.0.0.1", "loopback"),
        ("127.255.255.254", "loopback"),
        ("169.254.169.254", "metadata"),
        ("172.16.0.1", "private"),
        ("172.31.255.255", "private"),
        ("192.0.0.192", "metadata"),  # Oracle's
        ("192.0.2.1", "documentation"),
        ("192.88.99.1", "6to4"),
        ("192.168.1.1", "private"),
        ("198.18.0.1", "benchmarks"),
        ("198.51.100.1", "documentation"),
        ("203.0.113.1", "documentation"),
        ("224.0.0.1", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "broadcast"),
        ("168.63.129.16", "Azure"),
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("::7f00:1", "IPv4-compatible"),
        ("::ffff:127.0.0.1", "loopback"),
        ("::ffff:a9fe:a9fe", "metadata"),
        ("64:ff9b::7f00:1", "loopback"),
        ("64:ff9b::a00:1", "private"),
        ("64:ff9b:1::1", "NAT64"),
        ("100::1", "discard"),
        ("2001:0:1::", "Teredo"),
        ("2001:20::1", "ORCHID"),
        ("2001:db8::1", "documentation"),
        ("2002:7f00:1::", "6to4"),
        ("3fff::1", "documentation"),
        ("5f00::1", "segment"),
        ("fc00::1", "unique local"),
        ("fd00:ec2::254", "unique local"),  # Amazon's metadata over IPv6
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "zone"),
        ("fec0::1", "site-local"),
        ("ff02::1", "multicast"),
        ("2130706433", "not an IP address"),
        ("0x7f000001", "not an IP address"),
        ("0177.0.0.1", "not an IP address"),
        ("", "not an IP address"),
    ],
)
def test_special_addresses_are_refused_with_the_reason(address: str, why: str) -> None:
    assert why in (networks.vet(address) or "")


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_nothing_that_python_calls_private_gets_through(address: networks.Address) -> None:
    if not address.is_global or address.is_multicast or address.is_loopback:
        assert networks.vet(str(address)) is not None


@given(st.sampled_from([network for network, _ in networks.REFUSED]), st.data())
def test_every_address_of_every_refused_network_is_refused(network: networks.Network, data: st.DataObject) -> None:
    number = data.draw(st.integers(int(network.network_address), int(network.broadcast_address)))
    address = type(network.network_address)(number)
    assert networks.vet(str(address)) is not None


def test_the_operator_can_allow_a_network() -> None:
    assert networks.vet("127.0.0.5", LOOPBACK) is None
    assert networks.vet("10.0.0.1", LOOPBACK) is not None


def test_an_allowed_network_does_not_let_other_spellings_in() -> None:
    for spelling in ("::ffff:127.0.0.1", "64:ff9b::7f00:1", "::7f00:1", "::1"):
        assert networks.vet(spelling, LOOPBACK) is not None


def test_the_operator_can_refuse_the_machines_own_public_address() -> None:
    own = networks.networks(["93.184.216.34"])
    assert "operator" in (networks.vet("93.184.216.34", (), own) or "")
    assert "operator" in (networks.vet("::ffff:93.184.216.34", (), own) or "")
    assert "operator" in (networks.vet("127.0.0.1", LOOPBACK, networks.networks(["127.0.0.1/32"])) or "")


@pytest.mark.parametrize(
    "host", ["spiegel.ltd", "www.bild-de.com", "xn--spigel-9ua.de", "a.b.c.example", "3.com", "a_b.com"]
)
def test_ordinary_names_are_asked_for(host: str) -> None:
    assert networks.vet_name(host) is None


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "x.localhost",
        "printer.local",
        "metadata.google.internal",
        "expyuzz4wqqyqhjn.onion",
        "1.0.0.127.in-addr.arpa",
        "intranet",
        "",
        "spiegel.ltd.",
        "2130706433",
        "0x7f000001",
        "127.1",
        "0177.1",
        "1.2.3.4.5",
        "a." * 126 + "example",
    ],
)
def test_names_that_lead_inside_are_not_asked_for(host: str) -> None:
    assert networks.vet_name(host)


def test_networks_that_are_none_are_refused_when_they_are_configured() -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0\.0/33"):
        networks.networks(["10.0.0.0/33"])
    assert networks.within(ipaddress.ip_address("10.0.0.9"), networks.networks(["10.0.0.9"]))
