"""Silent drivers in the caseload: one signal a cause, and no plan that changes what they do not hear of."""

from dataclasses import replace

import pytest

from agent.caseload import Patience, is_due_for_planning
from agent.silence import split_off, with_silence
from factories import (
    DAY,
    at,
    make_candidate,
    make_case,
    make_forecast,
    make_instruction,
    make_plan,
    make_snapshot,
    make_stop_forecast,
)
from forestall.domain.actions import RouteChange
from forestall.domain.cases import Signal
from forestall.domain.ids import HubId, RouteId, StopId
from forestall.domain.vocabulary import CaseKind, CaseStatus, RouteStatus

FORECAST = make_forecast([make_stop_forecast("S001", p_late=0.5), make_stop_forecast("S002", p_late=0.25)])


def silent_day(*routes: str):
    day = make_snapshot(make_plan(route_count=2, stops_each=2), at(70))
    told = {r: replace(day.routes[r], status=RouteStatus.UNDERWAY, plan_version=2) for r in map(RouteId, routes)}
    stops = {"R01": (StopId("S001"), StopId("S002")), "R02": (StopId("S003"), StopId("S004"))}
    instructions = tuple(make_instruction(route, stops_before=stops[route]) for route in routes)
    return replace(day, routes={**day.routes, **told}, instructions=instructions)


def cause_of_its_own() -> Signal:
    return Signal(
        make_instruction().cause, CaseKind.VEHICLE_BREAKDOWN, HubId("H1"), (RouteId("R02"),), (StopId("S003"),), 1.0
    )


def test_a_silent_driver_keeps_the_case_of_his_plan_alive():
    [signal] = with_silence([], silent_day("R01"), FORECAST)
    assert signal.fingerprint == make_instruction().cause
    assert signal.kind is CaseKind.PLAN_UNACKNOWLEDGED
    assert (signal.route_ids, signal.severity) == (("R01",), pytest.approx(0.75))


def test_two_silent_drivers_of_one_plan_are_one_cause():
    [signal] = with_silence([], silent_day("R01", "R02"), FORECAST)
    assert signal.route_ids == ("R01", "R02")


def test_a_cause_that_goes_on_keeps_its_kind_and_learns_of_the_silence():
    [signal] = with_silence([cause_of_its_own()], silent_day("R01"), FORECAST)
    assert signal.kind is CaseKind.VEHICLE_BREAKDOWN
    assert signal.severity == pytest.approx(1.75)
    assert signal.stop_ids == ("S003", "S001", "S002")


def test_that_a_silent_driver_will_be_late_is_no_second_cause():
    late = replace(cause_of_its_own(), fingerprint=f"{DAY}/delay/R01")
    [signal] = with_silence([late], silent_day("R01"), FORECAST)
    assert signal.fingerprint == make_instruction().cause


def test_while_all_confirm_signals_stay_as_they_are():
    assert with_silence([cause_of_its_own()], silent_day(), FORECAST) == [cause_of_its_own()]


def test_a_plan_that_changes_a_silent_drivers_route_falls_away_with_the_reason():
    of_silent = make_candidate("k1")
    of_another = make_candidate("k2", route_changes=(RouteChange(RouteId("R02"), 1, (StopId("S004"),)),))
    kept, fallen = split_off([of_silent, of_another], silent_day("R01"))
    assert kept == (of_another,)
    assert [(none.rule, none.values) for none in fallen] == [("acknowledgement.awaited", {"routes": ["R01"]})]


@pytest.mark.parametrize("status", [CaseStatus.OPEN, CaseStatus.MONITORING])
def test_a_case_about_an_unconfirmed_plan_is_not_planned(status):
    case = make_case(kind=CaseKind.PLAN_UNACKNOWLEDGED, status=status)
    assert not is_due_for_planning(case, None, at(700), Patience())
