"""The form of an article's address: what stays the same when only number and words change. Pure."""

from __future__ import annotations

import re
from urllib.parse import urlsplit


def url_shape(url: str) -> str:
    """The form of a URL's path: numbers, slugs and words stand for themselves; empty for paths that say nothing."""
    try:
        parts = [part for part in urlsplit(url).path.split("/") if part]
    except ValueError:
        return ""
    shape = "/".join(_part_shape(part) for part in parts)
    return shape if any(mark in shape for mark in "#~") else ""


def _part_shape(part: str) -> str:
    stem, _, ending = part.rpartition(".")
    stem, ending = (stem, f".{ending}") if stem and ending.isalpha() else (part, "")
    if stem.isdigit():
        return f"#{len(stem)}{ending}"
    marks = re.sub(r"\d+", "#", stem)
    words = marks.split("-")
    if len(words) > 1:
        return "-".join(dict.fromkeys(word if word == "#" or len(word) == 1 else "~" for word in words)) + ending
    return ("w" if marks.isalpha() else "x") + ending
