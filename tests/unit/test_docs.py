"""What is not documented fails: routes, events, commands and settings; and what is checked in is what the code says."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel

from service.api.app import declare
from service.api.openapi import API_VERSION, stale
from service.cli import parser
from service.core.alerts.catalogue import CATALOGUE
from service.settings import Feeds, Service

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
API = (DOCS / "api.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")

OPENAPI = declare(API_VERSION).openapi()
ROUTES = [(method.upper(), path) for path, methods in OPENAPI["paths"].items() for method in methods]


# --- the API ---------------------------------------------------------------------------------------------------------


def test_the_checked_in_documents_are_what_the_code_says() -> None:
    assert stale(DOCS) == [], "python -m service.api.openapi --write"


@pytest.mark.parametrize(("method", "path"), ROUTES, ids=str)
def test_each_route_is_named_in_the_api_guide(method: str, path: str) -> None:
    by_word = f"`{method} {path}`" in API or f"`{method} {path} " in API
    by_example = any(asked == (method, path) for asked in curl_examples())
    assert by_word or by_example, f"{method} {path} is not in docs/api.md"


@pytest.mark.parametrize(("method", "path"), ROUTES, ids=str)
def test_each_route_has_a_curl_example(method: str, path: str) -> None:
    assert (method, path) in set(curl_examples())


def curl_examples() -> Iterator[tuple[str, str]]:
    """The (method, path) of every curl line in the guide, paths with their parameters put back."""
    for command in re.findall(r"^curl (?:.*\\\n)*.*$", API, re.MULTILINE):
        asked = re.search(r"-X (\w+)", command)
        url = re.search(r'"\$SPOOFWATCH([^"?]*)', command)
        assert url is not None, command
        yield asked[1] if asked else "GET", template(url[1])


def template(path: str) -> str:
    for known in (*OPENAPI["paths"], "/openapi.json"):
        if re.fullmatch(re.sub(r"\{\w+\}", r"[^/]+", known), path):
            return str(known)
    raise AssertionError(f"docs/api.md asks for {path}, which is no route")


def test_each_json_in_the_guide_is_json() -> None:
    blocks = re.findall(r"```json\n(.*?)```", API, re.DOTALL)
    assert blocks
    for block in blocks:
        json.loads(block)
    for body in re.findall(r"-d '([^']*)'", API):
        json.loads(body)


def test_the_lookalike_in_the_guide_has_the_fields_that_lookalikes_have() -> None:
    (shown,) = next(
        page["data"]
        for block in re.findall(r"```json\n(.*?)```", API, re.DOTALL)
        if "data" in (page := json.loads(block))
    )
    assert set(shown) == set(OPENAPI["components"]["schemas"]["LookalikeItem"]["properties"])


# --- events ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", CATALOGUE)
def test_each_event_is_in_the_table_of_the_guide(kind: str) -> None:
    assert f"| `{kind}` |" in API


def test_the_guide_names_no_event_that_there_is_not() -> None:
    assert set(re.findall(r"^\| `([a-z_.]+)` \|", API, re.MULTILINE)) == set(CATALOGUE)


# --- commands --------------------------------------------------------------------------------------------------------


def commands(of: argparse.ArgumentParser, name: str = "spoofwatch") -> Iterator[str]:
    """Every command by its whole name."""
    below = [action for action in of._actions if isinstance(action, argparse._SubParsersAction)]
    if not below:
        yield name
    for action in below:
        for word, made in action.choices.items():
            yield from commands(made, f"{name} {word}")


@pytest.mark.parametrize("command", list(commands(parser())))
def test_each_command_is_in_the_readme(command: str) -> None:
    first, _, last = command.removeprefix("spoofwatch ").partition(" ")
    rows = re.findall(rf"^\| `spoofwatch {first}\b.*$", README, re.MULTILINE)
    assert any(re.search(rf"\b{last}\b", row) for row in rows), f"{command} is not in README.md"


# --- settings --------------------------------------------------------------------------------------------------------


def settings_of(shape: type[BaseModel], section: str = "") -> Iterator[str]:
    """Every key that a settings file may have, as ``section.key``."""
    for name, field in shape.model_fields.items():
        path = f"{section}.{name}".lstrip(".")
        inner = next((part for part in parts(field.annotation) if is_section(part)), None)
        if inner is None:
            yield path
        else:
            yield from settings_of(inner, path)


def parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    if get_origin(annotation) is not dict:
        for part in get_args(annotation):
            yield from parts(part)


def is_section(part: Any) -> bool:
    return isinstance(part, type) and issubclass(part, BaseModel)


FREE_NAMES = {"fetch.profile.headers"}
"""Sections whose keys are not ours to name."""


def keys_of(file: str) -> set[str]:
    """Every key that a settings file shows, commented out or not, as ``section.key``."""
    section, found = "", set[str]()
    for line in (ROOT / "config" / file).read_text(encoding="utf-8").splitlines():
        text = line.removeprefix("# ")
        if header := re.fullmatch(r"\[{1,2}([a-z0-9_.]+)\]{1,2}", text):
            section = header[1]
            found |= {section} & FREE_NAMES
        elif key := re.match(r"([a-z0-9_]+|\"[^\"]+\") = ", text):
            found.add(f"{section}.{key[1]}".lstrip("."))
    return found


@pytest.mark.parametrize(("file", "shape"), [("service.toml", Service), ("feeds.toml", Feeds)])
def test_each_setting_stands_in_its_file_and_nothing_else_does(file: str, shape: type[BaseModel]) -> None:
    wanted, shown = set(settings_of(shape)), keys_of(file)
    assert wanted - shown == set(), f"not in config/{file}"
    assert shown - wanted == set(), f"in config/{file}, and no setting"


# --- the fetcher's controls ------------------------------------------------------------------------------------------


CONTROLS = re.findall(r"^\| \d+ \| .*$", (DOCS / "fetcher.md").read_text(encoding="utf-8"), re.MULTILINE)


def test_each_control_of_the_fetcher_names_modules_and_tests_that_are_there() -> None:
    tests = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    there = set(re.findall(r"^def (test_\w+)\(", tests, re.MULTILINE))
    for row in CONTROLS:
        _, _, control, modules, named, _ = row.split("|")
        assert all((ROOT / "service" / module).exists() for module in re.findall(r"`([^`]+)`", modules)), control
        found = re.findall(r"`(test_\w+)`", named)
        assert found, f"{control}: no test"
        assert set(found) <= there, f"{control}: {set(found) - there}"
    assert len(CONTROLS) == 23
