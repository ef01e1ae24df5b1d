"""The techniques of influence operations that a confirmed lookalike shows, in the field's common words.

Source: DISARM Red Framework (CC BY-SA 4.0, DISARM Foundation), identifiers of the edition of 2025-02. Earlier editions
had other numbers (T0099.* is gone from it), so the edition stands beside the identifiers.
"""

from __future__ import annotations

from dataclasses import dataclass

EDITION = "2025-02"


@dataclass(frozen=True, slots=True)
class Technique:
    """``id`` as DISARM numbers it."""

    id: str
    name: str


TECHNIQUES = (
    Technique("T0149.003", "Lookalike Domain"),
    Technique("T0143.003", "Impersonated Persona"),
    Technique("T0097.202", "News Outlet Persona"),
    Technique("T0098.001", "Create Inauthentic News Sites"),
)
BYPASS = Technique("T0121.001", "Bypass Content Blocking")
"""Of a site that serves on although it was blocked."""


def techniques(*, evades: bool) -> tuple[Technique, ...]:
    """What a lookalike shows; ``evades``: it is blocked and serves all the same."""
    return (*TECHNIQUES, BYPASS) if evades else TECHNIQUES
