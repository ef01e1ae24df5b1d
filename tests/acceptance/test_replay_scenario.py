"""What a scenario file says arrives where it belongs: every key that the replay itself has to read.

What the lab shows of a file is tested without a replay (tests/unit/test_staging.py).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.replays import replay, rows, summary_of, written

HEAD = """
[scenario]
name = "places-and-keys"
begin = 2023-06-01
end = 2023-06-05
sweep_tiers = ["edits"]

[[outlet]]
id = "abendblick"
name = "Abendblick"
domain = "abendblick.at"
own_domains = ["abendblick.tv"]
labels = ["abz"]
country = "AT"
languages = ["de"]

[[outlet]]
id = "faro"
name = "Il Faro Alto"
domain = "ilfaroalto.it"
pages = "pages/faro"
old_pages = "pages/faro-2019"

[[action]]
id = "court-2023-06"
authority = "A court"
place = "registry"
effective = 2023-06-03T09:00:00Z
reference = "https://court.example/7"
"""

PLACES = ("platform", "registrar", "registry", "host", "resolver", "seizure")
NAMES = [
    f"{label}.{suffix}" for label in ("abendblick", "abend-blick", "abz") for suffix in ("live", "ltd", "today", "top")
]
BLOCKED_AT = "2023-06-03 09:00"

BLOCKED = """
[[site]]
name = "{name}"
outlet = "abendblick"
truth = "impersonation"
registered = 2023-06-02
serves = "clone"
[[site.event]]
on = 2023-06-03T09:00:00Z
kind = "block"
place = "{place}"
recorded = {recorded}
{action}
"""

OTHERS = """
# Its name says nothing, and nobody knows of it before a reader reports it in the afternoon.
[[site]]
name = "kranichzug.pro"
outlet = "abendblick"
truth = "impersonation"
registered = 2022-01-01
serves = "clone"
live_from = 2023-06-02T15:00:00Z
reported = ["https://kranichzug.pro/a/der-winter.html", "https://kranichzug.pro/a/das-gas.html"]

# On the last day, after the last sweep of a day that begins.
[[site]]
name = "ilfaroalto.live"
outlet = "faro"
truth = "impersonation"
registered = 2023-06-05T10:00:00Z
serves = "clone"

[[site]]
name = "ilfaroalto.top"
outlet = "faro"
truth = "impersonation"
registered = 2023-06-02
serves = "old-clone"

# The outlet's own, though nobody listed it.
[[site]]
name = "abendblik.live"
outlet = "abendblick"
truth = "innocent"
registered = 2010-01-01
serves = "own"
"""

TOPICS = ("Il porto", "La pesca", "I traghetti", "Il mercato", "La scuola", "Il teatro", "Le strade", "I vigneti")


def page(layout: str, title: str, day: int) -> str:
    """A page of the outlet that brings its own; two layouts have neither elements nor classes in common."""
    box, name = ("article", "pezzo") if layout == "new" else ("td", "cella")
    boxes = "".join(
        f'<{box} class="{name} {name}-{number}"><h2><a href="/storia-{number}.html">{topic}</a></h2>'
        f'<p class="{name}-testo">{topic}, giorno {day}: il consiglio ha discusso a lungo la questione {number}, '
        f"e alla fine ha deciso di rinviare ogni scelta alla prossima seduta di {layout}.</p></{box}>"
        for number, topic in enumerate(TOPICS)
    )
    body = f"<main class='griglia'>{boxes}</main>" if layout == "new" else f"<table><tr>{boxes}</tr></table>"
    head = f'<title>{title}</title><link rel="stylesheet" href="https://ilfaroalto.it/{layout}/stile.css">'
    masthead = f'<header class="{layout}-testata"><h1>Il Faro Alto</h1><p>Notizie dal mare</p></header>'
    return f'<!DOCTYPE html><html lang="it"><head>{head}</head><body>{masthead}{body}</body></html>'


def pages_in(folder: Path, layout: str) -> None:
    folder.mkdir(parents=True)
    (folder / "home.html").write_text(page(layout, "Il Faro Alto - Notizie dal mare", 1), encoding="utf-8")
    for number, topic in enumerate(TOPICS):
        text = page(layout, f"{topic} - Il Faro Alto", number)
        (folder / f"storia-{number}.html").write_text(text, encoding="utf-8")


def blocked(place: str, *, recorded: bool) -> str:
    """The name of the site that is blocked there."""
    return NAMES[2 * PLACES.index(place) + recorded]


class Played:
    """The scenario, played once for all tests of this file."""

    def __init__(self, folder: Path) -> None:
        sites = [
            BLOCKED.format(
                name=blocked(place, recorded=recorded),
                place=place,
                recorded=str(recorded).lower(),
                action='action = "court-2023-06"' if place == "registry" else "",
            )
            for place in PLACES
            for recorded in (False, True)
        ]
        scenario, config = written(folder, HEAD + "".join(sites) + OTHERS)
        pages_in(folder / "pages" / "faro", "new")
        pages_in(folder / "pages" / "faro-2019", "old")
        self.state = folder / "state"
        done = replay(scenario, "--config", config, "--json", "--state", self.state)
        assert done.returncode == 0, done.stderr
        self.summary = summary_of(done.stdout)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return rows(self.state, query)

    def blocks(self, name: str) -> list[list[Any]]:
        """Place, whether reported, day and minute from which it is in force, when it was known, of every block."""
        found = self.rows(
            "SELECT host, place, reported, substr(effective_from, 1, 16), substr(known_from, 1, 16), reference, action"
            " FROM block JOIN site ON site.id = block.site_id"
        )
        return [block for host, *block in found if host == name]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    return Played(tmp_path_factory.mktemp("keys"))


@pytest.mark.parametrize("place", PLACES)
def test_a_recorded_block_is_entered_once_at_its_time_whatever_the_site_shows(played: Played, place: str) -> None:
    action, reference = ("court-2023-06", "https://court.example/7") if place == "registry" else (None, "")
    assert played.blocks(blocked(place, recorded=True)) == [[place, 1, BLOCKED_AT, BLOCKED_AT, reference, action]]


@pytest.mark.parametrize("place", [place for place in PLACES if place != "platform"])
def test_a_block_that_nobody_enters_is_observed_once(played: Played, place: str) -> None:
    ((found, reported, effective, known, reference, action),) = played.blocks(blocked(place, recorded=False))
    assert (found, reported, action) == (place, 0, None)
    assert BLOCKED_AT <= effective == known < "2023-06-04 12:00"
    assert reference


def test_a_platforms_block_that_nobody_enters_is_not_known(played: Played) -> None:
    assert played.blocks(blocked("platform", recorded=False)) == []


def test_the_providers_resolver_is_asked(played: Played) -> None:
    ((_, _, _, _, reference, _),) = played.blocks(blocked("resolver", recorded=False))
    assert reference == "resolver isp answers otherwise than the others"


def test_every_block_is_counted_once(played: Played) -> None:
    assert played.summary["blocks"] == 2 * len(PLACES) - 1
    held = [
        blocked(place, recorded=recorded)
        for place in ("registrar", "registry", "seizure", "host")
        for recorded in (False, True)
    ]
    down = {row[0] for row in played.rows("SELECT host FROM event WHERE type = 'site.down'")}
    assert down == set(held)
    assert played.summary["down_after_block"] == len(held)


def test_actions_are_entered_as_they_stand(played: Played) -> None:
    query = "SELECT id, authority, place, substr(effective, 1, 16), reference FROM action"
    assert played.rows(query) == [
        ("court-2023-06", "A court", "registry", BLOCKED_AT, "https://court.example/7"),
    ]


def test_outlets_go_on_the_watch_list_with_all_that_the_file_says(played: Played) -> None:
    query = "SELECT id, name, domain, own_domains_json, labels_json, country, languages_json FROM outlet ORDER BY id"
    assert played.rows(query) == [
        (
            *("abendblick", "Abendblick", "abendblick.at", '["abendblick.tv"]'),
            *('["abz"]', "AT", '["de"]'),
        ),
        ("faro", "Il Faro Alto", "ilfaroalto.it", "[]", "[]", None, "[]"),
    ]


def test_only_the_tiers_of_the_file_are_swept(played: Played) -> None:
    assert played.rows("SELECT DISTINCT tier FROM sweep") == [("edits",)]
    assert played.rows("SELECT count(*) FROM sweep WHERE finished_at IS NULL") == [(0,)]


def test_reported_urls_come_in_when_the_site_goes_live(played: Played) -> None:
    query = "SELECT source, substr(admitted_at, 1, 16) FROM site WHERE host = 'kranichzug.pro'"
    assert played.rows(query) == [("sighting", "2023-06-02 15:00")]
    query = "SELECT url FROM target WHERE source = 'sighting'"
    assert sorted(url for (url,) in played.rows(query)) == [
        "https://kranichzug.pro/a/das-gas.html",
        "https://kranichzug.pro/a/der-winter.html",
    ]


def test_old_pages_are_archived_baselines_beside_those_of_today(played: Played) -> None:
    kinds = dict(played.rows("SELECT kind, count(*) FROM baseline WHERE outlet = 'faro' GROUP BY kind"))
    assert kinds["archived"] == 1 + len(TOPICS)
    assert kinds["home"] == 1
    taken = played.rows("SELECT max(taken_at) FROM baseline WHERE kind = 'archived'")[0][0]
    assert taken < "2023"


def test_nothing_is_missed_not_even_on_the_last_day_and_nobody_innocent_is_flagged(played: Played) -> None:
    assert played.summary["missed"] == []
    assert played.summary["false_flags"] == []
    assert played.summary["flagged"] == sorted([*NAMES, "kranichzug.pro", "ilfaroalto.live", "ilfaroalto.top"])
    assert played.rows("SELECT count(*) FROM site WHERE domain IN ('abendblick.at', 'abendblick.tv')") == [(0,)]
