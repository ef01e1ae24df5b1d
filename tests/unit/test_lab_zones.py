"""What the lab's name servers say of a world."""

from __future__ import annotations

import dns.name
import pytest
from dns.rcode import Rcode
from dns.rdatatype import RdataType

from service.lab.world import Name, World
from service.lab.zones import CONTROL_NAMES, Found, Zones
from tests.lab_worlds import LabSite, clone, dead, named, outlet, parked, world


def ask(zones: Zones, name: str, kind: str = "A", vantage: str = "default") -> Found:
    return zones.look_up(dns.name.from_text(name), RdataType.make(kind), vantage)


def texts(found: Found) -> list[str]:
    return [str(rdata) for rrset in found.answer for rdata in rrset]


def of(*sites: LabSite) -> Zones:
    return Zones(world(*sites))


def test_a_name_its_www_and_its_hosts_have_its_addresses() -> None:
    zones = of(named(clone("a.ltd"), addresses=("127.0.1.2", "127.0.1.3", "::1"), hosts=("x.y.a.ltd",)))
    for host in ("a.ltd", "www.a.ltd", "x.y.a.ltd"):
        assert texts(ask(zones, host)) == ["127.0.1.2", "127.0.1.3"]
        assert texts(ask(zones, host, "AAAA")) == ["::1"]


def test_every_record_type_of_a_name_is_answered() -> None:
    spf, long = "v=spf1 -all", "k" * 300
    site = named(clone("a.ltd"), mx=("mx.a.ltd", "20 b.example"), txt=(spf, long, "ü"), caa=('0 issue "ca.example"',))
    zones = of(site)
    assert texts(ask(zones, "a.ltd", "NS")) == ["ns1.lab.example.", "ns2.lab.example."]
    assert texts(ask(zones, "a.ltd", "MX")) == ["10 mx.a.ltd.", "20 b.example."]
    assert texts(ask(zones, "a.ltd", "CAA")) == ['0 issue "ca.example"']
    assert texts(ask(zones, "a.ltd", "TXT")) == [f'"{spf}"', f'"{long[:255]}" "{long[255:]}"', '"\\195\\188"']
    assert texts(ask(zones, "a.ltd", "SOA"))[0].startswith("ns1.lab.example. hostmaster.a.ltd. ")
    assert {rrset.rdtype for rrset in ask(zones, "a.ltd", "ANY").answer} >= {RdataType.A, RdataType.NS, RdataType.SOA}


def test_no_data_is_not_absence_and_both_carry_the_soa() -> None:
    zones = of(named(outlet("a.de"), hosts=("deep.inner.a.de",)), dead("held.ltd"))
    cases = (
        ("a.de", "AAAA", Rcode.NOERROR, "a.de."),
        ("www.a.de", "MX", Rcode.NOERROR, "a.de."),
        ("inner.a.de", "A", Rcode.NOERROR, "a.de."),
        ("nobody.a.de", "A", Rcode.NXDOMAIN, "a.de."),
        ("held.ltd", "A", Rcode.NXDOMAIN, "ltd."),
        ("www.held.ltd", "A", Rcode.NXDOMAIN, "ltd."),
        ("nobody.ltd", "A", Rcode.NXDOMAIN, "ltd."),
        ("ltd", "NS", Rcode.NOERROR, "ltd."),
        (".", "NS", Rcode.NOERROR, "."),
    )
    for host, kind, rcode, origin in cases:
        found = ask(zones, host, kind)
        assert (host, found.rcode, found.answer) == (host, rcode, ())
        assert [(rrset.name.to_text(), rrset.rdtype) for rrset in found.authority] == [(origin, RdataType.SOA)]


def test_a_name_between_two_that_exist_exists_itself() -> None:
    zones = of(clone("spiegel.co.com"))
    assert ask(zones, "co.com").rcode == Rcode.NOERROR
    assert ask(zones, "bild.co.com").rcode == Rcode.NXDOMAIN


def test_a_name_between_two_zones_exists_only_while_the_lower_one_does() -> None:
    both = of(clone("bild.ltd"), clone("a.live.bild.ltd"))
    assert ask(both, "live.bild.ltd").rcode == Rcode.NOERROR
    assert ask(Zones(world(clone("bild.ltd")), both), "live.bild.ltd").rcode == Rcode.NXDOMAIN


def test_the_longest_name_answers() -> None:
    zones = of(named(clone("pages.dev", "127.0.1.7"), wildcard=True), clone("bild.pages.dev", "127.0.1.8"))
    assert texts(ask(zones, "bild.pages.dev")) == ["127.0.1.8"]
    assert texts(ask(zones, "welt.pages.dev")) == ["127.0.1.7"]
    assert ask(zones, "x.bild.pages.dev").rcode == Rcode.NXDOMAIN


def test_wildcards_answer_for_every_host_below() -> None:
    zones = of(named(clone("any.ltd"), wildcard=True))
    assert texts(ask(zones, "a.b.c.any.ltd")) == ["127.0.1.2"]
    assert ask(zones, "a.any.ltd", "NS").rcode == Rcode.NOERROR
    assert not ask(zones, "a.any.ltd", "NS").answer


def test_a_wildcard_suffix_answers_for_names_that_nobody_registered() -> None:
    zones = Zones(world(clone("bild.ws"), wildcard_suffixes=frozenset({"ws"}), wildcard_addresses=("127.0.5.5",)))
    assert texts(ask(zones, "nobody-at-all.ws")) == ["127.0.5.5"]
    assert texts(ask(zones, "bild.ws")) == ["127.0.1.2"]
    assert ask(zones, "ws").rcode == Rcode.NOERROR
    assert ask(zones, "nobody.ws", "NS") == Found(Rcode.NOERROR, (), ask(zones, "ws").authority)


def test_a_vantage_may_see_other_addresses_or_none() -> None:
    zones = of(named(clone("a.ltd"), views={"isp": ("127.0.9.9",), "strict": ()}))
    assert texts(ask(zones, "www.a.ltd", vantage="isp")) == ["127.0.9.9"]
    assert ask(zones, "a.ltd", vantage="strict").rcode == Rcode.NXDOMAIN
    assert texts(ask(zones, "a.ltd", vantage="default")) == ["127.0.1.2"]
    assert texts(ask(zones, "a.ltd", "NS", vantage="isp"))


def test_aliases_are_followed_inside_the_world() -> None:
    shop = named(clone("cdn.net", "127.0.1.6"), hosts=("edge.cdn.net",))
    zones = of(named(clone("a.ltd"), cname="edge.cdn.net"), named(clone("b.ltd"), cname="gone.cdn.net"), shop)
    assert texts(ask(zones, "www.a.ltd")) == ["edge.cdn.net.", "127.0.1.6"]
    assert texts(ask(zones, "a.ltd", "CNAME")) == ["edge.cdn.net."]
    assert texts(ask(zones, "a.ltd", "NS"))[0] == "ns1.lab.example."
    hanging = ask(zones, "b.ltd")
    assert (hanging.rcode, texts(hanging)) == (Rcode.NXDOMAIN, ["gone.cdn.net."])


def test_aliases_in_a_circle_end() -> None:
    zones = of(named(clone("a.ltd"), cname="b.ltd"), named(clone("b.ltd"), cname="a.ltd"))
    assert 0 < len(ask(zones, "a.ltd").answer) < 20


def test_a_hijacking_vantage_answers_what_does_not_exist() -> None:
    zones = Zones(world(clone("a.ltd"), hijacks={"isp": ("127.0.7.7",)}))
    assert texts(ask(zones, "nobody.ltd", vantage="isp")) == ["127.0.7.7"]
    assert texts(ask(zones, "a.ltd", vantage="isp")) == ["127.0.1.2"]
    assert ask(zones, "nobody.ltd", "MX", vantage="isp").rcode == Rcode.NXDOMAIN
    assert ask(zones, "nobody.ltd").rcode == Rcode.NXDOMAIN


def test_the_control_names_are_in_every_world() -> None:
    for zones in (of(), of(parked())):
        assert all(texts(ask(zones, name)) for name in CONTROL_NAMES)
        assert ask(zones, "b51c0e.lab.example").rcode == Rcode.NXDOMAIN


def test_an_unchanged_name_keeps_its_zone_and_a_changed_one_does_not() -> None:
    before = of(clone("same.ltd"), clone("moved.ltd"), named(clone("alias.ltd"), cname="moved.ltd"))
    after = Zones(
        world(clone("same.ltd"), clone("moved.ltd", "127.0.1.77"), named(clone("alias.ltd"), cname="moved.ltd")), before
    )
    same, moved, alias = (b"\x04same\x03ltd", b"\x05moved\x03ltd", b"\x05alias\x03ltd")
    assert after.zones[same] is before.zones[same]
    assert after.zones[moved] is not before.zones[moved]
    assert after.zones[alias] is not before.zones[alias]
    assert texts(ask(after, "alias.ltd")) == ["moved.ltd.", "127.0.1.77"]


@pytest.mark.parametrize(
    "wrong",
    [
        Name(domain="a..ltd"),
        Name(domain="a.ltd", hosts=("video",)),
        Name(domain="a.ltd", hosts=("x.b.ltd",)),
        Name(domain="a.ltd", addresses=("127.0.0.300",)),
        Name(domain="a.ltd", views={"isp": ("nowhere",)}),
        Name(domain="a.ltd", cname="x" * 64 + ".ltd"),
    ],
)
def test_a_name_that_cannot_be_served_is_refused_at_once(wrong: Name) -> None:
    base = world()
    with pytest.raises(ValueError, match=r"."):
        Zones(World(now=base.now, names={wrong.domain: wrong}))
