"""Exports: what stands on which list, and that nothing hostile gets out of its field."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import dns.zone
import pymisp
import pytest
import stix2
from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.exports import lists, misp, stix, tables
from service.core.exports.context import Context
from service.core.exports.entry import Entry
from service.core.exports.formats import FORMATS
from service.core.exports.protection import Protection
from service.core.hostile_text import one_line
from service.core.model import Outlet
from service.core.names.watchlist import WatchList
from service.core.states import Availability, Verdict
from service.core.verdict import evidence

FLAGGED = datetime(2022, 9, 1, 12, tzinfo=UTC)
SPIEGEL = Outlet(id="spiegel", name="Der Spiegel", domain="spiegel.de", own_domains=("spiegel.tv",))
BILD = Outlet(id="bild", name="Bild", domain="bild.de")


def entry(site: str = "spiegel.ltd", **changes: Any) -> Entry:
    made = Entry(
        id="lka_1",
        site=site,
        domain=site,
        outlet="spiegel",
        technique="tld-swap",
        verdict=Verdict.IMPERSONATION,
        score=0.91,
        reason="the page is built like spiegel.de's and calls itself Der Spiegel",
        first_flagged_at=FLAGGED,
        changed_at=FLAGGED,
        discovered_at=FLAGGED - timedelta(hours=1),
        evidence=frozenset({"form", "words"}),
        availability=Availability.LIVE,
        live=True,
        registered_at=FLAGGED - timedelta(days=2),
        registrar="Registrar Ltd",
    )
    return replace(made, **changes)


def context(*popular: str, **changes: Any) -> Context:
    watchlist = WatchList((SPIEGEL, BILD), allow=("spiegel.example.org",))
    made = Context(
        organisation="Example CERT",
        outlets={"spiegel": SPIEGEL, "bild": BILD},
        protection=Protection(watchlist, popular),
        changed_at=FLAGGED,
        serial=1_662_000_000,
    )
    return replace(made, **changes)


def text(write: Any, *entries: Entry, of: Context | None = None) -> str:
    return "".join(write(iter(entries), of or context()))


# --- what is confirmed, and what is never blocked --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "confirmed"),
    [
        ({}, True),
        ({"evidence": frozenset({"form"})}, False),
        ({"evidence": frozenset()}, False),
        ({"evidence": frozenset(), "confirmed_by": "ana"}, True),
        ({"verdict": Verdict.SUSPECTED}, False),
        ({"verdict": Verdict.INNOCENT, "withdrawn_at": FLAGGED + timedelta(days=1)}, False),
    ],
)
def test_confirmed_is_an_analysts_word_or_two_classes_of_evidence(*, changes: dict[str, Any], confirmed: bool) -> None:
    assert entry(**changes).confirmed is confirmed
    assert (text(lists.domains, entry(**changes)) != "") is confirmed


def test_signals_of_one_class_are_one_class_and_weak_ones_are_none() -> None:
    assert evidence.classes([("structure", 0.9), ("classes", 0.9)]) == {"form"}
    assert evidence.classes([("structure", 0.9), ("brand", 0.7), ("links", 0.1)]) == {"form", "words"}
    assert evidence.classes([("technique", 1.0), ("age", 1.0)]) == frozenset()


@pytest.mark.parametrize(
    "name",
    [
        "spiegel.de",
        "www.spiegel.de",
        "spiegel.tv",
        "spiegel.example.org",
        "co.uk",
        "de",
        "github.io",
        "google.com",
        "maps.google.com",
        "bit.ly",
        "top.example",
    ],
)
@pytest.mark.parametrize("kind", [name for name, one in FORMATS.items() if one.blocking])
def test_no_list_blocks_what_belongs_to_others(name: str, kind: str) -> None:
    harmful = entry(name, domain=name.removeprefix("maps.").removeprefix("www."), confirmed_by="ana")
    wanted = entry("spiegel.ltd")
    both = text(FORMATS[kind].write, harmful, wanted, of=context("top.example"))
    assert both == text(FORMATS[kind].write, wanted, of=context("top.example"))
    assert "spiegel.ltd" in both


def test_each_host_is_listed_once_also_where_it_imitates_two_outlets() -> None:
    assert text(lists.domains, entry(), entry(outlet="bild", id="lka_2")) == "spiegel.ltd\n"


# --- zones -----------------------------------------------------------------------------------------------------------


def test_the_zone_loads_and_lets_outlets_pass() -> None:
    site = entry("news.spiegel.ltd", domain="spiegel.ltd")
    hosted = entry("spiegel.github.io", domain="spiegel.github.io")
    zone = dns.zone.from_text(text(lists.rpz, entry("bild.ltd"), site, hosted), origin="spoofwatch.rpz.")
    answers = {str(name): rdata.to_text() for name, _, rdata in zone.iterate_rdatas("CNAME")}
    assert answers == {
        **dict.fromkeys(("spiegel.de", "*.spiegel.de", "spiegel.tv", "*.spiegel.tv"), "rpz-passthru."),
        **dict.fromkeys(("bild.de", "*.bild.de"), "rpz-passthru."),
        **dict.fromkeys(("bild.ltd", "*.bild.ltd", "news.spiegel.ltd", "spiegel.github.io"), "."),
    }
    assert zone.get_soa().serial == 1_662_000_000


# --- tables ----------------------------------------------------------------------------------------------------------


def test_the_table_has_a_header_also_where_nothing_is_flagged() -> None:
    (header,) = csv.reader(io.StringIO(text(tables.csv_table)))
    assert tuple(header) == tables.COLUMNS
    rows = list(csv.DictReader(io.StringIO(text(tables.csv_table, entry()))))
    assert tuple(rows[0]) == tables.COLUMNS
    assert rows[0]["site"] == "spiegel[.]ltd"


HOSTILE = st.text(max_size=60) | st.sampled_from(
    [
        "=cmd|' /C calc'!A0",
        "+1",
        "-1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "a\nb",
        "<!channel>",
        "\u202egpj.exe",
        "'; DROP",
        '"',
    ]
)


@settings(max_examples=150, deadline=None)
@given(reason=HOSTILE, registrar=HOSTILE, by=HOSTILE, name=HOSTILE)
def test_hostile_text_stays_in_its_field(reason: str, registrar: str, by: str, name: str) -> None:
    outlet = replace(SPIEGEL, name=name)
    of = context(outlets={"spiegel": outlet})
    one = entry(reason=reason, registrar=registrar, confirmed_by=by)
    (row,) = csv.DictReader(io.StringIO(text(tables.csv_table, one, of=of)))
    assert not any((value or " ")[0] in "=+-@\t\r" for value in row.values())
    (line,) = text(tables.ndjson, one, of=of).splitlines()
    assert json.loads(line)["site"] == "spiegel.ltd"
    for kind in ("domains", "hosts", "adblock", "rpz", "unbound"):
        assert text(FORMATS[kind].write, one, of=of) == text(FORMATS[kind].write, entry(confirmed_by="ana"), of=of)
    bundle = stix2.parse(text(stix.bundle, one, of=of))
    assert sum(item["type"] == "indicator" for item in bundle["objects"]) == 1
    assert json.loads(text(misp.events, one, of=of))["response"][0]["Event"]["Attribute"][0]["value"] == "spiegel.ltd"


@given(st.text(max_size=200))
def test_one_line_is_one_line_in_the_order_in_which_it_stands(hostile: str) -> None:
    shown = one_line(hostile)
    assert len(shown.splitlines()) < 2
    assert not {"\u202e", "\u2066", "\u200b", "\x00"} & set(shown)
    assert one_line(shown) == shown


# --- sharing ---------------------------------------------------------------------------------------------------------


def objects(kind: str, *entries: Entry) -> list[dict[str, Any]]:
    bundle = json.loads(text(stix.bundle, *entries))
    return [item for item in bundle["objects"] if item["type"] == kind]


def test_an_indicator_keeps_its_identity_and_is_revoked_when_the_flag_is_withdrawn() -> None:
    later = FLAGGED + timedelta(days=3)
    gone = entry(verdict=Verdict.INNOCENT, changed_at=later, withdrawn_at=later, live=False)
    (before,), (after,) = objects("indicator", entry()), objects("indicator", gone)
    assert after["id"] == before["id"]
    assert (before["created"], before["modified"]) == ("2022-09-01T12:00:00.000Z", "2022-09-01T12:00:00.000Z")
    assert (after["created"], after["modified"]) == ("2022-09-01T12:00:00.000Z", "2022-09-04T12:00:00.000Z")
    assert (after["revoked"], after["valid_until"]) == (True, "2022-09-04T12:00:00.000Z")
    assert "revoked" not in before
    stix2.parse(text(stix.bundle, gone))


def test_a_bundle_names_the_outlet_and_the_techniques_once_and_marks_what_is_stricter() -> None:
    bundle = [entry(), entry("bild.ltd", id="lka_2", tlp="TLP:AMBER", blocked=True)]
    parsed = stix2.parse(text(stix.bundle, *bundle))
    identifiers = [item["id"] for item in parsed["objects"]]
    assert len(identifiers) == len(set(identifiers))
    techniques = {item["external_references"][0]["external_id"] for item in objects("attack-pattern", *bundle)}
    assert techniques == {"T0149.003", "T0143.003", "T0097.202", "T0098.001", "T0121.001"}
    colours = {item["pattern"]: item["object_marking_refs"] for item in objects("indicator", *bundle)}
    assert len(set(map(str, colours.values()))) == 2
    assert objects("indicator", entry())[0]["pattern"] == "[domain-name:value = 'spiegel.ltd']"


def test_an_empty_bundle_and_an_empty_event_list_are_valid() -> None:
    assert stix2.parse(text(stix.bundle))["type"] == "bundle"
    assert json.loads(text(misp.events)) == {"response": []}


def test_misp_loads_an_event_an_outlet_and_blocks_by_what_is_live_only() -> None:
    those = [
        entry(),
        entry("spiegel.top", id="lka_2", live=False),
        entry("spiegel.pro", id="lka_3", evidence=frozenset({"form"})),
        entry("spiegel.win", id="lka_4", verdict=Verdict.INNOCENT, withdrawn_at=FLAGGED, live=False),
        entry("m.bild.ltd", id="lka_5", domain="bild.ltd", outlet="bild", tlp="red"),
    ]
    loaded = []
    for found in json.loads(text(misp.events, *those))["response"]:
        event = pymisp.MISPEvent()
        event.load(found)
        loaded.append(event)
    first, second = loaded
    assert [(a.value, a.to_ids, bool(a.deleted)) for a in first.attributes] == [
        ("spiegel.ltd", True, False),
        ("spiegel.top", False, False),
        ("spiegel.pro", False, False),
        ("spiegel.win", False, True),
    ]
    assert (second.attributes[0].type, {tag.name for tag in second.tags} & {"tlp:red", "tlp:green"}) == (
        "hostname",
        {"tlp:red"},
    )
    headers = json.loads(text(misp.manifest, *those))
    assert {event.uuid for event in loaded} == set(headers)
    assert {line.partition(",")[2] for line in text(misp.hashes, *those).splitlines()} == set(headers)


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_entries_are_the_same_bytes(kind: str) -> None:
    those = [entry(), entry("bild.ltd", id="lka_2", outlet="bild")]
    assert text(FORMATS[kind].write, *those) == text(FORMATS[kind].write, *those)
