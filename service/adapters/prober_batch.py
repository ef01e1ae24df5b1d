"""One batch of names through the prober's loop: is the upstream to be believed, what is there, what is only a wildcard.

Names are asked for NS. A registered, delegated name has name servers even where it has no address yet, and registries'
wildcards answer with addresses, so NS tells the two apart best. Persistent SERVFAIL is what a registered name with dead
name servers looks like: it stays unanswered and is never counted as absent.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from service.adapters.prober_absences import Absences
from service.adapters.prober_wire import template

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from service.adapters.prober_loop import Channel, ProbeLoop, Run
    from service.adapters.prober_wire import Template

NS = template("NS")
A = template("A")

RANDOM_LABELS = 3
"""Random labels asked per suffix: a wildcard that rotates its answers shows more of them."""

WILDCARD_SECONDS = 86_400.0
"""How long a suffix's wildcard is remembered; registries switch them on and off rarely."""

_REMEMBERED_SUFFIXES = 20_000
_STRANGERS = 2


@dataclass(slots=True)
class BatchResult:
    """What became of a batch. ``believed`` False: a control failed (``detail``), and every name is unanswered."""

    existing: list[str] = field(default_factory=list)
    absent: int = 0
    unanswered: list[str] = field(default_factory=list)
    believed: bool = True
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Wildcard:
    """What a suffix answers for names that nobody registered: all values seen, and whether every probe had some."""

    values: frozenset[str]
    always: bool

    def differs(self, values: frozenset[str]) -> bool:
        """Whether an answer with these values cannot have come from this wildcard."""
        return values.isdisjoint(self.values) if values else self.always


@dataclass(frozen=True, slots=True)
class Suffix:
    """What was learnt of a suffix. The wildcards are None where random names under it are plainly absent."""

    until: float
    nameservers: Wildcard | None = None
    addresses: Wildcard | None = None


class BatchProber:
    """Probes batches. ``controls`` are names known to exist; without any, no control is asked."""

    def __init__(self, loop: ProbeLoop, controls: Sequence[str], clock: Callable[[], float]) -> None:
        self._loop = loop
        self._controls = tuple(controls)
        self._clock = clock
        self._suffixes: OrderedDict[str, Suffix] = OrderedDict()
        self._absences = Absences(clock)
        self._under_way: Run | None = None

    @property
    def ended(self) -> int:
        """How many names of the batch under way have been asked for and have ended."""
        return self._under_way.ended if self._under_way is not None else 0

    def probe(self, names: Sequence[str]) -> BatchResult:
        """Ask for every name, with controls before and after; each ends as existing, absent or unanswered.

        Names whose denial of before still holds are absent without being asked for. What a batch learns of that is kept
        when the last controls are right, so nothing is remembered from an upstream that is not believed.
        """
        began = self._absences.now()
        channels, complaint = self._believable(self._loop.channels)
        if not channels:
            return _disbelieved(names, complaint)
        unknown = self._absences.unknown(names)
        run = self._under_way = self._loop.start(unknown, NS, channels)
        while not self._loop.drive(run):
            healthy, complaint = self._believable(run.channels)
            if not healthy:
                return _disbelieved(names, complaint)
            run.channels = healthy
        result = BatchResult(absent=run.absent + len(names) - len(unknown), unanswered=run.unanswered)
        self._judge(run, result)
        healthy, complaint = self._believable(run.channels)
        if len(healthy) < len(run.channels):
            return _disbelieved(names, complaint)
        self._absences.keep(run.denials, began)
        return result

    def _believable(self, channels: Sequence[Channel]) -> tuple[Sequence[Channel], str]:
        """The upstreams whose controls answer as they must, and in words why the others do not."""
        if not self._controls:
            return channels, ""
        complaints = {channel.address: self._complaint(channel) for channel in channels}
        good = [channel for channel in channels if not complaints[channel.address]]
        return good, "; ".join(f"{host}:{port} {text}" for (host, port), text in complaints.items() if text)

    def _complaint(self, channel: Channel) -> str:
        live = self._finish(self._controls, NS, [channel])
        if live.absent:
            return "denies a control name that exists"
        if not live.answered:
            return "answers for no control name that exists"
        strangers = [_stranger(name.rpartition(".")[2]) for name in self._controls[:_STRANGERS]]
        absent = self._finish(strangers, NS, [channel])
        if absent.answered:
            return "answers for a random name that does not exist"
        return "" if absent.absent else "answers for no random control name"

    def _finish(self, names: Iterable[str], kind: Template, channels: Sequence[Channel]) -> Run:
        """A run to its end, however often the upstream fails on the way."""
        run = self._loop.start(names, kind, channels)
        while not self._loop.drive(run):
            continue
        return run

    def _judge(self, run: Run, result: BatchResult) -> None:
        """Sort what was answered into existing and wildcard; name servers first, addresses where those do not tell."""
        suffixes = {_suffix(name) for name, _ in run.answered} - {""}
        self._learn(suffixes, run.channels)
        doubtful: list[str] = []
        for name, values in run.answered:
            suffix = _suffix(name)
            known = self._suffixes.get(suffix)
            if known is None and suffix:
                # The suffix would not say whether it has a wildcard, so this answer proves nothing.
                result.unanswered.append(name)
            elif known is None or known.nameservers is None or known.nameservers.differs(values):
                result.existing.append(name)
            else:
                doubtful.append(name)
        by_address = self._finish(doubtful, A, run.channels)
        result.absent += by_address.absent
        result.unanswered += by_address.unanswered
        for name, values in by_address.answered:
            wildcard = self._suffixes[_suffix(name)].addresses
            if wildcard is None or wildcard.differs(values):
                result.existing.append(name)
            else:
                result.absent += 1

    def _learn(self, suffixes: Iterable[str], channels: Sequence[Channel]) -> None:
        """Ask random names under every suffix that is not remembered; only suffixes with a hit ever cost that."""
        now = self._clock()
        strangers = {
            suffix: [_stranger(suffix) for _ in range(RANDOM_LABELS)]
            for suffix in suffixes
            if suffix not in self._suffixes or self._suffixes[suffix].until <= now
        }
        nameservers = self._answers([name for names in strangers.values() for name in names], NS, channels)
        wild = [s for s, names in strangers.items() if any(nameservers.get(name) is not None for name in names)]
        addresses = self._answers([name for suffix in wild for name in strangers[suffix]], A, channels)
        for suffix, names in strangers.items():
            self._suffixes.pop(suffix, None)
            if any(name in nameservers for name in names):
                self._remember(suffix, now, *(_wildcard(names, answers) for answers in (nameservers, addresses)))

    def _remember(self, suffix: str, now: float, nameservers: Wildcard | None, addresses: Wildcard | None) -> None:
        self._suffixes[suffix] = Suffix(now + WILDCARD_SECONDS, nameservers, addresses)
        if len(self._suffixes) > _REMEMBERED_SUFFIXES:
            self._suffixes.popitem(last=False)

    def _answers(
        self, names: list[str], kind: Template, channels: Sequence[Channel]
    ) -> dict[str, frozenset[str] | None]:
        """Values by name, None for a name that is absent; a name without an answer is missing."""
        run = self._finish(names, kind, channels)
        silent = set(run.unanswered)
        answered = dict(run.answered)
        return {name: answered.get(name) for name in names if name not in silent}


def _wildcard(names: list[str], answers: dict[str, frozenset[str] | None]) -> Wildcard | None:
    """What the random names have in common; None where each of them is absent."""
    seen = [values for name in names if (values := answers.get(name)) is not None]
    if not seen:
        return None
    return Wildcard(frozenset().union(*seen), all(seen))


def _disbelieved(names: Sequence[str], complaint: str) -> BatchResult:
    return BatchResult(unanswered=list(names), believed=False, detail=complaint)


def _suffix(name: str) -> str:
    """Everything behind the first label: the suffix of a registrable name."""
    return name.partition(".")[2]


def _stranger(suffix: str) -> str:
    """A name that nobody has registered: twenty random hexadecimal digits."""
    return f"{secrets.token_hex(10)}.{suffix}"
