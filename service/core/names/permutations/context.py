"""What a family may know of an outlet beside the label that it changes."""

from __future__ import annotations

import string
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from service.core.names import vocabulary

if TYPE_CHECKING:
    from service.core.model import Outlet
    from service.core.names.labels import Label

ALPHABET: Final = string.ascii_lowercase + string.digits
"""What a label may hold beside hyphens (RFC 1123 2.1)."""


@dataclass(frozen=True, slots=True)
class Context:
    """``domain`` of the outlet, ``words`` and ``articles`` of its languages, what its suffixes leave when joined."""

    domain: str
    words: tuple[str, ...]
    articles: tuple[str, ...]
    joins: tuple[str, ...]

    @classmethod
    def of(cls, outlet: Outlet, label: Label) -> Context:
        """Return the context of one label of ``outlet``."""
        kinds = vocabulary.affixes(outlet.languages)
        return cls(
            domain=outlet.domain,
            words=tuple(word for word, kind in kinds.items() if kind is vocabulary.Kind.MASTHEAD),
            articles=tuple(word for word, kind in kinds.items() if kind is vocabulary.Kind.ARTICLE),
            joins=tuple(sorted(label.joins)),
        )
