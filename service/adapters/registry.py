"""Registration data: RDAP where the suffix has it, WHOIS where it has not, and a short memory over both."""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from service.core.facts.registration import Registration, RegistrationStatus

if TYPE_CHECKING:
    from service.adapters.rdap import Rdap
    from service.adapters.whois import Whois

ANSWER_SECONDS = 900.0
"""How long an answer is good for who asks without haste: it spares the questions for further hosts of one name."""

PRESSING_SECONDS = 5.0
"""How long it is good where something has happened (new name servers, a block): an older answer would hide just that.
Hosts of one name that are looked at side by side share one question."""

FAILURE_SECONDS = 60.0
"""How long a failure is kept; a server that wants more patience gets it from its pace."""

_MOST_ANSWERS = 10_000
_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})+")
_FAILURES = (RegistrationStatus.SERVER_ERROR, RegistrationStatus.RATE_LIMITED)


class RegistryClient:
    """Asks RDAP first.

    ``answer_seconds``, ``failure_seconds`` and ``pressing_seconds``: how long answers are good, in the caller's time.
    """

    def __init__(
        self,
        rdap: Rdap,
        whois: Whois,
        *,
        answer_seconds: float = ANSWER_SECONDS,
        failure_seconds: float = FAILURE_SECONDS,
        pressing_seconds: float = PRESSING_SECONDS,
    ) -> None:
        self._rdap = rdap
        self._whois = whois
        self._answer_for = timedelta(seconds=answer_seconds)
        self._failure_for = timedelta(seconds=failure_seconds)
        self._pressing_for = timedelta(seconds=pressing_seconds)
        self._answers: OrderedDict[str, Registration] = OrderedDict()
        self._asking: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def refresh(self, now: datetime) -> None:
        """Bring the list of RDAP servers up to date where it is due."""
        await self._rdap.refresh(now)

    async def lookup(self, domain: str, now: datetime, *, pressing: bool = False) -> Registration:
        """The registry's answer about a registrable name; two who ask at once share one question.

        A ``pressing`` question goes before others that wait for the server, and takes no answer of before.
        """
        if not _NAME.fullmatch(domain):
            # It would become part of a URL and of a WHOIS line.
            return Registration(
                domain=domain,
                status=RegistrationStatus.UNSUPPORTED,
                source="",
                server="",
                asked_at=now,
                detail="not a host name in A-labels",
            )
        lock = self._asking.setdefault(domain, asyncio.Lock())
        async with lock:
            known = self._answers.get(domain)
            if known is not None and self._is_fresh(known, now, pressing=pressing):
                return known
            answer = await self._rdap.lookup(domain, now, pressing=pressing)
            if answer is None:
                answer = await self._whois.lookup(domain, now, pressing=pressing)
            self._keep(answer)
            return answer

    def _is_fresh(self, known: Registration, now: datetime, *, pressing: bool) -> bool:
        keep = self._failure_for if known.status in _FAILURES else self._answer_for
        keep = min(keep, self._pressing_for) if pressing else keep
        return known.asked_at <= now < known.asked_at + keep

    def _keep(self, answer: Registration) -> None:
        self._answers[answer.domain] = answer
        self._answers.move_to_end(answer.domain)
        if len(self._answers) > _MOST_ANSWERS:
            self._answers.popitem(last=False)
