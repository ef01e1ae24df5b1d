"""What becomes of a new picture of an outlet's site: in use, held back, superseded."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.facts.page import PageFacts
from service.core.model import Baseline, BaselineVersion
from service.core.states import BaselineState
from service.core.verdict.versions import GENERATIONS, Decision, alike, decide
from tests.builders import START

OLD, NEW = range(1, 200), range(1000, 1200)
DAY = timedelta(days=1)


def page(shingles: range, extra: int = 0) -> PageFacts:
    return PageFacts(shingles=frozenset({*shingles, 10_000 + extra}), text_shingles=frozenset({extra}))


def baseline(shingles: range, day: int = 0, kind: str = "home", path: str = "") -> Baseline:
    return Baseline(
        outlet="spiegel",
        url=f"https://spiegel.de/{path}",
        kind=kind,
        taken_at=START + day * DAY,
        page=page(shingles, day),
        digest=f"{shingles.start} {day}",
    )


def kept(given_: Baseline, state: BaselineState = BaselineState.IN_USE, number: int = 1) -> BaselineVersion:
    return BaselineVersion(id=f"bl_{number}", baseline=given_, state=state, seen_at=given_.taken_at)


def test_the_first_picture_of_a_site_is_taken_into_use() -> None:
    first = [baseline(OLD), baseline(NEW, kind="article", path="a")]
    assert decide(first, ()).accepted == (first[1], first[0])


def test_the_same_layout_with_other_texts_is_taken_into_use() -> None:
    later = baseline(OLD, 7)
    assert decide([later], [kept(baseline(OLD))]) == Decision(accepted=(later,))


def test_what_was_there_before_is_only_seen_again() -> None:
    assert decide([baseline(OLD)], [kept(baseline(OLD))]) == Decision(seen=("bl_1",))


def test_another_layout_is_held_back_until_it_was_seen_on_two_days() -> None:
    known, changed = kept(baseline(OLD)), baseline(NEW, 1)
    assert decide([changed], [known]) == Decision(held=(changed,))
    waiting = kept(changed, BaselineState.HELD, 2)
    same_day = replace(baseline(NEW, 1), taken_at=changed.taken_at + timedelta(hours=3), digest="other")
    assert decide([same_day], [known, waiting]).held == (same_day,)
    next_day = baseline(NEW, 2)
    assert decide([next_day], [known, waiting]) == Decision(accepted=(next_day,), confirmed=(waiting,))
    unchanged = replace(changed, taken_at=START + 2 * DAY)
    assert decide([unchanged], [known, waiting]) == Decision(confirmed=(waiting,), seen=("bl_2",))


def test_a_third_layout_does_not_confirm_one_that_is_held_back() -> None:
    third = baseline(range(5000, 5200), 2)
    waiting = kept(baseline(NEW, 1), BaselineState.HELD, 2)
    assert decide([third], [kept(baseline(OLD)), waiting]) == Decision(held=(third,))


def test_one_article_in_a_known_layout_vouches_for_the_other_templates() -> None:
    known = kept(baseline(OLD, kind="article", path="a"))
    usual, other = baseline(OLD, 1, "article", "b"), baseline(NEW, 1, "article", "video")
    assert decide([usual, other], [known]).accepted == (usual, other)
    assert decide([other], [known]).held == (other,)


def test_an_archived_layout_is_known_and_never_superseded() -> None:
    archived = kept(baseline(OLD, kind="archived"))
    takes = [kept(baseline(OLD, day), number=day + 1) for day in range(1, 3 + GENERATIONS)]  # bl_2 to bl_6
    decision = decide([baseline(OLD, 50)], [archived, *takes])
    assert decision.accepted
    assert decision.superseded == ("bl_2", "bl_3", "bl_4")


def test_what_was_revoked_is_never_taken_over_again() -> None:
    revoked = kept(baseline(NEW, 1), BaselineState.REVOKED, 2)
    later = replace(revoked.baseline, taken_at=START + 5 * DAY)
    assert decide([later], [kept(baseline(OLD)), revoked]) == Decision(seen=("bl_2",))


def test_pages_without_class_names_are_compared_by_their_skeleton_alone() -> None:
    assert alike(page(OLD), page(NEW)) < 0.1
    assert alike(PageFacts(), PageFacts()) == 1.0
    assert alike(PageFacts(), page(OLD)) == 0.0


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from([OLD, NEW]), st.integers(0, 3), st.sampled_from(["home", "article"])), max_size=4
    ),
    st.lists(
        st.tuples(
            st.sampled_from([OLD, NEW]), st.integers(0, 3), st.sampled_from(["home", "article", "archived"]),
            st.sampled_from(list(BaselineState)),
        ),
        max_size=4,
    ),
)  # fmt: skip
def test_every_picture_is_taken_held_or_known(
    taken: list[tuple[range, int, str]], versions: list[tuple[range, int, str, BaselineState]]
) -> None:
    pictures = [baseline(*one) for one in taken]
    known = [kept(baseline(*one), state, i) for i, (*one, state) in enumerate(versions)]  # type: ignore[arg-type]  # mypy widens the starred part
    decision = decide(pictures, known)
    there = {(version.baseline.url, version.baseline.digest, version.baseline.kind) for version in known}
    for picture in pictures:
        is_known = any((picture.url, picture.digest, kind) in there for kind in (picture.kind, "archived"))
        assert is_known or picture in decision.accepted or picture in decision.held
    states = {version.id: version.state for version in known}
    assert all(version.state is BaselineState.HELD for version in decision.confirmed)
    assert all(states[one] is BaselineState.IN_USE for one in decision.superseded)
