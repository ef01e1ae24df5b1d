"""What a registered label can be read as, and the finding that it resembles a watch-listed one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from service.core.names import skeleton
from service.core.states import Technique

STRONG: Final = 0.8
"""From this score on a match is worth a look by itself; below, it wants a second reason (age, content, certificate)."""


@dataclass(frozen=True, slots=True)
class Resemblance:
    """How a name resembles a label. ``distance``: edits or added characters.

    ``score`` says how likely the resemblance is meant rather than chance: a judgement from 0 to 1, calibrated on a
    million new registrations. 1 is the label itself. It falls with every edit by the share of the label that the edit
    changes, and with how much of the name the label does not explain.
    """

    technique: Technique
    distance: int
    score: float


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read a label in ASCII: with its hyphens, without, and what it looks like."""

    text: str
    bare: str
    skeleton: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A label that somebody registered, and its readings; Punycode (``idn``) may have two, or none."""

    label: str
    readings: tuple[Reading, ...]
    idn: bool

    @classmethod
    def of(cls, label: str) -> Seen:
        """Return what can be read from an A-label."""
        texts = skeleton.ascii_readings(label)
        readings = tuple(Reading(text, skeleton.bare(text), skeleton.skeleton(text)) for text in texts)
        return cls(label, readings, label not in texts)
