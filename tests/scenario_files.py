"""Scenario files for tests: written whole, loaded from a folder, changed in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from service.lab.scenario import Scenario, load

if TYPE_CHECKING:
    from pathlib import Path

HEAD = """
[scenario]
name = "a-week"
begin = 2022-06-01
end = 2022-06-30

[[outlet]]
id = "blatt"
name = "Das Blatt"
domain = "blatt.de"
own_domains = ["blatt.tv"]
languages = ["de"]
pages = "pages"

[[action]]
id = "act-1"
authority = "A court"
place = "registrar"
effective = 2022-06-10
reference = "https://reports.example/1"
"""
"""An outlet with small pages of its own, so that worlds are quickly made, and an action."""

SITE = """
[[site]]
name = "blatt.ltd"
outlet = "blatt"
truth = "impersonation"
registered = 2022-06-03
serves = "clone"
"""

HOME = '<html><head><title>Das Blatt</title></head><body><h2><a href="/wahl.html">Die Wahl</a></h2></body></html>'
STORY = (
    "<html><head><title>Die Wahl</title></head><body><article><h1>Die Wahl</h1>"
    "<p>Der Gemeinderat hat am Montag ueber die Wahl beraten und nichts beschlossen.</p></article></body></html>"
)


def file_in(folder: Path, text: str) -> Path:
    """A scenario file with a folder of pages beside it."""
    pages = folder / "pages"
    pages.mkdir(exist_ok=True)
    (pages / "home.html").write_text(HOME, encoding="utf-8")
    (pages / "wahl.html").write_text(STORY, encoding="utf-8")
    file = folder / "week.toml"
    file.write_text(text, encoding="utf-8")
    return file


def scenario_in(folder: Path, text: str) -> Scenario:
    """The scenario that a text describes."""
    return load(str(file_in(folder, text)))


def event(on: str, kind: str, **more: str) -> str:
    """An event of the site before it; values as TOML writes them."""
    lines = [f"on = {on}", f'kind = "{kind}"', *(f"{key} = {value}" for key, value in more.items())]
    return "\n[[site.event]]\n" + "\n".join(lines) + "\n"
