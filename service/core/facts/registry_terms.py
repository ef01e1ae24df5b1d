"""What registries' words mean, whichever protocol carried them: status codes, credible dates, plain short texts."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

EPP_CODES = (
    "addPeriod", "autoRenewPeriod", "clientDeleteProhibited", "clientHold", "clientRenewProhibited",
    "clientTransferProhibited", "clientUpdateProhibited", "inactive", "ok", "pendingCreate", "pendingDelete",
    "pendingRenew", "pendingRestore", "pendingTransfer", "pendingUpdate", "redemptionPeriod", "renewPeriod",
    "serverDeleteProhibited", "serverHold", "serverRenewProhibited", "serverTransferProhibited",
    "serverUpdateProhibited", "transferPeriod",
)  # fmt: skip
"""Status codes of a domain: RFC 5731 section 2.3 and RFC 3915 section 3.1."""

DATE_NOT_PUBLISHED = frozenset({"at", "be", "bg", "ch", "de", "es", "eu", "gr", "li", "nl"})
"""Top-level domains whose registries keep registration dates back from some or all who ask (their WHOIS policies)."""

_BY_WORD = {code.lower(): code for code in EPP_CODES} | {"active": "ok"}  # RFC 8056 section 2: RDAP says active
_OLDEST = datetime(1985, 1, 1, tzinfo=UTC)
_CLOCK_SLIP = timedelta(days=1)
_MAILBOX = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_HOST = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63}){1,9}")
_MOST_HOSTS = 32
_LONGEST = 200


def epp_codes(words: Iterable[str]) -> tuple[str, ...]:
    """Status codes among registries' words (``client hold``, ``clientHold https://...``), sorted; no other words."""
    codes = set()
    for text in words:
        # WHOIS puts the explaining URL behind the code; RDAP writes the code as words (RFC 8056).
        bare = re.sub(r"https?://\S*|\([^)]*\)", "", text[:_LONGEST])
        code = _BY_WORD.get(re.sub(r"[\s_-]", "", bare).lower())
        if code is not None:
            codes.add(code)
    return tuple(sorted(codes))


def credible(date: datetime | None, asked_at: datetime) -> datetime | None:
    """The date, unless it lies before there were domains (1985) or more than a day in the future."""
    if date is None or not _OLDEST <= date <= asked_at + _CLOCK_SLIP:
        return None
    return date


def host_names(texts: Iterable[str]) -> tuple[str, ...]:
    """Host names among texts whose first word should be one, lower-case, sorted, at most 32."""
    found = {words[0].lower().rstrip(".") for text in texts if (words := text[:_LONGEST].split())}
    return tuple(sorted(name for name in found if _HOST.fullmatch(name)))[:_MOST_HOSTS]


def mailbox(text: str) -> str | None:
    """A mail address, or None where the text is not one."""
    bare = text.strip().removeprefix("mailto:")
    return bare if _MAILBOX.fullmatch(bare) else None


def short_text(text: str) -> str | None:
    """One printable line of at most 200 characters; None where nothing is left."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: 4 * _LONGEST]).split())[:_LONGEST]
    return line or None
