"""Write the documents that describe the API and its events, or compare them with what is checked in.

``python -m service.api.openapi`` compares ``docs/openapi.json`` and ``docs/events/*.json`` and ends with 1 where they
differ; ``python -m service.api.openapi --write`` writes them.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from service.api.app import declare
from service.core.alerts.catalogue import CATALOGUE
from service.core.alerts.schemas import document

API_VERSION = "1"
"""Of the interface, not of the program: the file must not change with every release."""


def documents() -> Iterator[tuple[str, str]]:
    """Every file below ``docs/`` that follows from the code: its path there, and its text."""
    yield "openapi.json", _text(declare(API_VERSION).openapi())
    for kind in CATALOGUE:
        yield f"events/{kind}.json", _text(document(kind))


def stale(docs: Path) -> list[str]:
    """Files below ``docs`` that differ from what the code says, and event schemas that no event has."""
    wanted = dict(documents())
    differing = [name for name, text in wanted.items() if _read(docs / name) != text]
    there = {f"events/{path.name}" for path in (docs / "events").glob("*.json")}
    return sorted({*differing, *(there - wanted.keys())})


def write(docs: Path) -> None:
    """Write them all, and remove event schemas that no event has."""
    (docs / "events").mkdir(parents=True, exist_ok=True)
    for path in (docs / "events").glob("*.json"):
        path.unlink()
    for name, text in documents():
        (docs / name).write_text(text, encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Run as a command; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m service.api.openapi", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the files instead of comparing them")
    parser.add_argument("--docs", type=Path, default=Path("docs"), help="the folder (default: docs)")
    asked = parser.parse_args(arguments)
    if asked.write:
        write(asked.docs)
        return 0
    differing = stale(asked.docs)
    for name in differing:
        sys.stderr.write(f"{asked.docs / name} is not what the code says\n")
    if differing:
        sys.stderr.write("python -m service.api.openapi --write mends it\n")
    return 1 if differing else 0


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _text(content: dict[str, Any]) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
