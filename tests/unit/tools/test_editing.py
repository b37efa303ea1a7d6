"""A person's version of a plan: what it may say, and that no stop or parcel gets lost by it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factories import make_plan, make_snapshot
from forestall.domain.actions import Action, Candidate, RouteChange
from forestall.domain.ids import CandidateId, RouteId
from forestall.domain.replan import free_stops, replan
from forestall.domain.vocabulary import ActionKind, Tool
from forestall.errors import BadInput
from tools.editing import Edits, edited, faults_of

R1, R2 = RouteId("R01"), RouteId("R02")
SNAPSHOT = make_snapshot(make_plan(route_count=2, stops_each=4))
MOVED = ("S002", "S003", "S004")
PLAN = Candidate(
    CandidateId("k"),
    Tool.REASSIGN,
    (Action(ActionKind.REASSIGN, MOVED, (R1, R2)),),
    (RouteChange(R1, 1, ("S001",)), RouteChange(R2, 1, ("S004", "S005", "S006", "S003", "S007", "S008", "S002"))),
    read_set={R1: 1, R2: 1},
)


def lists(candidate):
    return {change.route_id: list(change.stop_ids) for change in candidate.route_changes}


@given(st.sets(st.sampled_from(MOVED), max_size=2), st.permutations(["S005", "S006", "S007"]))
def test_whatever_is_edited_every_stop_is_named_once_and_the_plan_can_be_driven(left_out, order):
    version = edited(SNAPSHOT, PLAN, Edits(tuple(left_out), {R2: tuple(order)}))
    replan(SNAPSHOT, version)  # raises when a stop is lost or doubled
    assert faults_of(SNAPSHOT, version) == []
    assert [s for s in lists(version)[R2] if s in order] == list(order)
    assert set(lists(version)[R1]) == {"S001", *left_out}


def test_a_stop_left_out_goes_back_behind_the_one_it_comes_after_today():
    assert lists(edited(SNAPSHOT, PLAN, Edits(("S002", "S004"))))[R1] == ["S001", "S002", "S004"]


def test_stops_not_named_in_an_order_keep_their_places():
    version = edited(SNAPSHOT, PLAN, Edits(order={R2: ("S008", "S005")}))
    assert lists(version)[R2] == ["S004", "S008", "S006", "S003", "S007", "S005", "S002"]


def test_another_plan_has_another_id_and_says_what_it_does():
    version = edited(SNAPSHOT, PLAN, Edits(("S002",)))
    assert version.id != PLAN.id
    assert [(action.kind, set(action.stop_ids)) for action in version.actions] == [
        (ActionKind.REASSIGN, {"S003", "S004"})
    ]


def test_without_edits_it_is_the_alternative_itself():
    assert edited(SNAPSHOT, PLAN, Edits()) is PLAN


@pytest.mark.parametrize(
    ("edits", "places"),
    [
        (Edits(("S001",)), ["leave_out[0]"]),
        (Edits(("S002", "S999")), ["leave_out[1]"]),
        (Edits(order={R2: ("S001",)}), ["order.R02"]),
        (Edits(order={R2: ("S005", "S005")}), ["order.R02"]),
        (Edits(("S009",), {R1: ("S005",)}), ["leave_out[0]", "order.R01"]),
    ],
)
def test_each_thing_the_plan_does_not_have_is_named(edits, places):
    with pytest.raises(BadInput) as refused:
        edited(SNAPSHOT, PLAN, edits)
    assert [problem.place for problem in refused.value.problems] == places


def test_a_version_that_does_nothing_is_refused():
    plan = replace(PLAN, route_changes=(PLAN.route_changes[0], RouteChange(R2, 1, (*today(R2), *MOVED))))
    with pytest.raises(BadInput, match="nothing is left"):
        edited(SNAPSHOT, plan, Edits(MOVED))


def test_a_version_that_puts_something_before_a_pinned_stop_is_refused():
    stop = replace(SNAPSHOT.stops["S005"], pinned=True)
    live = replace(SNAPSHOT, stops={**SNAPSHOT.stops, stop.id: stop})
    assert faults_of(live, PLAN)
    with pytest.raises(BadInput, match="can't be driven"):
        edited(live, PLAN, Edits(("S002",)))


def today(route_id):
    return tuple(stop.id for stop in free_stops(SNAPSHOT, route_id))
