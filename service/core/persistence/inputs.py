"""What can happen to a site, and what comes of it: the inputs and the output of ``lifecycle.step``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from service.core.evidence.items import EvidenceItem
from service.core.model import AnalystWord, Block, Event, Judgement, Look, Site, Target
from service.core.persistence.traits import Trait


@dataclass(frozen=True, kw_only=True, slots=True)
class Looked:
    """A look was made. ``targets`` are URLs that it learnt, ``traits`` what the site may share with others.

    ``claimed_until`` is the due time that the site had while it was looked at: an earlier one on commit means that
    somebody made it due meanwhile. ``evidence`` is on disk already and is named by the commit.
    """

    look: Look
    judgements: tuple[Judgement, ...]
    targets: tuple[Target, ...] = ()
    traits: frozenset[Trait] = frozenset()
    claimed_until: datetime | None = None
    evidence: tuple[EvidenceItem, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class BlockRecorded:
    """A block was reported or observed; the same block again with ``lifted_at`` says that it was lifted."""

    block: Block


@dataclass(frozen=True, kw_only=True, slots=True)
class VerdictGiven:
    """A person judged one outlet's lookalike."""

    outlet: str
    word: AnalystWord


@dataclass(frozen=True, kw_only=True, slots=True)
class Tick:
    """Time passed and nothing was looked at; a look is wanted now where ``wake``."""

    wake: bool = False


Input = Looked | BlockRecorded | VerdictGiven | Tick


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """The state after an input, and what people are told of it, in order."""

    site: Site
    events: tuple[Event, ...] = ()
