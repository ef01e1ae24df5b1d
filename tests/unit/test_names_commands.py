"""The commands that generate and match names, without their argument parsing."""

from __future__ import annotations

import io
import json

import pytest

from service.commands.names import print_candidates, print_matches
from service.core.errors import InvalidInput
from service.core.model import Outlet
from service.core.names.watchlist import WatchList
from service.core.states import Tier

WATCHED = WatchList(
    [
        Outlet(id="spiegel", name="Der Spiegel", domain="spiegel.de", languages=("de",)),
        Outlet(id="bild", name="Bild", domain="bild.de", own_domains=("bild.tv",)),
    ]
)


def candidates(target: str, tier: Tier = Tier.EXACT) -> list[str]:
    out = io.StringIO()
    assert print_candidates(target, tier, WATCHED, out) == out.getvalue().count("\n")
    return out.getvalue().splitlines()


def test_candidates_are_printed_one_a_line() -> None:
    assert "spiegel.ltd" in candidates("spiegel")
    assert "spiegeli.life" in candidates("spiegel", Tier.EDITS)


def test_an_outlet_is_found_by_its_id_and_by_any_of_its_domains() -> None:
    assert candidates("bild") == candidates("bild.de") == candidates("www.bild.tv") == candidates("BILD.de.")


def test_a_domain_need_not_be_configured() -> None:
    made = candidates("zeitung.at")
    assert "zeitung.de" in made
    assert "zeitung.at" not in made


@pytest.mark.parametrize("target", ["nobody", "no such.de", "de", ""])
def test_what_is_neither_id_nor_domain_is_refused_in_words(target: str) -> None:
    with pytest.raises(InvalidInput, match="no outlet's id"):
        candidates(target)


def test_matches_are_printed_as_json_lines_and_broken_lines_reported() -> None:
    out, err = io.StringIO(), io.StringIO()
    stream = io.BytesIO(b"spiegel.ltd\nno name\nordinary.com\nwww.bildd.lol\nspiegel.de\n")
    assert print_matches(WATCHED, [("names.txt", stream)], out, err) == 2
    first, second = map(json.loads, out.getvalue().splitlines())
    assert first == {
        "name": "spiegel.ltd",
        "domain": "spiegel.ltd",
        "outlet": "spiegel",
        "technique": "tld-swap",
        "distance": 0,
        "score": 1.0,
    }
    assert (second["name"], second["domain"], second["outlet"]) == ("www.bildd.lol", "bildd.lol", "bild")
    assert "names.txt: 1 skipped" in err.getvalue()
    assert "line 2" in err.getvalue()


def test_nothing_is_reported_where_nothing_was_skipped() -> None:
    err = io.StringIO()
    print_matches(WATCHED, [("a", io.BytesIO(b"")), ("b", io.BytesIO(b"x.com"))], io.StringIO(), err)
    assert not err.getvalue()
