"""WHOIS answers (RFC 3912: free text) into a ``Registration`` with an explicit status.

A library reads the fields that it knows of hundreds of formats; it cannot tell a name that is free from a server that
refuses to answer. That is read here, from the raw text, and a claim of absence needs the registry's own words for it.
Registrants' names, addresses and telephone numbers are never looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from service.core.facts.registration import Registration, RegistrationStatus
from service.core.facts.registry_dates import parse_registry_date
from service.core.facts.registry_terms import (
    DATE_NOT_PUBLISHED,
    credible,
    epp_codes,
    host_names,
    mailbox,
    short_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

LARGEST = 64 * 1024
"""Bytes of one answer that are read."""

LONGEST_LINE = 500
"""Characters of one line that are read: patterns that look for mail addresses cost the square of a line's length."""

_MOST_LINES = 1_500
_CREATED = frozenset(
    {
        "activated", "assigned", "created", "created date", "created on", "creation date", "domain created",
        "domain name commencement date", "domain record activated", "domain registered", "domain registration date",
        "first registration date", "record created", "register date", "registered", "registered date",
        "registered on", "registration", "registration date", "registration time", "登録年月日",
    }
)  # fmt: skip
_UPDATED = frozenset({"changed", "last modified", "last update", "last updated", "modified", "updated", "updated date"})
_EXPIRES = frozenset({"expires", "expires on", "expiration date", "expiry date", "paid till", "registry expiry date"})
_NAMESERVERS = frozenset({"name server", "name servers", "nameserver", "nameservers", "nserver"})
_ABUSE = frozenset({"abuse email", "registrar abuse contact email"})
_STATUS = frozenset({"domain status", "state", "status"})

_LIMITED = re.compile(
    r"(?:limit|quota)s? (?:has been |is |was )?(?:exceeded|reached)|exceeded (?:the|your|its) "
    r"|too many (?:requests|queries|conn)|whois limit|access (?:control limit|denied|temporarily)"
    r"|blacklisted|temporarily (?:blocked|banned|denied|unable)"
    r"|query rate|try again later|excessive quer(?:y|ies) (?:detected|from)",
    re.IGNORECASE,
)
_FREE = re.compile(
    r"^\W*(?:error:?\s*)?(?:\d{1,5}:\s*)?(?:"
    r"no (?:match|(?:entries |data |object |records? )?found|such domain|information available)"
    r"|nothing found|not found|not registered|data not found|object (?:does not exist|not found)"
    r"|the (?:queried object does not exist|requested domain was not found|domain has not been registered)"
    r"|domain (?:name )?(?:\S{1,255} )?(?:was |is |has |does )?"
    r"(?:not (?:been )?(?:found|registered|exist)|available for)"
    r"|[\w-]{1,63}(?:\.[\w-]{1,63})+\W{0,2} "
    r"(?:is (?:free|available)|- no match|does not exist|not found|is not registered)"
    r"|(?:domain )?status:\s*(?:free|available|not registered)\s*$)",
    re.IGNORECASE,
)
_NO_SERVER = re.compile(r"^\W*(?:no whois server|this tld has no whois server)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What an answer says of a name, whoever read it."""

    created: datetime | None
    updated: datetime | None
    expires: datetime | None
    registrar: str | None
    abuse_contact: str | None
    nameservers: tuple[str, ...]
    epp: tuple[str, ...]

    @property
    def any(self) -> bool:
        return bool(self.created or self.expires or self.registrar or self.nameservers)


def bounded_text(body: bytes) -> str:
    """Bytes of a server as text that is safe to search: bounded in size and lines, without control characters."""
    cut = body[:LARGEST]
    try:
        text = cut.decode("utf-8")
    except UnicodeDecodeError:
        text = cut.decode("latin-1")
    lines = re.split(r"\r\n|\r|\n", text)[:_MOST_LINES]
    return "\n".join("".join(c for c in line[:LONGEST_LINE] if c.isprintable() or c == "\t") for line in lines)


def read_whois(text: str, fields: Mapping[str, object], domain: str, server: str, asked_at: datetime) -> Registration:
    """A registry's text, bounded, and the ``fields`` that a library found in it (empty where it gave up)."""
    lines = [line for line in text.split("\n") if line.strip()]
    facts = _facts(lines, fields, domain, asked_at)
    status, detail = _status(lines, facts, domain)
    return Registration(
        domain=domain,
        status=status,
        source="whois",
        server=server,
        asked_at=asked_at,
        created_at=facts.created,
        updated_at=facts.updated,
        expires_at=facts.expires,
        registrar=facts.registrar,
        abuse_contact=facts.abuse_contact,
        nameservers=facts.nameservers,
        epp=facts.epp,
        detail=detail,
    )


def _status(lines: list[str], facts: _Facts, domain: str) -> tuple[RegistrationStatus, str]:
    if facts.created is not None:
        return RegistrationStatus.FOUND_DATE, ""
    if facts.any:
        return _undated(domain), ""
    # Only where no fact stands: registrants write some lines themselves, and terms of use speak of limits too.
    for pattern, status in (
        (_LIMITED, RegistrationStatus.RATE_LIMITED),
        (_NO_SERVER, RegistrationStatus.UNSUPPORTED),
        (_FREE, RegistrationStatus.NOT_FOUND),
    ):
        line = next((line for line in lines if pattern.search(line)), None)
        if line is not None:
            return status, short_text(line) or ""
    if _names_the_domain(lines, domain):
        return _undated(domain), ""
    return (
        RegistrationStatus.SERVER_ERROR,
        "an answer that says neither registered nor free" if lines else "an empty answer",
    )


def _undated(domain: str) -> RegistrationStatus:
    kept_back = domain.rpartition(".")[2] in DATE_NOT_PUBLISHED
    return RegistrationStatus.NOT_PUBLISHED if kept_back else RegistrationStatus.FOUND_NO_DATE


def _names_the_domain(lines: list[str], domain: str) -> bool:
    pairs = [pair for pair in map(_labelled, lines) if pair is not None]
    named = any(label in ("domain", "domain name") and value.lower() == domain for label, value in pairs)
    return named and any(label in _STATUS for label, _ in pairs)


def _facts(lines: list[str], fields: Mapping[str, object], domain: str, asked_at: datetime) -> _Facts:
    pairs = [pair for pair in map(_labelled, lines) if pair is not None]
    registrar = next(_texts(fields.get("registrar")), "") or next(_values(pairs, {"registrar", "registrar name"}), "")
    servers = [*_texts(fields.get("name_servers")), *_values(pairs, _NAMESERVERS)]
    return _Facts(
        created=_date(pairs, _CREATED, fields.get("creation_date"), asked_at),
        updated=_date(pairs, _UPDATED, fields.get("updated_date"), asked_at),
        expires=next(_dates(pairs, _EXPIRES, fields.get("expiration_date")), None),
        registrar=short_text(registrar),
        abuse_contact=next((m for text in _values(pairs, _ABUSE) if (m := mailbox(text)) is not None), None),
        nameservers=tuple(name for name in host_names(servers) if name != domain),
        epp=epp_codes([*_texts(fields.get("status")), *_values(pairs, _STATUS)]),
    )


def _date(pairs: list[tuple[str, str]], labels: Iterable[str], field: object, asked_at: datetime) -> datetime | None:
    """The first credible date; registries put the domain's own block before those of its contacts."""
    return next((date for found in _dates(pairs, labels, field) if (date := credible(found, asked_at))), None)


def _dates(pairs: list[tuple[str, str]], labels: Iterable[str], field: object) -> Iterator[datetime]:
    for text in _values(pairs, labels):
        if (date := parse_registry_date(text)) is not None:
            yield date
    moments = [item for item in (field if isinstance(field, list) else [field]) if isinstance(item, datetime)]
    yield from sorted(m.replace(tzinfo=UTC) if m.tzinfo is None else m.astimezone(UTC) for m in moments)


def _labelled(line: str) -> tuple[str, str] | None:
    """``Label....: value`` or ``[Label] value`` as (label in plain lower case, value)."""
    bare = line.strip()
    if bare.startswith("["):
        label, found, value = bare[1:].partition("]")
    else:
        label, found, value = bare.partition(":")
    if not found:
        return None
    return " ".join(re.split(r"[\s._-]+", label)).strip().lower(), value.lstrip(" \t:.").rstrip()


def _values(pairs: list[tuple[str, str]], labels: Iterable[str]) -> Iterator[str]:
    return (value for label, value in pairs if label in labels and value)


def _texts(field: object) -> Iterator[str]:
    return (item for item in (field if isinstance(field, list) else [field]) if isinstance(item, str))
