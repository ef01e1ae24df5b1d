"""Text that strangers wrote, on its way to people and programs. Pure.

What turns a line into two, or shows letters in another order than they stand, is replaced; everything else stays, for
hostile text is evidence too.
"""

from __future__ import annotations

import unicodedata

_REPLACED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode's general categories of controls, format characters (bidirectional marks, zero-width ones), lone surrogates,
what has no meaning, and line separators (UAX #44, table 12; the bidi marks are those of UAX #9)."""


def one_line(text: str, longest: int = 1000) -> str:
    """``text`` as one line of at most ``longest`` characters; white space is folded, the unprintable is U+FFFD."""
    folded = " ".join(text[: 4 * longest].split())
    shown = "".join("\N{REPLACEMENT CHARACTER}" if unicodedata.category(char) in _REPLACED else char for char in folded)
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"
