"""Figures that a release must reach, and how they are shown."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


class Figures:
    """Shows figures as they come; ``missed`` counts those that were not reached."""

    def __init__(self) -> None:
        self.missed = 0

    def at_least(self, what: str, value: float, wanted: float, unit: str = "") -> None:
        """Show a figure that must not be lower than ``wanted``."""
        self._show(f"{what}: {value:,.4g} {unit}".rstrip(), f"at least {wanted:,.4g}", good=value >= wanted)

    def at_most(self, what: str, value: float, wanted: float, unit: str = "") -> None:
        """Show a figure that must not be higher than ``wanted``."""
        self._show(f"{what}: {value:,.4g} {unit}".rstrip(), f"at most {wanted:,.4g}", good=value <= wanted)

    @property
    def exit_code(self) -> int:
        """0 where every figure was reached, else 1."""
        return int(self.missed > 0)

    def _show(self, what: str, wanted: str, *, good: bool) -> None:
        self.missed += not good
        print(f"{'good' if good else 'BAD '}  {what} ({wanted})", flush=True)


def timed(step: Callable[[], T]) -> tuple[float, T]:
    """Return seconds of processor time and the result."""
    started = time.process_time()
    result = step()
    return time.process_time() - started, result


def best_time(step: Callable[[], object], rounds: int = 3) -> float:
    """Return the fewest seconds of processor time of a few rounds: others share the machine."""
    return min(timed(step)[0] for _ in range(rounds))


def most_megabytes() -> float:
    """Return the most memory that this process has had, in MB (proc(5), VmHWM).

    getrusage counts what the process that started this one had before it became this one.
    """
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
