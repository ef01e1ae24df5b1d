"""Full DNS facts for one host, from several vantages, and whether each vantage is to be believed.

A vantage is believed while the names that are known to exist do, and a random name does not. A failing vantage admits
nothing and counts towards no absence: its answer is ``VANTAGE_FAILED``, whatever it said.
"""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from service.adapters.dns_answers import addresses_in_order, read_answers
from service.adapters.dns_exchange import Answer, Conversation, Upstreams
from service.adapters.upstreams import parse_upstreams, show
from service.core.errors import InvalidInput
from service.core.facts.dns import DnsAnswers, DnsFacts, DnsStatus, VantageHealth

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_ABSENCE_SECONDS = 1.0
_CACHED_HOSTS = 2_000
_DOMAIN_TYPES = ("NS", "SOA", "MX", "TXT", "CAA")
_FAILED = (DnsStatus.SERVFAIL, DnsStatus.REFUSED, DnsStatus.TIMEOUT)


@dataclass(slots=True)
class _Vantage:
    name: str
    upstreams: Upstreams
    checked_at: float = float("-inf")
    epoch: object = None
    complaint: str = ""
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class DnsResolver:
    """Asks every vantage. ``vantages`` maps names to host:port texts (none: the machine's resolvers), the own first.

    ``control_live`` are names that exist; without any, no control is asked and every vantage is believed. Each question
    waits ``timeout`` seconds and is asked ``tries`` times. ``thin`` asks for addresses and name servers only.
    ``cache_seconds`` is how long ``addresses`` are kept at most, ``control_seconds`` how long a vantage's controls are
    good for (a second at most after a denial, not at all after a failure). ``epoch`` ends both sooner: nothing kept is
    good once it gives another value, as a driven clock does, whose days pass in milliseconds.
    """

    def __init__(
        self,
        vantages: Mapping[str, Sequence[str]],
        control_live: Sequence[str] = (),
        *,
        timeout: float = 2.0,
        tries: int = 3,
        thin: bool = False,
        cache_seconds: float = 5.0,
        control_seconds: float = 5.0,
        epoch: Callable[[], object] | None = None,
    ) -> None:
        if not vantages:
            raise InvalidInput("dns: at least one vantage is needed", "dns.vantages")
        self._vantages = tuple(
            _Vantage(name, Upstreams(parse_upstreams(texts, f"dns.vantages.{name}"), timeout, tries))
            for name, texts in vantages.items()
        )
        self._controls = tuple(control_live)
        self._types = _DOMAIN_TYPES[:1] if thin else _DOMAIN_TYPES
        self._cache_seconds = cache_seconds
        self._control_seconds = control_seconds
        self._epoch = epoch or (lambda: None)
        self._cache: OrderedDict[str, tuple[float, object, tuple[str, ...]]] = OrderedDict()

    async def facts(self, host: str, domain: str) -> DnsFacts:
        """All vantages' answers for ``host`` and its registrable name ``domain``, asked side by side."""
        looks = [self._look(vantage, host, domain) for vantage in self._vantages]
        return DnsFacts(host=host, answers=tuple(await asyncio.gather(*looks)))

    async def addresses(self, host: str) -> tuple[str, ...]:
        """Addresses for dialling from the own vantage, IPv4 first; an address stands for itself. Never /etc/hosts."""
        if _is_address(host):
            return (host,)
        known = self._cache.get(host)
        if known is not None and known[0] > asyncio.get_running_loop().time() and known[1] == self._epoch():
            return known[2]
        with Conversation(self._vantages[0].upstreams) as talk:
            answers = await asyncio.gather(talk.ask(host, "A"), talk.ask(host, "AAAA"))
        found = addresses_in_order(dict(zip(("A", "AAAA"), answers, strict=True)))
        if found:
            self._keep(host, found)
        return found

    async def health(self) -> tuple[VantageHealth, ...]:
        """Ask the controls at every vantage now."""
        complaints = await asyncio.gather(*(self._complaint(vantage, 0.0) for vantage in self._vantages))
        return tuple(
            VantageHealth(
                vantage=vantage.name,
                upstream=", ".join(map(show, vantage.upstreams.addresses)),
                ok=not complaint,
                detail=complaint,
            )
            for vantage, complaint in zip(self._vantages, complaints, strict=True)
        )

    def _keep(self, host: str, found: tuple[str, ...]) -> None:
        until = asyncio.get_running_loop().time() + self._cache_seconds
        self._cache.pop(host, None)
        self._cache[host] = (until, self._epoch(), found)
        if len(self._cache) > _CACHED_HOSTS:
            self._cache.popitem(last=False)

    async def _look(self, vantage: _Vantage, host: str, domain: str) -> DnsAnswers:
        if await self._complaint(vantage, self._control_seconds):
            return DnsAnswers(vantage=vantage.name, status=DnsStatus.VANTAGE_FAILED)
        with Conversation(vantage.upstreams) as talk:
            types = self._types if vantage is self._vantages[0] else ()
            answers = await _ask(talk, vantage.name, host, domain, types)
        if vantage is self._vantages[0] and answers.addresses:
            # The pages that are fetched next are dialled at what this look found.
            self._keep(host, tuple(sorted(answers.addresses, key=_is_v6)))
        # A failure or an absence is the name's own only if the vantage still answers its controls after it.
        if answers.status in _FAILED:
            complaint = await self._complaint(vantage, 0.0)
        elif answers.status is DnsStatus.NXDOMAIN:
            complaint = await self._complaint(vantage, min(_ABSENCE_SECONDS, self._control_seconds))
        else:
            return answers
        return DnsAnswers(vantage=vantage.name, status=DnsStatus.VANTAGE_FAILED) if complaint else answers

    async def _complaint(self, vantage: _Vantage, age: float) -> str:
        """Why a vantage is not to be believed, in words, by controls no older than ``age`` seconds; "" where it is."""
        if not self._controls:
            return ""
        clock = asyncio.get_running_loop().time
        asked_at, epoch = clock(), self._epoch()
        if vantage.checked_at >= asked_at - age and vantage.epoch == epoch:
            return vantage.complaint
        async with vantage.turn:
            # Somebody else may have checked while this look waited for its turn.
            if vantage.checked_at < asked_at - age or vantage.epoch != epoch:
                vantage.complaint = await self._check(vantage)
                vantage.checked_at, vantage.epoch = clock(), epoch
        return vantage.complaint

    async def _check(self, vantage: _Vantage) -> str:
        stranger = f"{secrets.token_hex(10)}.{self._controls[0].rpartition('.')[2]}"
        with Conversation(vantage.upstreams) as talk:
            *live, absent = await asyncio.gather(*(talk.ask(name, "A") for name in (*self._controls, stranger)))
        if any(answer.status is DnsStatus.NXDOMAIN for answer in live):
            return "denies a control name that exists"
        if all(answer.failed for answer in live):
            return "answers for no control name that exists"
        if absent.status is DnsStatus.ANSWERED:
            return "answers for a random name that does not exist"
        return "answers for no random control name" if absent.failed else ""


async def _ask(talk: Conversation, vantage: str, host: str, domain: str, types: Sequence[str]) -> DnsAnswers:
    """A of the host first: where it fails, or denies the registrable name, nothing else is worth a question.

    ``types`` are asked of the domain, by the own vantage only: others are there to see whether they answer otherwise.
    """
    first = await talk.ask(host, "A")
    if first.failed or (first.status is DnsStatus.NXDOMAIN and host == domain):
        return read_answers(vantage, {"A": first}, {})
    second = () if first.status is DnsStatus.NXDOMAIN else ("AAAA",)
    questions = [(host, kind) for kind in second] + [(domain, kind) for kind in types]
    found = await asyncio.gather(*(talk.ask(name, kind) for name, kind in questions))
    host_answers: dict[str, Answer] = {"A": first} | dict(zip(second, found, strict=False))
    return read_answers(vantage, host_answers, dict(zip(types, found[len(second) :], strict=True)))


def _is_v6(address: str) -> bool:
    return ":" in address


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
