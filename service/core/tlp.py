"""The Traffic Light Protocol: how far information may be passed on. Pure."""

from __future__ import annotations

from collections.abc import Iterable

LEVELS = ("clear", "green", "amber", "amber+strict", "red")
"""Traffic Light Protocol 2.0 (FIRST, 2022), from the least to the most strict."""

_OLDER = {"white": "clear"}
"""Version 1.0 said white."""

MARKINGS = {
    "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487": "clear",
    "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb": "green",
    "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421": "amber",
    "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003": "amber+strict",
    "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1": "red",
    "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9": "clear",
    "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da": "green",
    "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82": "amber",
    "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed": "red",
}
"""STIX's objects for them: five of TLP 2.0 (OASIS, "STIX Best Practices", extension for TLP 2.0), four of TLP 1.0 (STIX
2.1, section 7.2.1.4)."""


def level(text: str) -> str:
    """The level that ``text`` names (``TLP:AMBER``, ``amber``, a STIX marking's id), empty where it names none."""
    if text in MARKINGS:
        return MARKINGS[text]
    word = text.strip().lower().removeprefix("tlp:")
    word = _OLDER.get(word, word)
    return word if word in LEVELS else ""


def strictest(levels: Iterable[str]) -> str:
    """The strictest of ``levels``, of which some may be empty; empty where all are."""
    return max((one for one in levels if one), key=LEVELS.index, default="")
