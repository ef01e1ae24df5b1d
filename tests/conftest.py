"""What holds for all tests.

``--schema-examples N``: how often ``tests/unit/test_api_schema.py`` asks each route with what is right, and with what
is wrong.
"""

from __future__ import annotations

import signal

import pytest
from hypothesis import HealthCheck, settings

SCHEMA_EXAMPLES = 8

# No test depends on how fast the machine is: neither a deadline for an example nor "data generation is too slow".
settings.register_profile("spoofwatch", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("spoofwatch")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.addoption(
        "--schema-examples",
        type=int,
        default=SCHEMA_EXAMPLES,
        help=f"requests of either kind for each route; default: {SCHEMA_EXAMPLES}",
    )


def pytest_configure() -> None:
    """Let the commands that tests start hear Ctrl-C.

    What a shell starts in the background ignores it (POSIX.1, Shell, 2.12), and so does all that is started by that.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
