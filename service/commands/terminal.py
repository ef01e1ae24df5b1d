"""What strangers wrote, on its way to a terminal: no control character, and nothing that turns the writing round."""

from __future__ import annotations

import json
from typing import Any


def printable(text: str) -> str:
    """``text`` without what is no sign to be seen: line ends, escapes, bidirectional marks, lone surrogates."""
    return "".join(char for char in text if char.isprintable())


def json_line(value: Any) -> str:
    """``value`` as one line of JSON in which letters stand as they are and all that is not printable is escaped.

    So it can be read in a terminal, is the same value to a program, and is never more than a terminal can encode.
    """
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isprintable() else "".join(char if char.isprintable() else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    return json.dumps(char)[1:-1]
