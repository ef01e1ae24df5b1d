"""Every format by its name: who writes it, what it is called on the way, and what it holds. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from service.core.exports import lists, misp, stix, tables
from service.core.exports.context import Context
from service.core.exports.entry import Entry

Writer = Callable[[Iterable[Entry], Context], Iterator[str]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Format:
    """``blocking``: something blocks by it, so it holds confirmed names only."""

    name: str
    write: Writer
    media_type: str
    suffix: str
    summary: str
    blocking: bool = False


_ALL = (
    Format(
        name="csv",
        write=tables.csv_table,
        media_type="text/csv",
        suffix="csv",
        summary="all that is or was flagged, for spreadsheets; names defanged, no cell a formula",
    ),
    Format(
        name="ndjson",
        write=tables.ndjson,
        media_type="application/x-ndjson",
        suffix="ndjson",
        summary="all that is or was flagged, an object a line",
    ),
    Format(
        name="domains",
        write=lists.domains,
        media_type="text/plain",
        suffix="txt",
        summary="confirmed names, one a line",
        blocking=True,
    ),
    Format(
        name="hosts",
        write=lists.hosts,
        media_type="text/plain",
        suffix="hosts",
        summary="a hosts file of confirmed names",
        blocking=True,
    ),
    Format(
        name="adblock",
        write=lists.adblock,
        media_type="text/plain",
        suffix="txt",
        summary="filters for ad blockers",
        blocking=True,
    ),
    Format(
        name="rpz",
        write=lists.rpz,
        media_type="text/dns",
        suffix="zone",
        summary="a response policy zone, whose serial only grows",
        blocking=True,
    ),
    Format(
        name="unbound",
        write=lists.unbound,
        media_type="text/plain",
        suffix="conf",
        summary="local zones for Unbound",
        blocking=True,
    ),
    Format(
        name="stix",
        write=stix.bundle,
        media_type="application/stix+json;version=2.1",
        suffix="json",
        summary="a STIX 2.1 bundle; withdrawn entries are revoked",
    ),
    Format(
        name="misp",
        write=misp.events,
        media_type="application/json",
        suffix="json",
        summary="MISP events, one an outlet",
    ),
)

FORMATS: Mapping[str, Format] = {one.name: one for one in _ALL}
