"""Leaving earlier: advice before departure, judged like any plan, and a plan itself only as far as a setting allows."""

from dataclasses import replace
from datetime import timedelta

from factories import at, make_case, make_plan, make_snapshot
from forestall.domain.orders import Window
from forestall.domain.plan import DayPlan
from forestall.domain.replan import apply_candidate
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import ActionKind, RouteStatus
from tools import leave_earlier


def tight_day(departs: float = 180, closes: float = 200, **route: object) -> DayPlan:
    """One route whose promises all end soon after it is planned to leave."""
    plan = make_plan(route_count=1, stops_each=3)
    window = Window(at(0), at(closes))
    return replace(
        plan,
        routes=tuple(replace(r, departs_at=at(departs), **route) for r in plan.routes if not r.is_spare),
        stops=tuple(replace(stop, window=window) for stop in plan.stops),
        orders=tuple(replace(order, promise=window) for order in plan.orders),
    )


def offered(situation_of, snapshot: HubSnapshot, allowed: int = 0):
    case = make_case(route_ids=("R01",), stop_ids=tuple(snapshot.stops))
    situation = replace(situation_of(snapshot, case), earlier_departure=timedelta(minutes=allowed))
    return situation, leave_earlier.propose(situation)


def test_it_is_advice_unless_the_operator_allows_it(situation_of):
    snapshot = make_snapshot(tight_day(), taken_at=at(60))
    _, offer = offered(situation_of, snapshot)
    assert [candidate.is_advice for candidate in offer.candidates] == [True, True]
    _, offer = offered(situation_of, snapshot, allowed=15)
    assert [candidate.is_advice for candidate in offer.candidates] == [False, True]


def test_the_forecast_says_what_leaving_earlier_is_worth(situation_of, forecaster):
    snapshot = make_snapshot(tight_day(), taken_at=at(60))
    situation, offer = offered(situation_of, snapshot)
    judged = forecaster.judge(snapshot, situation.travel, offer.candidates)
    quarter, half = (judged[candidate.id] for candidate in offer.candidates)
    assert half.misses_after <= quarter.misses_after < quarter.misses_before
    assert [c.actions[0].kind for c in offer.candidates] == [ActionKind.LEAVE_EARLIER] * 2
    assert apply_candidate(snapshot, offer.candidates[0]).routes["R01"].departs_at == at(165)


def test_a_driver_who_could_not_be_told_in_time_leaves_as_planned(situation_of):
    _, offer = offered(situation_of, make_snapshot(tight_day(), taken_at=at(140)))
    assert offer.declined is not None
    assert offer.declined.rule == "leave_earlier.cannot"


def test_nobody_leaves_before_load_hub_or_shift(situation_of):
    late_load = make_snapshot(tight_day(load_ready_at=at(170)), taken_at=at(60))
    closed_hub = make_snapshot(tight_day(departs=10, closes=30), taken_at=at(-60))
    plan = tight_day()
    drivers = tuple(replace(driver, shift_start=at(175)) for driver in plan.drivers)
    off_duty = make_snapshot(replace(plan, drivers=drivers), taken_at=at(60))
    for snapshot in (late_load, closed_hub, off_duty):
        assert offered(situation_of, snapshot)[1].declined is not None


def test_what_has_left_is_not_asked_to_leave_earlier(situation_of):
    snapshot = make_snapshot(tight_day(), taken_at=at(60))
    gone = replace(snapshot.routes["R01"], status=RouteStatus.UNDERWAY, departed_at=at(50))
    assert offered(situation_of, replace(snapshot, routes={"R01": gone}))[1].declined is not None
