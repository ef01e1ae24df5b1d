"""The watch list's file, ``config/outlets.toml``: ``[[outlet]]`` tables, of which only ``domain`` is required."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from service.core.errors import ConfigError, InvalidName
from service.core.model import Outlet
from service.core.names import name as names

_KEYS = ("id", "name", "domain", "own_domains", "labels", "country", "languages")
_LISTS = ("own_domains", "labels", "languages")


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchListFile:
    """What the file says: outlets, and names that are never to be reported (``allow``)."""

    outlets: tuple[Outlet, ...] = ()
    allow: tuple[str, ...] = ()


def read_outlets(file: Path) -> WatchListFile:
    """Read and check the watch list; ConfigError names the table and key at fault."""
    try:
        with file.open("rb") as stream:
            document = tomllib.load(stream)
    except FileNotFoundError:
        return WatchListFile()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(file=str(file), key="(whole file)", reason=f"is not TOML: {error}") from None
    except OSError as error:
        raise ConfigError(file=str(file), key="(whole file)", reason=f"cannot be read: {error.strerror}") from None
    _known(file, "", document, ("outlet", "allow"))
    tables = document.get("outlet", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ConfigError(file=str(file), key="outlet", reason="outlets are [[outlet]] tables")
    outlets = tuple(outlet_from(table, f"outlet[{i}]", str(file)) for i, table in enumerate(tables))
    _unique(file, outlets)
    allow = _strings(document, "allow", "allow", str(file))
    return WatchListFile(
        outlets=outlets, allow=tuple(_domain(v, f"allow[{i}]", str(file)) for i, v in enumerate(allow))
    )


def outlet_from(table: dict[str, Any], key: str, file: str) -> Outlet:
    """One outlet from a parsed table; also what ``outlets add`` uses. ConfigError where anything is wrong."""
    _known(Path(file), key, table, _KEYS)
    if "domain" not in table:
        raise ConfigError(file=file, key=f"{key}.domain", reason="is missing", mend='domain = "example.com"')
    domain = _domain(table["domain"], f"{key}.domain", file)
    texts = {field: _text(table, field, f"{key}.{field}", file) for field in ("id", "name", "country")}
    lists = {field: _strings(table, field, f"{key}.{field}", file) for field in _LISTS}
    own = tuple(_domain(v, f"{key}.own_domains[{i}]", file) for i, v in enumerate(lists["own_domains"]))
    return Outlet(
        id=texts["id"] or domain,
        name=texts["name"] or domain,
        domain=domain,
        own_domains=tuple(dict.fromkeys(d for d in own if d != domain)),
        labels=lists["labels"],
        country=texts["country"],
        languages=lists["languages"],
    )


def _known(file: Path, key: str, table: dict[str, Any], keys: tuple[str, ...]) -> None:
    for wrong in table.keys() - set(keys):
        near = get_close_matches(wrong, keys, 1)
        mend = f"did you mean {near[0]!r}?" if near else "known: " + ", ".join(keys)
        raise ConfigError(file=str(file), key=f"{key}.{wrong}".lstrip("."), reason="there is no such key", mend=mend)


def _domain(value: object, key: str, file: str) -> str:
    if not isinstance(value, str):
        raise ConfigError(file=file, key=key, value=value, reason="a domain is a text", mend='as in "spiegel.de"')
    try:
        host = names.parse(value)
    except InvalidName as error:
        raise ConfigError(file=file, key=key, value=value, reason=str(error), mend='as in "spiegel.de"') from None
    if names.registrable(host) is None:
        raise ConfigError(
            file=file,
            key=key,
            value=value,
            reason="is a public suffix or has no known one, so nobody can own it",
            mend="write the registered name, as in spiegel.de",
        )
    return host


def _text(table: dict[str, Any], field: str, key: str, file: str) -> str | None:
    value = table.get(field)
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(file=file, key=key, value=value, reason="must be a text that is not empty")
    return value.strip()


def _strings(table: dict[str, Any], field: str, key: str, file: str) -> tuple[str, ...]:
    value = table.get(field, [])
    if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
        raise ConfigError(file=file, key=key, value=value, reason="must be a list of texts", mend=f'{field} = ["..."]')
    return tuple(v.strip() for v in value)


def _unique(file: Path, outlets: tuple[Outlet, ...]) -> None:
    seen: dict[str, int] = {}
    owners: dict[str, int] = {}
    for i, outlet in enumerate(outlets):
        if outlet.id in seen:
            raise ConfigError(
                file=str(file), key=f"outlet[{i}].id", value=outlet.id, reason=f"outlet[{seen[outlet.id]}] has this id"
            )
        seen[outlet.id] = i
        for domain in outlet.confirmed_domains:
            if domain in owners:
                raise ConfigError(
                    file=str(file),
                    key=f"outlet[{i}].own_domains",
                    value=domain,
                    reason=f"outlet[{owners[domain]}] lists this domain as its own",
                )
            owners[domain] = i
