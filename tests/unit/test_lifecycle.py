"""What becomes of a site: the state machine's table, row by row, and what holds for every order of inputs."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.core.facts.dns import DnsStatus
from service.core.facts.registration import RegistrationStatus
from service.core.model import AnalystWord, Site
from service.core.persistence.inputs import BlockRecorded, Input, Looked, Step, Tick, VerdictGiven
from service.core.persistence.lifecycle import Rules, step
from service.core.states import Availability, Cause, FirstSeenAs, Place, Verdict, WordReason, WordScope
from tests.builders import (
    START,
    at,
    block,
    clone_seen,
    dns,
    judgement,
    look,
    lookalike,
    nothing_seen,
    registration,
    site,
)

RULES = Rules()


CONFIRMED = "impersonation.confirmed"


def said(when: datetime, verdict: Verdict = Verdict.INNOCENT, **more: Any) -> AnalystWord:
    return AnalystWord(verdict=verdict, reason=WordReason.COMPANY, by="mk", at=when, **more)


def suspected(when: datetime) -> Looked:
    return Looked(look=look(when), judgements=(judgement(Verdict.SUSPECTED, shows=False),))


def run(*inputs: tuple[datetime, Input], start: Site | None = None) -> tuple[Site, list[str]]:
    """The state after the inputs, and the types of all events in order."""
    state = start or site()
    told: list[str] = []
    for now, given_ in inputs:
        done = step(state, given_, now, RULES)
        state = done.site
        told += [event.type for event in done.events]
    return state, told


def looked(*looks: Looked) -> list[tuple[datetime, Input]]:
    return [(given_.look.at, given_) for given_ in looks]


def failed_three_times(from_: float) -> list[tuple[datetime, Input]]:
    return looked(*(nothing_seen(at(from_ + i), Availability.NXDOMAIN) for i in range(3)))


# --- discovery and verdicts


def test_the_first_look_announces_a_lookalike_once() -> None:
    _, told = run(*looked(nothing_seen(at(0), Availability.PARKED), nothing_seen(at(1), Availability.PARKED)))
    assert told == ["lookalike.discovered"]


def test_a_dated_registration_within_the_window_is_told_as_registered() -> None:
    young = nothing_seen(at(1), Availability.PARKED, registration=registration(START))
    state, told = run(*looked(young))
    assert told == ["lookalike.discovered", "lookalike.registered"]
    assert state.lookalikes[0].first_seen_as is FirstSeenAs.NEWLY_REGISTERED


def test_an_old_registration_is_preexisting_and_not_told_as_registered() -> None:
    old = nothing_seen(at(1), Availability.LIVE, registration=registration(START - timedelta(days=400)))
    state, told = run(*looked(old))
    assert told == ["lookalike.discovered"]
    assert state.lookalikes[0].first_seen_as is FirstSeenAs.PREEXISTING


def test_a_date_that_comes_later_is_told_once() -> None:
    looks = [
        nothing_seen(at(0), Availability.PARKED),
        nothing_seen(at(1), Availability.PARKED, registration=registration(START)),
        nothing_seen(at(2), Availability.PARKED, registration=registration(START)),
    ]
    assert run(*looked(*looks))[1] == ["lookalike.discovered", "lookalike.registered"]


def test_a_clone_is_confirmed_and_opens_an_episode() -> None:
    state, told = run(*looked(clone_seen(at(0))))
    assert told == ["lookalike.discovered", "impersonation.confirmed"]
    episode = state.lookalikes[0].open_episode
    assert episode is not None
    assert (episode.number, episode.began_at, episode.url, episode.profile) == (
        1,
        at(0),
        "https://spiegel.ltd/",
        "social",
    )


def test_a_verdict_by_score_never_falls_because_the_content_hides() -> None:
    state, told = run(*looked(clone_seen(at(0)), nothing_seen(at(1), Availability.CONTENT_NOT_SEEN)))
    assert state.lookalikes[0].verdict is Verdict.IMPERSONATION
    assert "flag.withdrawn" not in told


def test_evidence_of_innocence_withdraws_the_flag() -> None:
    innocent = Looked(look=look(at(1)), judgements=(judgement(Verdict.INNOCENT, shows=False),))
    state, told = run(*looked(clone_seen(at(0)), innocent))
    assert told[-1] == "flag.withdrawn"
    assert state.lookalikes[0].flagged_at is None


def test_an_analysts_word_stands_against_the_score() -> None:
    word = AnalystWord(verdict=Verdict.INNOCENT, reason=WordReason.SAME_NAME_OUTLET, by="mk", at=at(1))
    state, told = run(
        (at(0), clone_seen(at(0))),
        (at(1), VerdictGiven(outlet="spiegel", word=word)),
        (at(2), clone_seen(at(2))),
    )
    assert state.lookalikes[0].verdict is Verdict.INNOCENT
    assert told[-1] == "flag.withdrawn"


def test_a_word_whose_ground_has_changed_is_stale_and_the_score_decides_again() -> None:
    word = AnalystWord(
        verdict=Verdict.INNOCENT,
        reason=WordReason.COMPANY,
        by="mk",
        at=at(1),
        nameservers=("ns1.example", "ns2.example"),
    )
    moved = clone_seen(at(2), dns=dns(nameservers=("ns1.other", "ns2.other")))
    state, told = run((at(0), clone_seen(at(0))), (at(1), VerdictGiven(outlet="spiegel", word=word)), (at(2), moved))
    assert told[-3:] == ["verdict.stale", "impersonation.confirmed", "impersonation.changed"]
    assert state.lookalikes[0].verdict is Verdict.IMPERSONATION


def test_a_flag_that_is_withdrawn_names_the_events_that_told_of_it() -> None:
    first, second = step(site(), suspected(at(0)), at(0), RULES), at(1)
    confirmed = step(first.site, clone_seen(second), second, RULES)
    flags = [one.id for one in (*first.events, *confirmed.events) if one.type in ("lookalike.suspected", CONFIRMED)]
    cleared = step(confirmed.site, VerdictGiven(outlet="spiegel", word=said(at(2))), at(2), RULES)
    (withdrawn,) = cleared.events
    assert withdrawn.data["detail"]["takes_back"] == flags
    assert len(flags) == 2
    again = step(cleared.site, VerdictGiven(outlet="spiegel", word=said(at(3), Verdict.SUSPECTED)), at(3), RULES)
    assert again.site.lookalikes[0].flag_events == tuple(one.id for one in again.events)


def test_a_word_on_the_name_covers_every_outlet_that_it_resembles_and_those_found_later() -> None:
    pair = site(lookalikes=(lookalike("spiegel"), lookalike("bild")))
    word = said(at(1), scope=WordScope.NAME, nameservers=("ns1.example", "ns2.example"))
    found = Looked(look=look(at(2)), judgements=(judgement(), judgement(outlet="welt")))
    state, told = run((at(1), VerdictGiven(outlet="spiegel", word=word)), (at(2), found), start=pair)
    assert {one.outlet: one.verdict for one in state.lookalikes} == dict.fromkeys(
        ("spiegel", "bild", "welt"), Verdict.INNOCENT
    )
    assert not {"impersonation.confirmed", "lookalike.suspected"} & set(told)
    judged = (*found.judgements, judgement(outlet="bild"))
    moved = Looked(look=look(at(3), dns=dns(nameservers=("ns1.other",))), judgements=judged)
    state, told = run((at(3), moved), start=state)
    assert told.count("verdict.stale") == 3
    assert [one.analyst for one in state.lookalikes] == [None] * 3


def test_a_word_on_one_outlet_says_nothing_of_another() -> None:
    pair = site(lookalikes=(lookalike("spiegel"), lookalike("bild")))
    found = Looked(look=look(at(2)), judgements=(judgement(), judgement(outlet="bild")))
    state, _ = run((at(1), VerdictGiven(outlet="spiegel", word=said(at(1)))), (at(2), found), start=pair)
    verdicts = {one.outlet: one.verdict for one in state.lookalikes}
    assert verdicts == {"spiegel": Verdict.INNOCENT, "bild": Verdict.IMPERSONATION}


@pytest.mark.parametrize(
    ("after", "verdict"),
    [
        ({"registration": registration(at(days=399), registrar="Another")}, Verdict.UNKNOWN),
        ({"dns": dns(nameservers=("ns1.other",))}, Verdict.IMPERSONATION),
    ],
)
def test_a_flag_by_a_stale_word_falls_only_with_another_holder(after: dict[str, Any], verdict: Verdict) -> None:
    word = said(at(1), Verdict.IMPERSONATION, registered_at=START, nameservers=("ns1.example", "ns2.example"))
    later = at(days=400)
    hidden = nothing_seen(later, Availability.LIVE, **after)
    state, told = run((at(1), VerdictGiven(outlet="spiegel", word=word)), (later, hidden))
    assert state.lookalikes[0].verdict is verdict
    assert ("flag.withdrawn" in told) is (verdict is Verdict.UNKNOWN)
    assert "verdict.stale" in told


def test_a_stale_verdict_says_what_is_different() -> None:
    word = said(at(1), nameservers=("ns1.example",))
    marked = site(lookalikes=(lookalike(analyst=word, verdict=Verdict.INNOCENT, announced=True),))
    moved = clone_seen(at(2), dns=dns(nameservers=("ns1.other",)))
    stale = next(one for one in step(marked, moved, at(2), RULES).events if one.type == "verdict.stale")
    assert stale.data["detail"]["changed"] == [{"what": "nameservers", "before": "ns1.example", "after": "ns1.other"}]


def test_content_alone_adds_an_outlet_that_the_name_did_not_resemble() -> None:
    found = Looked(look=look(at(0)), judgements=(judgement(),))
    state, told = run(*looked(found), start=site("jiraboom.pro", lookalikes=()))
    assert [one.outlet for one in state.lookalikes] == ["spiegel"]
    assert told == ["lookalike.discovered", "impersonation.confirmed"]


# --- episodes


def test_three_failed_looks_from_two_resolvers_end_an_episode_when_they_began() -> None:
    state, told = run(*looked(clone_seen(at(0))), *failed_three_times(5))
    assert told[-1] == "site.down"
    episode = state.lookalikes[0].episodes[0]
    assert (episode.ended_at, episode.last_seen_at, episode.cause) == (at(5), at(0), Cause.UNKNOWN)


def test_three_looks_at_suspension_pages_end_an_episode_as_blocked_by_its_host() -> None:
    suspended = [
        nothing_seen(at(hours), Availability.CONTENT_NOT_SEEN, suspended="the page says so") for hours in (5, 7, 9)
    ]
    state, told = run(*looked(clone_seen(at(0)), *suspended))
    assert told[-2:] == ["block.observed", "site.down"]
    assert [b.place for b in state.blocks_in_force] == [Place.HOST]
    assert state.lookalikes[0].episodes[0].cause is Cause.BLOCKED


def test_two_failed_looks_end_nothing() -> None:
    state, told = run(*looked(clone_seen(at(0))), *failed_three_times(5)[:2])
    assert "site.down" not in told
    assert state.lookalikes[0].open_episode is not None


def test_with_one_resolver_only_twice_as_many_looks_are_needed() -> None:
    alone = dns(DnsStatus.NXDOMAIN, vantages=("system",))
    gone = [nothing_seen(at(5 + i), Availability.NXDOMAIN, dns=alone) for i in range(6)]
    assert "site.down" not in run(*looked(clone_seen(at(0)), *gone[:5]))[1]
    assert run(*looked(clone_seen(at(0)), *gone))[1][-1] == "site.down"


def test_an_answer_in_between_starts_the_count_again() -> None:
    inputs = [*looked(clone_seen(at(0))), *failed_three_times(1)[:2], *looked(clone_seen(at(4)))]
    _, told = run(*inputs, *failed_three_times(5)[:2])
    assert "site.down" not in told


def test_a_hold_ends_an_episode_at_once_and_is_an_observed_block() -> None:
    seen = clone_seen(at(0), registration=registration(START))
    gone = nothing_seen(at(3), Availability.NXDOMAIN, registration=registration(START, epp=("clientHold",)))
    state, told = run(*looked(seen, gone))
    assert told[-2:] == ["block.observed", "site.down"]
    assert state.lookalikes[0].episodes[0].cause is Cause.BLOCKED
    assert [b.place for b in state.blocks_in_force] == [Place.REGISTRAR]


def test_a_hold_that_is_gone_is_a_lifted_block() -> None:
    gone = nothing_seen(at(3), Availability.NXDOMAIN, registration=registration(START, epp=("clientHold",)))
    back = clone_seen(at(9), registration=registration(START, epp=("active",)))
    state, told = run(*looked(clone_seen(at(0)), gone, back))
    assert told[-2:] == ["block.lifted", "site.resurfaced"]
    assert state.blocks_in_force == ()
    assert state.lookalikes[0].episodes[1].number == 2


def test_a_seizure_is_decisive() -> None:
    state, told = run(*looked(clone_seen(at(0)), nothing_seen(at(1), Availability.SEIZED)))
    assert told[-2:] == ["block.observed", "site.down"]
    assert state.blocks_in_force[0].place is Place.SEIZURE


def test_hidden_content_is_censored_after_two_days_without_an_event() -> None:
    hidden = [nothing_seen(at(24 * i), Availability.CONTENT_NOT_SEEN) for i in range(1, 5)]
    state, told = run(*looked(clone_seen(at(0)), *hidden))
    assert "site.down" not in told
    episode = state.lookalikes[0].episodes[0]
    assert episode.censored
    assert episode.ended_at == at(0)


def test_a_monitors_own_outage_changes_nothing_but_the_due_time() -> None:
    before, _ = run(*looked(clone_seen(at(0))))
    outage = nothing_seen(at(1), Availability.VANTAGE_FAILED)
    after, told = run((at(1), outage), start=before)
    assert told == []
    assert replace(after, due_at=before.due_at) == before


def test_content_after_a_down_episode_resurfaces() -> None:
    inputs = [*looked(clone_seen(at(0))), *failed_three_times(5), *looked(clone_seen(at(30)))]
    state, told = run(*inputs)
    assert told[-1] == "site.resurfaced"
    assert [e.number for e in state.lookalikes[0].episodes] == [1, 2]


def test_first_content_after_a_block_and_a_look_without_it_resurfaces_too() -> None:
    _, told = run(
        (at(0), nothing_seen(at(0), Availability.PARKED)),
        (at(1), BlockRecorded(block=block(Place.PLATFORM, at(1)))),
        (at(2), nothing_seen(at(2), Availability.PARKED)),
        (at(3), clone_seen(at(3))),
    )
    assert told[-2:] == ["impersonation.confirmed", "site.resurfaced"]


def test_content_that_nobody_had_looked_for_before_the_block_does_not_resurface() -> None:
    _, told = run(
        (at(1), BlockRecorded(block=block(Place.PLATFORM, at(1)))),
        (at(2), clone_seen(at(2))),
    )
    assert "site.resurfaced" not in told


def test_a_new_address_while_serving_is_a_change() -> None:
    _, told = run(*looked(clone_seen(at(0)), clone_seen(at(1), dns=dns(addresses=("192.0.2.77",)))))
    assert told[-1] == "impersonation.changed"


def test_a_later_creation_date_is_a_new_registration() -> None:
    first = clone_seen(at(0), registration=registration(START))
    again = nothing_seen(at(days=200), Availability.PARKED, registration=registration(at(days=199)))
    _, told = run(*looked(first, again))
    assert told[-1] == "site.reregistered"


def test_a_name_that_lapsed_in_between_is_a_new_registration_too() -> None:
    gone = registration(None, status=RegistrationStatus.NOT_FOUND)
    seen = [
        clone_seen(at(0), registration=registration(START)),
        nothing_seen(at(days=100), Availability.NXDOMAIN, registration=gone),
        nothing_seen(at(days=150), Availability.NXDOMAIN, registration=gone),
        nothing_seen(at(days=200), Availability.PARKED, registration=registration(at(days=199))),
    ]
    state, told = run(*looked(*seen))
    assert told.count("site.reregistered") == 1
    assert state.registration is not None
    assert state.registration.created_at == at(days=199)


def test_a_name_that_a_registry_did_not_find_for_a_while_is_no_new_registration() -> None:
    gone = registration(None, status=RegistrationStatus.NOT_FOUND)
    again = registration(START)
    seen = [clone_seen(at(0), registration=again), clone_seen(at(5), registration=gone)]
    assert "site.reregistered" not in run(*looked(*seen, clone_seen(at(9), registration=again)))[1]


def test_a_registry_that_fails_to_answer_takes_no_fact_away() -> None:
    first = clone_seen(at(0), registration=registration(START))
    failed = registration(None, status=RegistrationStatus.RATE_LIMITED)
    state, _ = run(*looked(first, clone_seen(at(1), registration=failed)))
    assert state.registration is not None
    assert state.registration.created_at == START


# --- blocks


def test_a_reported_block_is_recorded_once_and_makes_the_site_due() -> None:
    given_ = BlockRecorded(block=block(Place.HOST, at(1)))
    before, _ = run(*looked(clone_seen(at(0))))
    state, told = run((at(1), given_), (at(1), given_), start=before)
    assert told == ["block.recorded"]
    assert state.due_at <= at(1)


def test_a_lifted_block_is_told_as_lifted() -> None:
    set_, lifted = block(Place.HOST, at(1)), block(Place.HOST, at(1), lifted_at=at(2))
    _, told = run((at(1), BlockRecorded(block=set_)), (at(2), BlockRecorded(block=lifted)))
    assert told == ["block.recorded", "block.lifted"]


def test_a_reported_block_is_not_observed_a_second_time() -> None:
    held = nothing_seen(at(3), Availability.NXDOMAIN, registration=registration(START, epp=("clientHold",)))
    _, told = run((at(0), clone_seen(at(0))), (at(1), BlockRecorded(block=block(Place.REGISTRAR))), (at(3), held))
    assert "block.observed" not in told


def test_a_resolver_that_answers_otherwise_is_a_block_at_that_resolver() -> None:
    blocked = clone_seen(at(1), availability={"system": Availability.LIVE, "isp": Availability.RESOLVER_BLOCKED})
    state, told = run(*looked(clone_seen(at(0)), blocked, clone_seen(at(2))))
    assert told[-2:] == ["block.observed", "block.lifted"]
    assert state.blocks[0].place is Place.RESOLVER


# --- what holds for every order of inputs

GRADES = [
    Availability.LIVE,
    Availability.PARKED,
    Availability.NXDOMAIN,
    Availability.UNREACHABLE,
    Availability.CONTENT_NOT_SEEN,
    Availability.SEIZED,
    Availability.VANTAGE_FAILED,
    Availability.NOT_CHECKED,
]


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[datetime, Input]]:
    now = START
    inputs: list[tuple[datetime, Input]] = []
    for _ in range(draw(st.integers(1, 25))):
        now += timedelta(hours=draw(st.integers(0, 60)))
        kind = draw(st.sampled_from(["clone", "nothing", "block", "word", "tick"]))
        if kind == "clone":
            inputs.append((now, clone_seen(now)))
        elif kind == "nothing":
            inputs.append((now, nothing_seen(now, draw(st.sampled_from(GRADES)))))
        elif kind == "block":
            lifted = draw(st.sampled_from([None, now]))
            inputs.append((now, BlockRecorded(block=block(draw(st.sampled_from(list(Place))), now, lifted_at=lifted))))
        elif kind == "word":
            verdict = draw(st.sampled_from(list(Verdict)))
            inputs.append(
                (
                    now,
                    VerdictGiven(
                        outlet="spiegel", word=AnalystWord(verdict=verdict, reason=WordReason.OTHER, by="b", at=now)
                    ),
                )
            )
        else:
            inputs.append((now, Tick(wake=draw(st.booleans()))))
    return inputs


def steps(inputs: list[tuple[datetime, Input]]) -> list[tuple[Site, Step]]:
    state = site()
    done: list[tuple[Site, Step]] = []
    for now, given_ in inputs:
        made = step(state, given_, now, RULES)
        done.append((state, made))
        state = made.site
    return done


@settings(max_examples=200)
@given(histories())
def test_no_order_of_inputs_loses_or_rewrites_an_episode(inputs: list[tuple[datetime, Input]]) -> None:
    for before, made in steps(inputs):
        was, now_is = before.lookalikes[0].episodes, made.site.lookalikes[0].episodes
        assert len(was) <= len(now_is) <= len(was) + 1
        closed = [episode for episode in was if episode.ended_at is not None]
        assert list(now_is[: len(closed)]) == closed


@settings(max_examples=200)
@given(histories())
def test_time_never_runs_backwards_in_a_timeline(inputs: list[tuple[datetime, Input]]) -> None:
    state = steps(inputs)[-1][1].site
    episodes = state.lookalikes[0].episodes
    for i, episode in enumerate(episodes):
        assert episode.began_at <= episode.last_seen_at
        assert episode.ended_at is None or episode.last_seen_at <= episode.ended_at
        assert episode.ended_at is not None or i == len(episodes) - 1
        if i:
            ended = episodes[i - 1].ended_at
            assert ended is not None
            assert ended <= episode.began_at


@settings(max_examples=200)
@given(histories())
def test_the_same_inputs_give_the_same_state_and_the_same_event_ids(inputs: list[tuple[datetime, Input]]) -> None:
    first, second = steps(inputs), steps(inputs)
    assert first[-1][1].site == second[-1][1].site
    assert [e.id for _, made in first for e in made.events] == [e.id for _, made in second for e in made.events]


@settings(max_examples=200)
@given(histories())
def test_every_flag_and_every_fall_of_a_flag_is_told(inputs: list[tuple[datetime, Input]]) -> None:
    for before, made in steps(inputs):
        was, now_is = before.lookalikes[0].verdict, made.site.lookalikes[0].verdict
        types = [event.type for event in made.events]
        if now_is is not was and now_is.flagged:
            assert {"lookalike.suspected", "impersonation.confirmed"} & set(types)
        if was.flagged and not now_is.flagged:
            assert "flag.withdrawn" in types


@settings(max_examples=100)
@given(histories())
def test_a_watched_site_is_always_due_again(inputs: list[tuple[datetime, Input]]) -> None:
    state = steps(inputs)[-1][1].site
    assert state.due_at <= inputs[-1][0] + timedelta(days=30)


def test_two_lookalikes_on_one_site_are_judged_side_by_side() -> None:
    both = site(lookalikes=(lookalike("spiegel"), lookalike("tagesspiegel")))
    seen = Looked(
        look=look(at(0)),
        judgements=(judgement(), judgement(Verdict.UNKNOWN, shows=False, outlet="tagesspiegel")),
    )
    state, told = run(*looked(seen), start=both)
    assert [one.verdict for one in state.lookalikes] == [Verdict.IMPERSONATION, Verdict.UNKNOWN]
    assert told == ["lookalike.discovered", "impersonation.confirmed", "lookalike.discovered"]
