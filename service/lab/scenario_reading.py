"""Reading TOML strictly: every key is asked for once, and what nobody asked for is refused by name.

A converter takes a ``Field`` (a value and where it stands) and returns the value in its right type or raises the
field's own ``ConfigError``. Nothing is guessed: a number is no text, a text is a date only if it reads as one.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from service.core.errors import ConfigError, InvalidName
from service.core.names import name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from enum import StrEnum
    from importlib.resources.abc import Traversable

T = TypeVar("T")
D = TypeVar("D")
E = TypeVar("E", bound="StrEnum")

MAX_PAGES = 500
"""Pages that a folder may hold: more is a folder that was meant to be another."""

DOCUMENTATION = tuple(ipaddress.IPv4Network(net) for net in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"))
"""Addresses that documents may use and nobody has (RFC 5737)."""

_IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}\Z")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")
_COUNTRY = re.compile(r"[A-Z]{2}\Z")
_TRACKER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{2,63}\Z")


@dataclass(frozen=True, slots=True)
class Field:
    """A value of the file with where it stands."""

    file: str
    key: str
    value: Any

    def wrong(self, reason: str, mend: str = "") -> ConfigError:
        """The error that says what is wrong with this value."""
        return ConfigError(file=self.file, key=self.key, value=self.value, reason=reason, mend=mend)

    def of_type(self, kind: type[T], called: str) -> T:
        """The value if it is exactly of this type (a TOML boolean is no number), else the error that says so."""
        if type(self.value) is not kind:
            raise self.wrong(f"must be {called}")
        return self.value


class Table:
    """One TOML table on its way through a reader. ``close`` refuses what was not asked for."""

    def __init__(self, file: str, key: str, values: Mapping[str, Any]) -> None:
        self.file, self.key = file, key
        self._left = dict(values)
        self._known: set[str] = set()

    def need(self, key: str, convert: Callable[[Field], T]) -> T:
        """The value of a key that must be there."""
        field = self._taken(key)
        if field is None:
            raise ConfigError(file=self.file, key=self._path(key), reason="is missing", mend=f"add {key} = ...")
        return convert(field)

    def get(self, key: str, convert: Callable[[Field], T], default: D) -> T | D:
        """The value of a key, or ``default`` where it is not there."""
        field = self._taken(key)
        return default if field is None else convert(field)

    def tables(self, key: str) -> list[Table]:
        """The tables of an array of tables, none where it is not there."""
        field = self._taken(key)
        if field is None:
            return []
        if type(field.value) is not list or not all(isinstance(entry, dict) for entry in field.value):
            raise ConfigError(
                file=self.file, key=field.key, reason="must be an array of tables", mend=f"write [[{key}]]"
            )
        return [Table(self.file, f"{field.key}[{number}]", entry) for number, entry in enumerate(field.value)]

    def table(self, key: str) -> Table:
        """A table that must be there."""
        field = self._taken(key)
        if field is None or type(field.value) is not dict:
            raise self.wrong(key, "is missing" if field is None else "must be a table", f"write [{key}]")
        return Table(self.file, field.key, field.value)

    def close(self) -> None:
        """Refuse the keys that nobody asked for, the first of them by name."""
        for key, value in self._left.items():
            near = difflib.get_close_matches(key, sorted(self._known), n=1)
            mend = f"did you mean {near[0]}?" if near else f"known here: {', '.join(sorted(self._known))}"
            raise ConfigError(file=self.file, key=self._path(key), value=value, reason="unknown key", mend=mend)

    def wrong(self, key: str, reason: str, mend: str = "", value: object = None) -> ConfigError:
        """An error about a key of this table."""
        return ConfigError(file=self.file, key=self._path(key), value=value, reason=reason, mend=mend)

    def _taken(self, key: str) -> Field | None:
        self._known.add(key)
        return Field(self.file, self._path(key), self._left.pop(key)) if key in self._left else None

    def _path(self, key: str) -> str:
        return f"{self.key}.{key}" if self.key else key


def text(field: Field) -> str:
    """A text that is not empty."""
    value = field.of_type(str, "a text in quotes")
    if not value.strip():
        raise field.wrong("is empty")
    return value


def flag(field: Field) -> bool:
    """True or false."""
    return field.of_type(bool, "true or false")


def identifier(field: Field) -> str:
    """An id: letters, digits, dot, underscore, hyphen, at most 64."""
    return _matching(field, _IDENTIFIER, "must be an id", "letters, digits, dots, underscores and hyphens, at most 64")


def word(field: Field) -> str:
    """One word of the writer's own: letters, digits, underscore, hyphen."""
    return _matching(field, _WORD, "must be one word", "letters, digits, underscores and hyphens")


def language(field: Field) -> str:
    """A language tag (RFC 5646) such as de or de-AT."""
    return _matching(field, _LANGUAGE, "must be a language tag", "for instance de")


def country(field: Field) -> str:
    """A country code (ISO 3166-1 alpha-2)."""
    return _matching(field, _COUNTRY, "must be a country code", "two capital letters, for instance DE")


def tracker(field: Field) -> str:
    """An identifier at a tracker, such as G-AAAA1111."""
    return _matching(field, _TRACKER, "must be an identifier at a tracker", "for instance G-AAAA1111")


def one_of(kind: type[E]) -> Callable[[Field], E]:
    """A converter to one of an enum's words."""

    def convert(field: Field) -> E:
        value = field.of_type(str, "a text in quotes")
        if value not in list(kind):
            raise field.wrong("is none of the known words", f"one of {', '.join(kind)}")
        return kind(value)

    return convert


def each(convert: Callable[[Field], T]) -> Callable[[Field], tuple[T, ...]]:
    """A converter of lists: every entry through ``convert``, none twice."""

    def converted(field: Field) -> tuple[T, ...]:
        entries = field.of_type(list, "a list in square brackets")
        values = [convert(Field(field.file, f"{field.key}[{at}]", entry)) for at, entry in enumerate(entries)]
        for at, value in enumerate(values):
            if value in values[:at]:
                raise Field(field.file, f"{field.key}[{at}]", entries[at]).wrong("stands there twice")
        return tuple(values)

    return converted


def host(field: Field) -> str:
    """A host name with at least two labels, as A-labels."""
    written = field.of_type(str, "a host name in quotes")
    try:
        parsed = name.parse(written)
    except InvalidName as error:
        raise field.wrong(f"is no host name: {error}") from error
    if "." not in parsed or name.is_number_like(parsed):
        raise field.wrong("is no host name with a suffix", "for instance spiegel.ltd")
    return parsed


def site_name(field: Field) -> str:
    """A host name at or below a registrable one."""
    parsed = host(field)
    if name.registrable(parsed) is None:
        raise field.wrong("has no registrable part: it is a public suffix, or its top-level domain does not exist")
    return parsed


def label(field: Field) -> str:
    """One label of a host name, as A-label."""
    written = field.of_type(str, "a label in quotes")
    try:
        parsed = name.parse(written)
    except InvalidName as error:
        raise field.wrong(f"is no label: {error}") from error
    if "." in parsed:
        raise field.wrong("is no single label", "without dots")
    return parsed


def certificate_name(field: Field) -> str:
    """A name in a certificate: a host name, or ``*.`` before one."""
    written = field.of_type(str, "a host name in quotes")
    star = "*." if written.startswith("*.") else ""
    return star + host(Field(field.file, field.key, written.removeprefix("*.")))


def url(field: Field) -> str:
    """An http or https URL with a host name."""
    written = field.of_type(str, "a URL in quotes")
    try:
        parts = urlsplit(written)
        name.host_of_url(written)
    except (ValueError, InvalidName) as error:
        raise field.wrong(f"is no URL: {error}") from error
    if parts.scheme not in ("http", "https"):
        raise field.wrong("is no http or https URL", "for instance https://spiegel.ltd/artikel/x.html")
    return written


def address(field: Field) -> str:
    """A documentation address (RFC 5737)."""
    written = field.of_type(str, "an IPv4 address in quotes")
    try:
        parsed = ipaddress.IPv4Address(written)
    except ValueError as error:
        raise field.wrong("is no IPv4 address", "for instance 203.0.113.7") from error
    if not any(parsed in net for net in DOCUMENTATION):
        raise field.wrong("is no documentation address", f"one of {', '.join(map(str, DOCUMENTATION))}")
    return written


def moment(field: Field) -> datetime:
    """A TOML date (00:00 UTC), a TOML date-time (UTC where it has no offset), or a text that reads as one of them."""
    value = field.value
    if type(value) is str:
        value = _parsed(field, value)
    if type(value) is date:
        return datetime.combine(value, time(), UTC)
    if type(value) is datetime:
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    raise field.wrong("must be a day or a UTC time", "for instance 2022-06-01 or 2022-06-01T12:00:00Z")


def names_day(value: object) -> bool:
    """Whether a value names a whole day rather than a time of one."""
    if type(value) is not str:
        return type(value) is date
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def folder_of_pages(base: Traversable) -> Callable[[Field], tuple[tuple[str, bytes], ...]]:
    """A converter of a folder beside the scenario to its pages: ``/`` first, then the others by path."""

    def convert(field: Field) -> tuple[tuple[str, bytes], ...]:
        written = text(field)
        folder = base.joinpath(written)
        if not folder.is_dir():
            raise field.wrong("is no folder beside the scenario", "a folder of .html files")
        pages = sorted(_pages(folder, ""))
        if not pages:
            raise field.wrong("holds no .html file")
        if len(pages) > MAX_PAGES:
            raise field.wrong(f"holds more than {MAX_PAGES} pages")
        home = next((path for path, _ in pages if path == "/home.html"), pages[0][0])
        return (("/", dict(pages)[home]), *(page for page in pages if page[0] != home))

    return convert


def _pages(folder: Traversable, path: str) -> Iterable[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _pages(entry, f"{path}/{entry.name}")
        elif entry.name.endswith(".html"):
            yield f"{path}/{entry.name}", entry.read_bytes()


def _matching(field: Field, pattern: re.Pattern[str], reason: str, mend: str) -> str:
    value = field.of_type(str, "a text in quotes")
    if not pattern.match(value):
        raise field.wrong(reason, mend)
    return value


def _parsed(field: Field, value: str) -> date | datetime:
    try:
        return date.fromisoformat(value) if names_day(value) else datetime.fromisoformat(value)
    except ValueError as error:
        raise field.wrong("is no day and no time", "for instance 2022-06-01 or 2022-06-01T12:00:00Z") from error
