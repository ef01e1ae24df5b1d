"""Pages of lookalikes: whatever is asked, whichever way it is found, the databases give what a loop over all gives."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert

from service.adapters.lookalike_queries import FEW, page_rows
from service.adapters.tables import LOOKALIKE, SITE
from service.core.states import Availability, Technique, Verdict
from tests.store_cases import START, Opened, opened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DAY = timedelta(days=1)
ROWS = 60
SUFFIXES = ("ltd", "co.com", "fyi")
OUTLETS = ("bild", "spiegel", "guardian")
GRADES = (Availability.LIVE, Availability.NXDOMAIN, Availability.SEIZED)
VERDICTS = tuple(Verdict)
TECHNIQUES = (Technique.TLD_SWAP, Technique.HOMOGLYPH)
SITES = [
    {
        "id": number,
        "host": f"name-{number}.{SUFFIXES[number % 3]}",
        "domain": f"name-{number}.{SUFFIXES[number % 3]}",
        "suffix": SUFFIXES[number % 3],
        "source": "sweep:exact",
        "version": 1,
        "admitted_at": START,
        "due_at": START,
        "availability": GRADES[number * 7 % 3],
        "availability_reason": "",
        "registered_at": None if number % 5 == 0 else START + number % 11 * DAY,
        "observations": 0,
    }
    for number in range(1, ROWS + 1)
]
LOOKALIKES = [
    {
        "id": number,
        "site_id": (number + 1) // 2,
        "outlet": OUTLETS[number % 3],
        "technique": TECHNIQUES[number % 2],
        "name_score": 0.9,
        "distance": 1,
        "discovered_at": START + number * 7 % 30 * DAY,
        "verdict": VERDICTS[number * 5 % len(VERDICTS)],
        "flagged": VERDICTS[number * 5 % len(VERDICTS)].flagged,
        "score": 0.5,
        "reason": "",
        "signals_json": "[]",
        "first_seen_as": "unknown",
        "announced": False,
        "predecessor": "",
    }
    for number in range(1, 2 * ROWS + 1)
]


@pytest.fixture(params=("memory", "postgresql"), scope="module")
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    with opened(request.param, tmp_path_factory.mktemp("store")) as one:
        with one.store.writer.begin() as connection:
            connection.execute(insert(SITE), SITES)
            connection.execute(insert(LOOKALIKE), LOOKALIKES)
        yield one


def lets_through(where: Mapping[str, Any], lookalike: Mapping[str, Any]) -> bool:
    row = {**SITES[lookalike["site_id"] - 1], **lookalike}
    return all(value is None or _fits(row, name, value) for name, value in where.items())


def _fits(row: Mapping[str, Any], name: str, value: Any) -> bool:
    if name == "outlets":
        return not value or row["outlet"] in value
    if name == "q":
        return value.lower() in row["host"]
    if name.endswith("_after"):
        at = row[name.replace("_after", "_at")]
        return at is not None and bool(at > value)
    return bool(row[name] == value)


days = st.integers(-1, 20).map(lambda number: START + number * DAY)
filters = st.fixed_dictionaries(
    {},
    optional={
        "outlet": st.sampled_from((*OUTLETS, "nobody")),
        "outlets": st.frozensets(st.sampled_from(OUTLETS), max_size=2),
        "flagged": st.sampled_from((True, False, None)),
        "verdict": st.sampled_from(VERDICTS),
        "technique": st.sampled_from(TECHNIQUES),
        "availability": st.sampled_from(GRADES),
        "suffix": st.sampled_from((*SUFFIXES, "com")),
        "registered_after": days,
        "discovered_after": days,
        "q": st.sampled_from(("NAME-1", "2.co", "%", "_", "'", "é")),
        "host": st.sampled_from(("name-7.co.com", "other.ltd")),
    },
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(where=filters, limit=st.integers(1, 40), few=st.sampled_from((0, 3, 20, FEW)))
def test_pages_hold_what_the_filters_let_through_newest_first(
    store: Opened, where: dict[str, Any], limit: int, few: int
) -> None:
    wanted = [row for row in LOOKALIKES if lets_through(where, row)]
    wanted.sort(key=lambda row: (row["discovered_at"], row["id"]), reverse=True)
    found: list[int] = []
    cursor: str | None = None
    with store.store.writer.connect() as connection:
        while True:
            rows, cursor = page_rows(connection, where, cursor, limit, few=few)
            assert len(rows) <= limit
            found += [row.id for row in rows]
            if cursor is None:
                break
            assert len(rows) == limit
    assert found == [row["id"] for row in wanted]
