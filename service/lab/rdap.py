"""The lab's RDAP server and the bootstrap file that leads clients to it.

Answers follow RFC 9083 (objects and errors), RFC 8056 (EPP status codes in RDAP's words) and RFC 9224 (bootstrap). Each
domain has a registrant with personal data in it, so that a client can prove that it drops such data.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import idna

from service.lab import registrant
from service.lab.exchange import Request, exchange
from service.lab.loopback import Listener
from service.lab.world import Channel, Reply

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable

    from service.lab.world import Name, RegistryRecord, World

RETRY_AFTER_SECONDS = 120
"""What a rate-limited name's answer asks for."""

_MEDIA_TYPE = "application/rdap+json"
_CONFORMANCE = ["rdap_level_0", "icann_rdap_response_profile_1"]
_UNPUBLISHED_HERE = (Channel.WHOIS, Channel.NONE)


class RdapServer:
    """Answers ``/domain/NAME`` and ``/help`` from the current world. ``requests`` counts what came in."""

    def __init__(self, world: World) -> None:
        self.requests = 0
        self._world = world
        self._listener = Listener(self._converse)

    def show(self, world: World) -> None:
        """Answer from this world from now on."""
        self._world = world

    def listen_on(self, address: str, port: int = 0) -> int:
        """Listen on a loopback address; gives back the port."""
        return self._listener.open(address, port)

    async def close(self) -> None:
        """Stop answering."""
        await self._listener.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await exchange(reader, writer, self._answer)

    async def _answer(self, request: Request) -> Reply:
        self.requests += 1
        return answer(self._world, request)


def answer(world: World, request: Request) -> Reply:
    """What the registry of this world answers a request."""
    if request.method not in ("GET", "HEAD"):
        return _error(HTTPStatus.METHOD_NOT_ALLOWED, "RDAP is asked with GET and HEAD (RFC 7480 section 4.1)")
    if request.path == "/help":
        return _json(HTTPStatus.OK, {"notices": [{"title": "Help", "description": ["A registry of the lab"]}]})
    kind, _, asked = request.path.lstrip("/").partition("/")
    domain = _ascii(asked) if kind == "domain" else None
    if domain is None:
        return _error(HTTPStatus.BAD_REQUEST, "only /domain/NAME and /help are asked here")
    name = world.names.get(domain)
    record = name.registry if name else None
    if name is None or record is None or record.channel in _UNPUBLISHED_HERE:
        return _error(HTTPStatus.NOT_FOUND, f"{domain} is not in this registry")
    if record.channel is Channel.RATE_LIMITED:
        return _error(HTTPStatus.TOO_MANY_REQUESTS, "too many queries", ("Retry-After", str(RETRY_AFTER_SECONDS)))
    return _json(HTTPStatus.OK, domain_object(name, record, world.now))


def domain_object(name: Name, record: RegistryRecord, now: datetime) -> dict[str, Any]:
    """The RDAP object of a domain (RFC 9083 section 5.3). ``now`` is when the registry's database was updated."""
    domain = name.domain
    return {
        "objectClassName": "domain",
        "handle": f"{domain.replace('.', '-').upper()}-LAB",
        "ldhName": domain,
        **({"unicodeName": _unicode(domain)} if "xn--" in domain else {}),
        "status": [rdap_status(code) for code in record.epp or ("ok",)],
        "events": _events(record, now),
        "nameservers": [{"objectClassName": "nameserver", "ldhName": server} for server in name.nameservers],
        "entities": [_registrar(record), _registrant()],
        "secureDNS": {"delegationSigned": False},
        "links": [{"rel": "self", "type": _MEDIA_TYPE, "href": f"/domain/{quote(domain)}"}],
    }


def rdap_status(epp: str) -> str:
    """An EPP status code in RDAP's words (RFC 8056 section 2): clientHold is ``client hold``, ok is ``active``."""
    return {"ok": "active", "linked": "associated"}.get(epp, re.sub(r"(?=[A-Z])", " ", epp).lower())


def bootstrap(
    base_url: str, suffixes: Iterable[str], *, without: Iterable[str] = (), publication: datetime
) -> dict[str, Any]:
    """A bootstrap registry (RFC 9224 section 3) that leads ``suffixes``, but for those in ``without``, to one server.

    Clients take the longest entry that fits a name: to keep ``co.com`` off RDAP, ``com`` must stay out as well.
    """
    listed = sorted(set(suffixes) - set(without))
    return {
        "description": "RDAP bootstrap file of the lab",
        "publication": _timestamp(publication),
        "services": [[listed, [base_url]]] if listed else [],
        "version": "1.0",
    }


def suffixes_in_use(world: World) -> tuple[frozenset[str], frozenset[str]]:
    """What stands right of the first label of every registered name: all such suffixes, and those not on RDAP."""
    registered = [(name.domain.partition(".")[2], name.registry) for name in world.names.values() if name.registry]
    elsewhere = (suffix for suffix, record in registered if record.channel in _UNPUBLISHED_HERE)
    return frozenset(suffix for suffix, _ in registered), frozenset(elsewhere)


def _events(record: RegistryRecord, now: datetime) -> list[dict[str, str]]:
    created = None if record.channel is Channel.NOT_PUBLISHED else record.created_at
    events = (
        ("registration", created),
        ("last changed", record.updated_at),
        ("expiration", record.expires_at),
        ("last update of RDAP database", now),
    )
    return [{"eventAction": action, "eventDate": _timestamp(at)} for action, at in events if at is not None]


def _registrar(record: RegistryRecord) -> dict[str, Any]:
    abuse = {
        "objectClassName": "entity",
        "roles": ["abuse"],
        "vcardArray": _vcard("Abuse Desk", ["email", {}, "text", record.abuse_contact]),
    }
    return {
        "objectClassName": "entity",
        "handle": "9999",
        "roles": ["registrar"],
        "publicIds": [{"type": "IANA Registrar ID", "identifier": "9999"}],
        "vcardArray": _vcard(record.registrar),
        "entities": [abuse],
    }


def _registrant() -> dict[str, Any]:
    return {
        "objectClassName": "entity",
        "handle": "LAB-REGISTRANT-1",
        "roles": ["registrant", "administrative"],
        "vcardArray": _vcard(
            registrant.NAME,
            [
                "adr",
                {},
                "text",
                ["", "", registrant.STREET, registrant.CITY, "", registrant.POSTAL_CODE, registrant.COUNTRY],
            ],
            ["email", {}, "text", registrant.EMAIL],
            ["tel", {"type": "voice"}, "uri", f"tel:{registrant.PHONE}"],
        ),
    }


def _vcard(full_name: str, *properties: list[Any]) -> list[Any]:
    """A jCard (RFC 7095)."""
    return ["vcard", [["version", {}, "text", "4.0"], ["fn", {}, "text", full_name], *properties]]


def _json(status: int, body: dict[str, Any], *headers: tuple[str, str]) -> Reply:
    text = json.dumps({"rdapConformance": _CONFORMANCE, "lang": "en", **body})
    return Reply(status=status, body=text.encode(), headers=(("Content-Type", _MEDIA_TYPE), *headers))


def _error(status: HTTPStatus, description: str, *headers: tuple[str, str]) -> Reply:
    """An error object (RFC 9083 section 6)."""
    return _json(status, {"errorCode": int(status), "title": status.phrase, "description": [description]}, *headers)


def _timestamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _ascii(asked: str) -> str | None:
    """The A-labels of a name as asked, Unicode allowed (RFC 9082 section 3.1.3); None where it is no name."""
    asked = asked.rstrip(".").lower()
    if asked.isascii():
        return asked if asked and "/" not in asked else None
    try:
        return idna.encode(asked, uts46=True).decode("ascii")
    except idna.IDNAError:
        return None


def _unicode(domain: str) -> str:
    try:
        return str(idna.decode(domain))
    except idna.IDNAError:
        return domain
