"""Sentences for the lab's pages, made of the word lists in ``words/``.

Every page of the lab is written here and by nobody else. Texts are ordinary local news without a claim about anybody:
towns and people are put together from syllables, so that two outlets of one language never print the same article.
"""

from __future__ import annotations

import random
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

FALLBACK_LANGUAGE = "en"
"""What an outlet prints whose language has no word list."""


def dice(*seed: str) -> random.Random:
    """A source of choices that is the same for the same words, on every machine and in every process."""
    return random.Random("\x1f".join(seed))  # noqa: S311  # repeatable on purpose; nothing here is a secret


@dataclass(frozen=True, slots=True)
class Words:
    """One language's material. ``ui`` labels parts of a page, the others are what sentences are made of."""

    language: str
    ui: Mapping[str, str]
    words: Mapping[str, tuple[str, ...]]
    fake: Mapping[str, tuple[str, ...]]
    parking: Mapping[str, Any]
    shop: Mapping[str, Any]
    company: Mapping[str, Any]


def languages() -> tuple[str, ...]:
    """The languages that have a word list, sorted."""
    entries = (entry.name for entry in files(__package__).joinpath("words").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in entries if name.endswith(".toml")))


def words_of(language: str) -> Words:
    """The word list of a language tag (``de-AT`` is ``de``), or the fallback's where there is none."""
    return _words(language.partition("-")[0].lower())


@cache
def _words(language: str) -> Words:
    if language not in languages():
        return _words(FALLBACK_LANGUAGE)
    text = files(__package__).joinpath("words", f"{language}.toml").read_text("utf-8")
    read = tomllib.loads(text)
    return Words(
        language=language,
        ui=read["ui"],
        words={key: tuple(values) for key, values in read["words"].items()},
        fake={key: tuple(values) for key, values in read["fake"].items()},
        parking=read["parking"],
        shop=read["shop"],
        company=read["company"],
    )


class Prose:
    """Writes one author's sentences: the same language and seed give the same text in the same order."""

    def __init__(self, language: str, *seed: str) -> None:
        self.material = words_of(language)
        self.dice = dice("prose", self.material.language, *seed)

    def headline(self) -> str:
        """A headline of ordinary news."""
        return self._filled(self.dice.choice(self.material.words["headlines"]))

    def sentence(self) -> str:
        """A sentence of ordinary news, 8 to 16 words."""
        return self._filled(self.dice.choice(self.material.words["frames"]))

    def paragraph(self, sentences: int) -> str:
        """So many sentences of ordinary news."""
        return " ".join(self.sentence() for _ in range(sentences))

    def fake_headline(self) -> str:
        """A headline as a planted story has it."""
        return self._filled(self.dice.choice(self.material.fake["headlines"]))

    def fake_paragraph(self, sentences: int) -> str:
        """So many sentences of a planted story."""
        return " ".join(self._filled(self.dice.choice(self.material.fake["frames"])) for _ in range(sentences))

    def town(self) -> str:
        """The name of a town that does not exist."""
        return self._joined("town_heads", "town_tails")

    def person(self) -> str:
        """The name of a person who does not exist."""
        return f"{self.dice.choice(self.material.words['first_names'])} {self._joined('name_heads', 'name_tails')}"

    def number(self) -> int:
        """A number as news have them, mostly small."""
        return self.dice.choice((self.dice.randint(2, 40), self.dice.randint(41, 980)))

    def _joined(self, heads: str, tails: str) -> str:
        words = self.material.words
        return self.dice.choice(words[heads]) + self.dice.choice(words[tails])

    def _filled(self, frame: str) -> str:
        text = frame.format_map(_Slots(self))
        return text[:1].upper() + text[1:]


class _Slots(Mapping[str, str]):
    """What stands in a frame's braces; asked once for each."""

    _LISTS: Mapping[str, str] = {
        "org": "orgs",
        "act": "acts",
        "object": "objects",
        "time": "times",
        "day": "days",
        "role": "roles",
    }

    def __init__(self, prose: Prose) -> None:
        self._prose = prose

    def __getitem__(self, slot: str) -> str:
        prose = self._prose
        match slot:
            case "town" | "town2":
                return prose.town()
            case "thing":
                return prose.dice.choice(prose.material.words["things"]).format_map(self)
            case "person":
                return prose.person()
            case "n":
                return str(prose.number())
            case "n2":
                return str(prose.dice.randint(51, 94))
            case _:
                return prose.dice.choice(prose.material.words[self._LISTS[slot]])

    def __iter__(self) -> Any:
        return iter(self._LISTS)

    def __len__(self) -> int:
        return len(self._LISTS)


def slug(text: str) -> str:
    """``text`` as a part of a URL: ASCII letters and digits joined by hyphens, at most 60; "" where none remain."""
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode("ascii").lower()
    parts = "".join(char if char.isalnum() else " " for char in plain).split()
    return "-".join(parts)[:60].strip("-")
