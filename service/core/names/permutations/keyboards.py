"""Which keys lie side by side on the keyboards that readers type on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

ROWS: Final = {
    "qwerty": ("1234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"),
    "qwertz": ("1234567890", "qwertzuiop", "asdfghjkl", "yxcvbnm"),
    "azerty": ("1234567890", "azertyuiop", "qsdfghjklm", "wxcvbn"),
}


def _neighbours() -> dict[str, str]:
    found: dict[str, dict[str, None]] = {}
    for rows in ROWS.values():
        for depth, row in enumerate(rows):
            for at, key in enumerate(row):
                beside = [row[at - 1 : at], row[at + 1 : at + 2]]
                above = rows[depth - 1][at : at + 2] if depth else ""
                below = rows[depth + 1][max(0, at - 1) : at + 1] if depth + 1 < len(rows) else ""
                found.setdefault(key, {}).update(dict.fromkeys("".join((*beside, above, below))))
    return {key: "".join(keys) for key, keys in found.items()}


NEIGHBOURS: Final[Mapping[str, str]] = _neighbours()
"""For each key the ones that touch it on any of the keyboards; each row lies half a key right of the one above."""
