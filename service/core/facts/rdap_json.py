"""RDAP answers (RFC 9083): JSON bytes from a registry in, a ``Registration`` out.

Only what the service needs is read, along fixed paths; everything personal stays behind. Servers are third parties, so
size and depth are bounded before anything is decoded.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from service.core.facts.registration import Registration, RegistrationStatus
from service.core.facts.registry_terms import (
    DATE_NOT_PUBLISHED,
    credible,
    epp_codes,
    host_names,
    mailbox,
    short_text,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST = 256 * 1024
"""Bytes of one answer that are read; the largest honest ones measured are below 40 KB."""

DEEPEST = 40
"""Levels of nesting; honest answers with their contact cards have fewer than ten."""

_MOST_ITEMS = 100
_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|([\[{])|([\]}])', re.DOTALL)


class UnreadableAnswer(ValueError):
    """Bytes that are not the answer of an RDAP server; the message says why."""


def decode(body: bytes) -> dict[str, Any]:
    """The JSON object in an answer, or UnreadableAnswer."""
    if len(body) > LARGEST:
        raise UnreadableAnswer(f"longer than {LARGEST} bytes")
    if _depth(body) > DEEPEST:
        raise UnreadableAnswer(f"nested more than {DEEPEST} levels deep")
    try:
        document = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UnreadableAnswer("not JSON") from error
    if not isinstance(document, dict):
        raise UnreadableAnswer("not a JSON object")
    return document


def read_domain(document: dict[str, Any], domain: str, server: str, asked_at: datetime) -> Registration:
    """What a registry says of ``domain``. An answer about anything else is a server error, never a fact."""
    if not _is_about(document, domain):
        return Registration(
            domain=domain,
            status=RegistrationStatus.SERVER_ERROR,
            source="rdap",
            server=server,
            asked_at=asked_at,
            detail="the answer is not about this name",
        )
    events = dict(_events(document))
    created = _began(events, asked_at)
    registrar = next(_entities(document, "registrar"), {})
    return Registration(
        domain=domain,
        status=_status(domain, created),
        source="rdap",
        server=server,
        asked_at=asked_at,
        created_at=created,
        updated_at=credible(events.get("last changed"), asked_at),
        expires_at=events.get("expiration"),
        registrar=_registrar_name(registrar),
        abuse_contact=_abuse_contact(registrar, document),
        nameservers=host_names(_strings(_objects(document.get("nameservers")), "ldhName")),
        epp=epp_codes(item for item in _list(document.get("status")) if isinstance(item, str)),
    )


def _status(domain: str, created: datetime | None) -> RegistrationStatus:
    if created is not None:
        return RegistrationStatus.FOUND_DATE
    kept_back = domain.rpartition(".")[2] in DATE_NOT_PUBLISHED
    return RegistrationStatus.NOT_PUBLISHED if kept_back else RegistrationStatus.FOUND_NO_DATE


def _depth(body: bytes) -> int:
    """Greatest nesting outside strings; one pass, and an unterminated string reaches to the end."""
    depth = deepest = 0
    for found in _BRACKETS.finditer(body):
        if found.group(1):
            depth += 1
            deepest = max(deepest, depth)
        elif found.group(2):
            depth -= 1
    return deepest


def _is_about(document: dict[str, Any], domain: str) -> bool:
    name = document.get("ldhName")
    if isinstance(name, str):
        return name.lower().rstrip(".") == domain
    # Some servers leave the ASCII form out; then at least the kind of object has to fit.
    return document.get("objectClassName") == "domain"


def _events(document: dict[str, Any]) -> Iterator[tuple[str, datetime]]:
    """Events by action; the first of several equal ones stands, so they come in reverse."""
    for event in reversed(list(_objects(document.get("events")))):
        action, date = event.get("eventAction"), event.get("eventDate")
        if isinstance(action, str) and isinstance(date, str):
            moment = _moment(date)
            if moment is not None:
                yield action.lower(), moment


def _began(events: dict[str, datetime], asked_at: datetime) -> datetime | None:
    """When the present registration began: a later registration anew counts (RFC 9083 section 10.2.3)."""
    actions = ("registration", "reregistration", "reinstantiation")
    dates = (credible(events.get(action), asked_at) for action in actions)
    return max((date for date in dates if date is not None), default=None)


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.strip()[:40])
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _registrar_name(registrar: dict[str, Any]) -> str | None:
    name = next(_card_values(registrar, "fn"), "") or next(_card_values(registrar, "org"), "")
    handle = registrar.get("handle")
    return short_text(name or (handle if isinstance(handle, str) else ""))


def _abuse_contact(registrar: dict[str, Any], document: dict[str, Any]) -> str | None:
    """The abuse address that the registrar publishes, below itself or at the top of the answer."""
    for holder in (registrar, document):
        for entity in _entities(holder, "abuse"):
            for text in _card_values(entity, "email"):
                if (address := mailbox(text)) is not None:
                    return address
    return None


def _entities(holder: dict[str, Any], role: str) -> Iterator[dict[str, Any]]:
    return (entity for entity in _objects(holder.get("entities")) if role in _list(entity.get("roles")))


def _card_values(entity: dict[str, Any], kind: str) -> Iterator[str]:
    """Values of one property of a contact card (jCard, RFC 7095: name, parameters, type, value)."""
    card = _list(entity.get("vcardArray"))
    rows = _list(card[1]) if len(card) > 1 else []
    for row in rows:
        match row:
            case [str(name), _, _, str(value), *_] if name.lower() == kind:
                yield value


def _strings(objects: Iterator[dict[str, Any]], key: str) -> Iterator[str]:
    return (value for item in objects if isinstance(value := item.get(key), str))


def _objects(value: object) -> Iterator[dict[str, Any]]:
    return (item for item in _list(value) if isinstance(item, dict))


def _list(value: object) -> list[Any]:
    return value[:_MOST_ITEMS] if isinstance(value, list) else []
