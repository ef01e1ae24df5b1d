"""Stand-ins for what stands around the fetcher: name resolution and the reading of pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from service.adapters.extract import extract
from service.core.facts import charset, html
from service.core.facts.listings import Listing, listing, robots
from service.core.facts.page import PageFacts
from service.core.facts.picture import PictureFacts
from service.core.model import Profile

DESKTOP = Profile(
    name="desktop", headers={"User-Agent": "Test", "Accept-Language": "{languages}", "Referer": "https://t.co/"}
)


class Names:
    """Resolves the hosts that it was given and fails loudly for any other. ``asked`` keeps the questions.

    A host may have several answers, one for each time that it is asked; the last one stays.
    """

    def __init__(self, answers: Mapping[str, Sequence[str] | Sequence[tuple[str, ...]]]) -> None:
        self._answers = {host: _in_turn(given) for host, given in answers.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str) -> tuple[str, ...]:
        self.asked.append(host)
        if host not in self._answers:
            raise AssertionError(f"nobody was to ask for {host!r}")
        turns = self._answers[host]
        return turns.pop(0) if len(turns) > 1 else turns[0]


def _in_turn(given: Sequence[str] | Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    turns = [answer for answer in given if isinstance(answer, tuple)]
    return turns or [tuple(answer for answer in given if isinstance(answer, str))]


class TitleParser:
    """Reads titles only, in this process: for tests that are about the way to a page and not about the page."""

    def __init__(self) -> None:
        self.read: list[str] = []

    async def parse(self, body: bytes, content_type: str, url: str) -> PageFacts:
        self.read.append(url)
        return PageFacts(title=html.title(body, content_type))

    async def picture(self, body: bytes) -> PictureFacts:
        return PictureFacts(format="png", dhash=f"{len(body):016x}")

    async def listing(self, body: bytes, url: str) -> Listing:
        return robots(body, url) if url.endswith("/robots.txt") else listing(body, url)

    async def close(self) -> None:
        """Nothing is open."""


class InProcessParser(TitleParser):
    """The parser's reading without its process."""

    async def parse(self, body: bytes, content_type: str, url: str) -> PageFacts:
        return extract(charset.decode(body, content_type), url)
