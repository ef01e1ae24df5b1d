"""How resolvers are written in settings."""

from __future__ import annotations

import pytest

from service.adapters.upstreams import is_loopback, parse_upstreams, show
from service.core.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "upstream", "shown"),
    [
        ("127.0.0.1:5353", ("127.0.0.1", 5353), "127.0.0.1:5353"),
        ("9.9.9.9", ("9.9.9.9", 53), "9.9.9.9:53"),
        ("::1", ("::1", 53), "[::1]:53"),
        ("[::1]:5353", ("::1", 5353), "[::1]:5353"),
        ("[2620:fe::fe]", ("2620:fe::fe", 53), "[2620:fe::fe]:53"),
    ],
)
def test_an_address_with_or_without_a_port_is_understood(text: str, upstream: tuple[str, int], shown: str) -> None:
    assert parse_upstreams([text]) == (upstream,)
    assert show(upstream) == shown


@pytest.mark.parametrize("text", ["resolver.example", "127.0.0.1:port", "127.0.0.1:0", "127.0.0.1:70000", "", "[::1"])
def test_what_is_no_address_is_refused_by_name(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_upstreams([text], "dns.vantages.isp")
    assert caught.value.pointer == "dns.vantages.isp"


def test_loopback_is_told_from_the_rest() -> None:
    assert is_loopback(("127.8.9.1", 53))
    assert is_loopback(("::1", 53))
    assert not is_loopback(("9.9.9.9", 53))
