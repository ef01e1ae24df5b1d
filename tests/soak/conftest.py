"""``--kills N``: how often a daemon is killed, for a shorter soak (``make soak ARGS="--kills 10"``)."""

from __future__ import annotations

import pytest

KILLS = 100


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.addoption("--kills", type=int, default=KILLS, help=f"kills of the daemon; default: {KILLS}")


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    """How often the daemon is killed."""
    found: int = request.config.getoption("--kills")
    return found
