"""Difference: what makes a plan another one than was seen, and what is only progress."""

from dataclasses import replace

import pytest

from agent.difference import compare
from factories import make_candidate, make_judgement
from forestall.domain.actions import Action, RouteChange, StopEffect
from forestall.domain.ids import RouteId, StopId
from forestall.domain.vocabulary import ActionKind, Verdict

R1, R2 = RouteId("R01"), RouteId("R02")


def plan(first: list[str], second: list[str], moved: list[str], **fields):
    changes = (RouteChange(R1, 1, tuple(map(StopId, first))), RouteChange(R2, 1, tuple(map(StopId, second))))
    action = Action(ActionKind.REASSIGN, tuple(map(StopId, moved)), (R1, R2))
    return make_candidate(route_changes=changes, actions=(action,), **fields)


def judged(*effects: tuple[str, float, float]):
    told = tuple(StopEffect(StopId(s), before, after) for s, before, after in effects)
    before, after = sum(e.p_miss_before for e in told), sum(e.p_miss_after for e in told)
    return make_judgement(misses_before=before, misses_after=after, effects=told)


SEEN = plan(["S001"], ["S004", "S002", "S003"], moved=["S002", "S003"])
SEEN_AS = judged(("S002", 0.9, 0.1), ("S003", 0.8, 0.1))


def rules(now=SEEN, judgement=SEEN_AS, done=()):
    return set(compare(SEEN, SEEN_AS, now, judgement, done).rules)


def test_the_same_plan_judged_the_same_is_no_other():
    assert rules() == set()


def test_a_stop_that_is_done_meanwhile_is_progress():
    now = plan(["S001"], ["S002", "S003"], moved=["S002", "S003"])
    assert rules(now, done=["S004"]) == set()


def test_what_was_saved_by_having_been_done_is_not_missed():
    now = plan(["S001"], ["S004", "S003"], moved=["S002", "S003"])
    assert rules(now, judged(("S003", 0.8, 0.1)), done=["S002"]) == set()


def test_a_stop_that_no_longer_changes_vehicle_makes_it_another_plan():
    now = plan(["S001", "S002"], ["S004", "S003"], moved=["S003"])
    found = compare(SEEN, SEEN_AS, now, judged(("S003", 0.8, 0.1)), [])
    assert found.dropped == ("S002",)
    assert {"stops_dropped", "saves_less"} <= set(found.rules)


def test_another_order_makes_it_another_plan():
    now = plan(["S001"], ["S004", "S003", "S002"], moved=["S002", "S003"])
    assert rules(now) == {"order_changed"}


def test_a_further_stop_makes_it_another_plan():
    assert rules(plan([], ["S004", "S002", "S003", "S001"], moved=["S001", "S002", "S003"])) == {"stops_added"}


def test_a_stop_that_goes_to_another_vehicle_makes_it_another_plan():
    now = replace(plan(["S001", "S002"], ["S004", "S003"], moved=["S002", "S003"]), id="k2")
    found = compare(SEEN, SEEN_AS, now, SEEN_AS, [])
    assert (found.elsewhere, found.rules) == (("S002",), ("other_vehicle",))


def test_more_money_makes_it_another_plan():
    assert rules(replace(SEEN, cost_cents=1)) == {"costs_more"}


@pytest.mark.parametrize(("after", "expected"), [(0.15, set()), (0.6, {"saves_less"})])
def test_saving_less_counts_beyond_what_another_sample_might_say(after, expected):
    assert rules(judgement=judged(("S002", 0.9, after), ("S003", 0.8, after))) == expected


def test_who_said_nothing_is_not_asked_again_because_a_plan_saves_less_by_now():
    saves_less = compare(SEEN, SEEN_AS, SEEN, judged(("S002", 0.9, 0.6), ("S003", 0.8, 0.6)), [])
    dearer = compare(SEEN, SEEN_AS, replace(SEEN, cost_cents=1), SEEN_AS, [])
    assert [saves_less.is_material(verdict) for verdict in (Verdict.APPROVED, Verdict.NOT_VETOED)] == [True, False]
    assert [dearer.is_material(verdict) for verdict in (Verdict.APPROVED, Verdict.NOT_VETOED)] == [True, True]


def test_somebody_who_gets_worse_that_did_not_makes_it_another_plan():
    harmed = make_judgement(
        misses_before=SEEN_AS.misses_before,
        misses_after=SEEN_AS.misses_after,
        effects=(*SEEN_AS.effects, StopEffect(StopId("S009"), 0.0, 0.4)),
    )
    assert rules(judgement=harmed) == {"harms_more"}


def test_then_and_now_stand_beside_each_other_stop_by_stop():
    found = compare(SEEN, SEEN_AS, SEEN, judged(("S002", 0.95, 0.2)), [])
    by_stop = {one.stop_id: one for one in found.stops}
    assert (by_stop["S002"].after_then, by_stop["S002"].after_now) == (0.1, 0.2)
    assert by_stop["S003"].after_now is None
