"""Dates as WHOIS servers write them, in some thirty ways.

Numeric dates that do not begin with the year are read day first, as European registries write them; a general parser
reads 02/01/2013 as the first of February and makes a name a month older than it is.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, start=1)}
_ZONES = {
    "cet": 1,
    "cest": 2,
    "eet": 2,
    "eest": 3,
    "msk": 3,
    "clt": -4,
    "clst": -3,
    "brt": -3,
    "jst": 9,
    "kst": 9,
    "wib": 7,
}

_MONTH = r"(?P<month>\d{1,2}|[a-z]{3,9})"
_SEPARATOR = r"(?:\s*[-/.,]\s*|\s+)"
_WEEKDAY = r"(?:(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6},?\s+)?"
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?"
_INNER_TIME = rf"(?:{_CLOCK}\s+(?:[a-z]{{2,5}}\s+)?)?"

_FORMS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"(?P<year>\d{{4}}){_SEPARATOR}{_MONTH}{_SEPARATOR}(?P<day>\d{{1,2}})(?!\d)",
        rf"{_WEEKDAY}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?{_SEPARATOR}{_MONTH}{_SEPARATOR}(?P<year>\d{{4}})(?!\d)",
        rf"{_WEEKDAY}(?P<month>[a-z]{{3,9}})\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+{_INNER_TIME}(?P<year>\d{{4}})(?!\d)",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?!\d)",
        r"before\s+(?:(?P<month>[a-z]{3,9})-)?(?P<year>\d{4})$",
    )
)
_TIME = re.compile(r"(?<![\d:])(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2}))?")
_OFFSET = re.compile(r"(?P<sign>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>\d{2}))?\)?$")
_ZONE = re.compile(r"\b([a-z]{3,4})\b", re.IGNORECASE)
_LONGEST = 60


def parse_registry_date(text: str) -> datetime | None:
    """The moment that a registry's text names, or None. Without a zone it is UTC, without a time the day's beginning.

    ``before 2001`` and its like are the moment before which the name existed.
    """
    bare = text.strip()[:_LONGEST].partition("#")[0].strip(" .[]")
    bare = re.sub(r"^before\s+(?=\d{4}\D?\d)", "", bare, flags=re.IGNORECASE)
    for form in _FORMS:
        found = form.match(bare)
        if found is not None:
            parts = found.groupdict()
            rest = bare[found.end() :] if parts.get("day") else ""
            return _moment(parts, _time_of(bare, found.end()), _zone_of(rest))
    return None


def _moment(parts: dict[str, str | None], time: tuple[int, int, int], zone: timezone) -> datetime | None:
    month = _month(parts.get("month") or "1")
    if month is None:
        return None
    year, day = int(parts["year"] or 0), int(parts.get("day") or 1)
    if month > len(_MONTHS) >= day:
        month, day = day, month
    try:
        return datetime(year, month, day, *time, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _month(text: str) -> int | None:
    return int(text) if text.isdigit() else _MONTHS.get(text[:3].lower())


def _time_of(text: str, after: int) -> tuple[int, int, int]:
    """The time behind the date, or inside it as C's ctime writes it."""
    found = _TIME.search(text, after) or _TIME.search(text)
    if found is None:
        return 0, 0, 0
    return int(found["hour"]), int(found["minute"]), int(found["second"] or 0)


def _zone_of(rest: str) -> timezone:
    """The offset behind the time; a zone that nobody knows counts as UTC, which is wrong by hours at most."""
    offset = _OFFSET.search(rest.strip(" Zz]"))
    if offset is not None and ":" in rest:
        sign = -1 if offset["sign"] == "-" else 1
        delta = timedelta(hours=int(offset["hours"]), minutes=int(offset["minutes"] or 0))
        return timezone(sign * delta) if delta < timedelta(hours=24) else UTC
    for word in _ZONE.findall(rest):
        if word.lower() in _ZONES:
            return timezone(timedelta(hours=_ZONES[word.lower()]))
    return UTC
