"""What a proxy's URL says, and what it must not give away."""

from __future__ import annotations

import pytest

from service.core.proxy import Proxy


def test_a_proxy_is_read_from_its_url() -> None:
    made = Proxy.parse(" socks5://us%40er:pass%3Aword@proxy.example:9050\n")
    assert (made.scheme, made.host, made.port, made.user, made.password) == (
        "socks5",
        "proxy.example",
        9050,
        "us@er",
        "pass:word",
    )
    assert Proxy.parse("http://[2001:db8::1]").port == 8080
    assert Proxy.parse("socks5://proxy.example").port == 1080


def test_a_password_is_in_no_log() -> None:
    shown = repr(Proxy.parse("http://reader:geheim@proxy.example"))
    assert "geheim" not in shown
    assert "reader" not in shown


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://secret@proxy.example", "begins with"),
        ("proxy.example:1080", "begins with"),
        ("socks5://", "no host"),
        ("http://secret:secret@proxy.example:99999", "port"),
        (f"socks5://{'x' * 256}:secret@proxy.example", "255"),
    ],
)
def test_what_is_no_proxy_says_why_without_saying_what_it_was(url: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as error:
        Proxy.parse(url)
    assert "secret" not in str(error.value)
