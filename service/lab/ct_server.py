"""The lab's certificate transparency logs over HTTP, with the list of logs; each can be told to misbehave.

``/log_list.json`` names every log. A static log serves ``checkpoint`` and ``tile/...`` below its name
(c2sp.org/static-ct-api), the other kind ``ct/v1/...`` (RFC 6962 4). Connections are kept, as real servers keep them.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from cryptography.hazmat.primitives.asymmetric import ec

from service.core.facts import merkle
from service.lab.ct_log import CtLog, logged
from service.lab.exchange import BadRequest, Request, read_request, render, text_reply
from service.lab.loopback import Listener
from service.lab.world import Certificate, Reply

if TYPE_CHECKING:
    from service.lab.authority import Authority
    from service.lab.world import World

STATIC, OLDER = "static", "rfc6962"
_TILE = re.compile(r"tile/(data|names|[0-5])/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([0-9]{1,3}))?\Z")
_SECONDS_A_CONNECTION = 600.0


@dataclass(kw_only=True)
class Behaviour:
    """How a log serves, which may be changed at any time; the default is well.

    ``names_tiles``: offers them. ``most``: entries in an answer to get-entries. ``frozen``: a checkpoint or tree head
    that is served whatever the log has become. ``size``: the size that is signed instead of the true one. ``missing``:
    tiles (by number) or first entries that are answered 404. ``refuses``: a status (429, 503) for everything, with
    ``retry_after``. ``wrong_key`` signs heads with another key. ``instead``: the log that is served in place of this
    one, as a log that forks does. ``final_size`` makes the log read-only in the list. ``delay`` in seconds.
    """

    names_tiles: bool = True
    most: int = 100
    frozen: str | None = None
    size: int | None = None
    missing: set[int] = field(default_factory=set)
    refuses: int | None = None
    retry_after: str | None = None
    wrong_key: bool = False
    instead: CtLog | None = None
    final_size: int | None = None
    delay: float = 0.0


class CtServer:
    """Serves logs by name. ``requests`` are the paths that were asked for, in order."""

    def __init__(self, authority: Authority, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.logs: dict[str, CtLog] = {}
        self.behaviour: dict[str, Behaviour] = {}
        self.requests: list[str] = []
        self.authority, self._clock = authority, clock
        self._logged: set[tuple[str, ...]] = set()
        self._listener = Listener(self._converse, seconds=_SECONDS_A_CONNECTION)
        self._place = ""

    def listen_on(self, address: str, port: int = 0) -> int:
        """Listen on a loopback address with an empty log of each kind; gives back the port."""
        port = self._listener.open(address, port)
        self._place = f"{address}:{port}"
        for name, static in ((STATIC, True), (OLDER, False)):
            self.logs[name] = CtLog(f"{self._place}/{name}", static=static)
            self.behaviour[name] = Behaviour()
        return port

    async def close(self) -> None:
        """Stop answering."""
        await self._listener.close()

    @property
    def log_list_url(self) -> str:
        """Where the list of logs is."""
        return f"http://{self._place}/log_list.json"

    def show(self, world: World) -> None:
        """Log the certificates of every host that shows a trusted one and has none in the logs yet, in both logs."""
        for host in world.hosts.values():
            names = host.certificate_names or (host.host,)
            if host.certificate is Certificate.TRUSTED and names not in self._logged:
                self._logged.add(names)
                self.issue(names)

    def issue(self, names: tuple[str, ...], *logs: str) -> None:
        """Have a certificate issued for ``names`` and put into ``logs`` (default: all), precertificate first."""
        entries = logged(self.authority, names, self._clock())
        for log in logs or self.logs:
            self.logs[log].add(entries)

    def log_list(self) -> dict[str, Any]:
        """The list of logs, version 3."""
        operator: dict[str, Any] = {"name": "Lab", "email": ["ct@lab.example"], "logs": [], "tiled_logs": []}
        for name, log in self.logs.items():
            url = f"http://{self._place}/{name}/"
            place = {"submission_url": url, "monitoring_url": url} if log.static else {"url": url}
            operator["tiled_logs" if log.static else "logs"].append(
                {
                    "description": f"Lab '{name}' log",
                    "log_id": base64.b64encode(log.log_id).decode(),
                    "key": base64.b64encode(log.key).decode(),
                    "mmd": 60 if log.static else 86_400,
                    **place,
                    **self._state(name),
                }
            )
        at = self._clock()
        return {"version": "1.0", "log_list_timestamp": at.isoformat(), "operators": [operator]}

    def _state(self, name: str) -> dict[str, Any]:
        now, final = self._clock(), self.behaviour[name].final_size
        interval = {
            "start_inclusive": (now - timedelta(days=30)).isoformat(),
            "end_exclusive": (now + timedelta(days=365)).isoformat(),
        }
        state: dict[str, Any] = {"timestamp": now.isoformat()}
        if final is not None:
            root = base64.b64encode(self.logs[name].root(final)).decode()
            state["final_tree_head"] = {"tree_size": final, "sha256_root_hash": root}
        return {"state": {"usable" if final is None else "readonly": state}, "temporal_interval": interval}

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                request = await read_request(reader, body_limit=0)
            except BadRequest as refusal:
                writer.write(render(text_reply(refusal.status, str(refusal))))
                return
            if request is None:
                return
            reply = await self._answer(request)
            kept = Reply(status=reply.status, body=reply.body, headers=(*reply.headers, ("Connection", "keep-alive")))
            writer.write(render(kept))
            await writer.drain()

    async def _answer(self, request: Request) -> Reply:
        self.requests.append(f"{request.path}?{request.query}" if request.query else request.path)
        if request.path == "/log_list.json":
            return _json(self.log_list())
        name, _, path = request.path.lstrip("/").partition("/")
        log = self.logs.get(name)
        if log is None:
            return text_reply(HTTPStatus.NOT_FOUND, "there is no such log")
        how = self.behaviour[name]
        if how.delay:
            await asyncio.sleep(how.delay)
        if how.refuses is not None:
            headers = (("Retry-After", how.retry_after),) if how.retry_after else ()
            return Reply(status=how.refuses, headers=headers)
        found = _served(how.instead or log, how, path, parse_qs(request.query), self._clock())
        return found or text_reply(HTTPStatus.NOT_FOUND, "there is nothing here")


def _served(log: CtLog, how: Behaviour, path: str, query: dict[str, list[str]], now: datetime) -> Reply | None:
    """What a log answers; None where there is nothing."""
    if path in ("checkpoint", "ct/v1/get-sth"):
        return _head(log, how, now) if (path == "checkpoint") is log.static else None
    tile = _TILE.match(path)
    if log.static:
        return None if tile is None else _tile(log, how, tile)
    return _older(log, how, path, query)


def _older(log: CtLog, how: Behaviour, path: str, query: dict[str, list[str]]) -> Reply | None:
    """The methods of RFC 6962 that have parameters."""
    try:
        if path == "ct/v1/get-entries":
            return _get_entries(log, how, int(query["start"][0]), int(query["end"][0]))
        if path == "ct/v1/get-sth-consistency":
            proof = log.proof(int(query["first"][0]), int(query["second"][0]))
            return _json({"consistency": [base64.b64encode(node).decode() for node in proof]})
    except (KeyError, ValueError, IndexError):
        return text_reply(HTTPStatus.BAD_REQUEST, "the parameters are wrong")
    return None


def _head(log: CtLog, how: Behaviour, now: datetime) -> Reply:
    if how.frozen is not None:
        return text_reply(HTTPStatus.OK, how.frozen.rstrip("\n"))
    if how.wrong_key:
        log = _resigned(log)
    size = log.size if how.size is None else how.size
    text = log.checkpoint(size, now) if log.static else log.sth(size, now)
    return text_reply(HTTPStatus.OK, text.rstrip("\n"))


def _resigned(log: CtLog) -> CtLog:
    """The same entries under a key that is not the log's, whose signature claims to be by the log's."""
    other = CtLog(log.origin, static=log.static, key=ec.generate_private_key(ec.SECP256R1()))
    other.add(log.entries)
    other.log_id = log.log_id
    return other


def _tile(log: CtLog, how: Behaviour, found: re.Match[str]) -> Reply | None:
    kind, digits, partial = found.groups()
    number = int(digits.replace("x", "").replace("/", ""))
    width = int(partial) if partial else merkle.TILE_WIDTH
    if kind not in ("data", "names"):
        body = log.hash_tile(int(kind), number, width)
        return None if body is None else _octets(body)
    if number in how.missing or (kind == "names" and not how.names_tiles):
        return None
    body = log.names_tile(number, width) if kind == "names" else log.data_tile(number, width)
    return None if body is None else _octets(gzip.compress(body, 1), ("Content-Encoding", "gzip"))


def _get_entries(log: CtLog, how: Behaviour, start: int, end: int) -> Reply | None:
    if start in how.missing:
        return None
    places = range(start, min(end + 1, start + how.most, log.size))
    if start < 0 or not places:
        return text_reply(HTTPStatus.BAD_REQUEST, "there are no such entries")
    encoded = base64.b64encode
    found = [
        {"leaf_input": encoded(log.leaf(place)).decode(), "extra_data": encoded(log.extra_data(place)).decode()}
        for place in places
    ]
    return _json({"entries": found})


def _json(value: object) -> Reply:
    return Reply(body=json.dumps(value).encode(), headers=(("Content-Type", "application/json"),))


def _octets(body: bytes, *more: tuple[str, str]) -> Reply:
    return Reply(body=body, headers=(("Content-Type", "application/octet-stream"), *more))
