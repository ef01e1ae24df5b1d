"""What ``spoofwatch candidates`` and ``spoofwatch match`` do, free of argument parsing."""

from __future__ import annotations

import json
import os
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from service.core.errors import InvalidInput, InvalidName
from service.core.model import Outlet
from service.core.names import permutations
from service.core.names.matching import CHUNK, MatchIndex
from service.core.names.watchlist import outlet_host
from service.feeds.name_streams import Readable, Skipped, read_batches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TextIO

    from service.core.model import NameMatch
    from service.core.names.watchlist import WatchList
    from service.core.states import Tier


def print_candidates(
    target: str, tier: Tier, watchlist: WatchList, out: TextIO, campaign_suffixes: Sequence[str] | None = None
) -> int:
    """Print the names of a tier for an outlet's id, or for a domain that need not be configured; return how many.

    Raises InvalidInput where ``target`` is neither.
    """
    outlet = outlet_for(target, watchlist)
    printed = 0
    for candidate in permutations.candidates(outlet, tier, watchlist, campaign_suffixes):
        out.write(f"{candidate.name}\n")
        printed += 1
    return printed


def outlet_for(target: str, watchlist: WatchList) -> Outlet:
    """Return the outlet with the id ``target``, or the domain's owner, or one made up for an unknown domain."""
    known = next((outlet for outlet in watchlist.outlets if outlet.id == target), None)
    if known is not None:
        return known
    try:
        domain = outlet_host(target)
    except InvalidName as error:
        raise InvalidInput(f"{target!r} is no outlet's id, and no domain either: {error}") from error
    owner = watchlist.is_own(domain)
    return next(
        (outlet for outlet in watchlist.outlets if outlet.id == owner), Outlet(id=domain, name="", domain=domain)
    )


def print_matches(watchlist: WatchList, streams: Iterable[tuple[str, Readable]], out: TextIO, err: TextIO) -> int:
    """Print one JSON line a match for every name in ``streams`` (title, file); return how many matched.

    Lines that are no names are counted on ``err``, with a few of them, one report a stream.
    """
    index = MatchIndex.build(watchlist)
    printed = 0
    for title, stream in streams:
        skipped = Skipped()
        for batch in read_batches(stream, skipped, CHUNK):
            matches = index.match(batch)
            out.writelines(f"{as_json(match)}\n" for match in matches)
            printed += len(matches)
        report(title, skipped, err)
    return printed


def as_json(match: NameMatch) -> str:
    """Return a match as one JSON line without its end."""
    return json.dumps(
        {
            "name": match.name,
            "domain": match.domain,
            "outlet": match.outlet,
            "technique": match.technique.value,
            "distance": match.distance,
            "score": match.score,
        }
    )


def report(title: str, skipped: Skipped, err: TextIO) -> None:
    """Say what was left out of a stream; nothing where nothing was."""
    if not skipped.count:
        return
    err.write(f"{title}: {skipped.count} skipped\n")
    for line, text, reason in skipped.samples:
        where = f"line {line}: {text!r}: " if line else ""
        err.write(f"  {where}{reason}\n")


def candidates(watchlist: WatchList, target: str, tier: Tier) -> int:
    """``spoofwatch candidates``: to standard output."""
    with _output() as out:
        print_candidates(target, tier, watchlist, out)
    return 0


def match(watchlist: WatchList, files: Sequence[str]) -> int:
    """``spoofwatch match``: files, ``-`` for standard input, to standard output; InvalidInput where one is missing."""
    with ExitStack() as stack:
        streams = [(title, _opened(title, stack)) for title in files]
        print_matches(watchlist, streams, stack.enter_context(_output()), sys.stderr)
    return 0


@contextmanager
def _output() -> Iterator[TextIO]:
    """Standard output. Where its reader has gone (``| head``) the work ends, and what is left goes nowhere."""
    try:
        yield sys.stdout
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _opened(title: str, stack: ExitStack) -> Readable:
    if title == "-":
        return sys.stdin.buffer
    try:
        return stack.enter_context(Path(title).open("rb"))
    except OSError as error:
        raise InvalidInput(f"{title}: {error.strerror}") from None
