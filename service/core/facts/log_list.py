"""The list of certificate transparency logs, version 3 (www.gstatic.com/ct/log_list/v3/log_list_schema.json).

What decides about following a log: its state, and the interval in which the certificates expire that it takes
(``temporal_interval``). A shard takes certificates until its interval ends, then it never grows again; one that begins
later takes them already. A read-only log is read to its final tree head and then left alone.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

FOLLOWED_STATES = frozenset({"qualified", "usable", "readonly"})
"""Logs in these states are followed: pending ones are not in use yet, retired and rejected ones not any more."""


class BadLogList(Exception):
    """What should be a list of logs is none; the message says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CtLog:
    """One log. ``url`` is where it is read, with a slash at the end; ``static`` tells the two protocols apart.

    ``key`` is DER, ``mmd`` the longest time until an entry appears. ``final_size``: entries of a read-only log.
    ``expiring_until``: certificates that expire later are in other shards.
    """

    id: str
    name: str
    operator: str
    log_id: bytes
    key: bytes
    url: str
    static: bool
    mmd: timedelta
    state: str
    final_size: int | None = None
    expiring_until: datetime | None = None

    def followed(self, now: datetime) -> bool:
        """Whether it may still bring something new."""
        ended = self.expiring_until is not None and self.expiring_until <= now
        return self.state in FOLLOWED_STATES and not ended


def read_log_list(text: str) -> tuple[CtLog, ...]:
    """Every log in the list that can be read with what it says; BadLogList where it is no list with at least one.

    An entry that lacks what is needed is left out: lists grow fields and kinds of logs.
    """
    try:
        given = json.loads(text)
        operators = given["operators"]
        logs = tuple(log for operator in operators for log in _logs_of(operator))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadLogList("it is not JSON with operators, as version 3 of the list has them") from None
    if not logs:
        raise BadLogList("there is no log in it")
    return tuple({log.id: log for log in logs}.values())


def _logs_of(operator: Mapping[str, Any]) -> Iterator[CtLog]:
    name = str(operator.get("name", ""))
    for kind, static in (("logs", False), ("tiled_logs", True)):
        for given in operator.get(kind, ()):
            log = _log(given, name, static=static)
            if log is not None:
                yield log


def _log(given: Mapping[str, Any], operator: str, *, static: bool) -> CtLog | None:
    try:
        url = str(given["monitoring_url" if static else "url"])
        key = base64.b64decode(given["key"], validate=True)
        state, details = next(iter(given["state"].items())) if given.get("state") else ("usable", {})
        interval = given.get("temporal_interval") or {}
        final = (details or {}).get("final_tree_head") or {}
        if urlsplit(url).scheme not in ("http", "https"):
            return None
        log_id = sha256(key).digest()  # RFC 6962 3.2; what the list calls log_id is the same
        return CtLog(
            id=_slug(url),
            name=str(given.get("description", url)),
            operator=operator,
            log_id=log_id,
            key=key,
            url=url.rstrip("/") + "/",
            static=static,
            mmd=timedelta(seconds=int(given.get("mmd", 86_400))),
            state=str(state),
            final_size=int(final["tree_size"]) if "tree_size" in final else None,
            expiring_until=_time(interval["end_exclusive"]) if "end_exclusive" in interval else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, binascii.Error):
        return None


def _time(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("a time without a zone")
    return found


def _slug(url: str) -> str:
    """A log's name in states and metrics: the address that it is read at, which is unique and stays."""
    parts = urlsplit(url)
    return re.sub(r"[^a-z0-9.]+", "-", f"{parts.netloc}{parts.path}".lower()).strip("-")[:100]
