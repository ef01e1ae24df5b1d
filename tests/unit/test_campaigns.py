"""Groups of tied sites, and what becomes of campaigns when ties come and go."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from service.core.persistence.campaigns import Campaign, Change, ChangeKind, groups, regroup
from tests.builders import START, at

OLD = Campaign(id="cmp_old", began_at=START, members=frozenset("ab"))
NEW = Campaign(id="cmp_new", began_at=at(days=3), members=frozenset("cde"))


def kinds(changes: tuple[Change, ...]) -> list[tuple[str, str, str]]:
    return [(change.campaign, change.kind.value, "".join(change.hosts)) for change in changes]


def test_ties_make_groups_of_two_and_more() -> None:
    assert groups("abcdef", [("a", "b"), ("c", "d"), ("b", "e"), ("a", "z")]) == (frozenset("abe"), frozenset("cd"))


def test_a_long_chain_is_one_group() -> None:
    hosts = [f"{number:05}.example" for number in range(20_000)]
    assert groups(hosts, pairwise(hosts)) == (frozenset(hosts),)


def test_a_first_group_begins_a_campaign_whose_name_follows_from_it() -> None:
    (change,) = regroup((), [frozenset("ab")], START)
    assert (change.kind, change.hosts, change.other) == (ChangeKind.BEGAN, ("a", "b"), "")
    assert change == regroup((), [frozenset("ab")], START)[0]
    assert change.campaign != regroup((), [frozenset("ab")], at(1))[0].campaign


def test_a_campaign_grows_and_shrinks_under_its_name() -> None:
    assert kinds(regroup([OLD], [frozenset("abx")], at(1))) == [("cmp_old", "joined", "x")]
    assert kinds(regroup([NEW], [frozenset("cd")], at(1))) == [("cmp_new", "left", "e")]


def test_the_older_of_two_that_merge_goes_on_and_the_other_names_it() -> None:
    changes = regroup([NEW, OLD], [frozenset("abcde")], at(1))
    assert kinds(changes) == [("cmp_new", "left", "cde"), ("cmp_new", "merged", ""), ("cmp_old", "joined", "cde")]
    assert changes[1].other == "cmp_old"


def test_the_larger_part_of_a_split_goes_on_and_the_other_names_it() -> None:
    whole = Campaign(id="cmp_whole", began_at=START, members=frozenset("abcde"))
    left, split = regroup([whole], [frozenset("ab"), frozenset("cde")], at(1))
    assert (left.campaign, left.kind, left.hosts) == ("cmp_whole", ChangeKind.LEFT, ("a", "b"))
    assert (split.kind, split.hosts, split.other) == (ChangeKind.SPLIT, ("a", "b"), "cmp_whole")


def test_a_campaign_without_ties_has_ended_and_nobody_belongs_to_it() -> None:
    assert kinds(regroup([OLD], [], at(1))) == [("cmp_old", "left", "ab"), ("cmp_old", "ended", "")]


def test_what_stays_as_it_is_is_not_told() -> None:
    assert regroup([OLD, NEW], [frozenset("ab"), frozenset("cde")], at(1)) == ()


HOSTS = "abcdefgh"
EDGES = st.lists(st.tuples(st.sampled_from(HOSTS), st.sampled_from(HOSTS)), max_size=10)


@given(st.lists(EDGES, max_size=5))
def test_members_are_always_the_groups_and_every_campaign_is_accounted_for(turns: list[list[tuple[str, str]]]) -> None:
    """Replaying the history of changes gives the groups of the moment; whoever left can be traced."""
    living: dict[str, Campaign] = {}
    ended: dict[str, str] = {}
    for number, edges in enumerate(turns):
        now = groups(HOSTS, edges)
        for change in regroup(tuple(living.values()), now, at(number)):
            if change.kind in (ChangeKind.BEGAN, ChangeKind.SPLIT):
                assert change.campaign not in living | ended
                made = Campaign(id=change.campaign, began_at=at(number), members=frozenset())
                living[change.campaign] = made
            one = living[change.campaign]
            members = one.members - set(change.hosts)
            if change.kind in (ChangeKind.BEGAN, ChangeKind.SPLIT, ChangeKind.JOINED):
                members = one.members | set(change.hosts)
            living[change.campaign] = Campaign(id=one.id, began_at=one.began_at, members=members)
            if change.kind in (ChangeKind.MERGED, ChangeKind.ENDED):
                assert living.pop(change.campaign).members == frozenset()
                ended[change.campaign] = change.other
        assert sorted(sorted(one.members) for one in living.values()) == sorted(sorted(group) for group in now)
    assert all(heir == "" or heir in living | ended for heir in ended.values())
