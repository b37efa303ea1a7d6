"""Closed roads and absent drivers, as the forecast and the repair see them."""

from dataclasses import replace
from datetime import timedelta

import pytest

from factories import at, make_plan, make_snapshot, make_window
from forestall.domain.hindrances import Absence, Closure
from forestall.domain.ids import ClosureId, DriverId, HubId, RouteId, StopId
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import RouteStatus, StopStatus
from optimizer.repair import Repairer
from optimizer.risk import Forecaster
from optimizer.travel import HaversineTravel

ROADS, FORECASTER, REPAIRER = HaversineTravel(), Forecaster(samples=64), Repairer(samples=64)
R01, R02, S001, S002, S004 = RouteId("R01"), RouteId("R02"), StopId("S001"), StopId("S002"), StopId("S004")


def closed_around(snapshot: HubSnapshot, stop_id: StopId, begins: float = 0, ends: float = 240) -> HubSnapshot:
    place = snapshot.stops[stop_id].location
    closure = Closure(ClosureId("fair"), HubId("H1"), place.lat, place.lon, 100.0, at(begins), at(ends))
    return replace(snapshot, closures=(closure,))


def day(taken_at: float = 10) -> HubSnapshot:
    return make_snapshot(make_plan(stops_each=4), taken_at=at(taken_at))


def away(snapshot: HubSnapshot, until: float | None) -> HubSnapshot:
    absence = Absence(DriverId("D01"), None if until is None else at(until), at(5))
    return replace(snapshot, absences=(absence,))


def etas(snapshot: HubSnapshot):
    return {stop_id: score.eta_p10 for stop_id, score in FORECASTER.forecast(snapshot, ROADS).stops.items()}


def test_nobody_is_served_behind_a_closed_road_before_it_opens():
    before, after = etas(day()), etas(closed_around(day(), S002))
    assert before[S002] < at(60)
    assert after[S002] >= at(240)
    assert after[S001] == before[S001]


def test_routes_with_nothing_behind_it_do_not_notice():
    before, after = etas(day()), etas(closed_around(day(), S002))
    assert {s: after[s] for s in after if s > S004} == {s: before[s] for s in before if s > S004}


def test_a_closure_that_has_not_begun_bars_only_what_can_not_come_before_it():
    announced = closed_around(day(), S002, begins=100)
    assert etas(announced) == etas(day())
    late_window = replace(announced.stops[S002], window=make_window(120, 720))
    assert etas(replace(announced, stops={**announced.stops, S002: late_window}))[S002] >= at(240)


def test_a_road_that_is_open_again_bars_nobody():
    assert etas(closed_around(day(), S002, ends=9)) == etas(day())


@pytest.mark.parametrize("arrived", [None, 35.0])
def test_who_is_bound_for_it_or_has_come_waits_and_who_came_before_it_does_not(arrived: float | None):
    snapshot = day(40)
    route = replace(snapshot.routes[R01], status=RouteStatus.UNDERWAY, departed_at=at(30))
    status = StopStatus.ENROUTE if arrived is None else StopStatus.ARRIVED
    came = None if arrived is None else at(arrived)
    stop = replace(snapshot.stops[S001], status=status, departed_at=at(30), arrived_at=came)
    snapshot = replace(snapshot, routes={**snapshot.routes, R01: route}, stops={**snapshot.stops, S001: stop})
    assert etas(closed_around(snapshot, S001, begins=20))[S001] >= at(240)
    if arrived is not None:
        assert etas(closed_around(snapshot, S001, begins=36))[S001] <= at(35)


def test_the_repair_goes_elsewhere_first():
    """Waiting at the closed road would make the rest late."""
    plan = make_plan(stops_each=4)
    orders = tuple(
        replace(order, promise=make_window(0, 120)) if order.id != "O001" else order for order in plan.orders
    )
    snapshot = closed_around(make_snapshot(replace(plan, orders=orders), taken_at=at(10)), S001)
    repairs = REPAIRER.resequence(REPAIRER.prepare(snapshot, ROADS), R01)
    assert repairs.best is not None
    assert repairs.best.routes[R01][-1] == S001


def test_a_driver_who_comes_later_leaves_later():
    after = etas(away(day(), 90))
    assert after[S001] >= at(90)
    assert etas(away(day(), 20)) == etas(day())


def test_a_route_whose_driver_does_not_come_is_not_driven_and_takes_nothing_on():
    snapshot = away(day(), None)
    scores = FORECASTER.forecast(snapshot, ROADS).stops
    assert [scores[stop.id].p_undone for stop in snapshot.open_stops(R01)] == [1.0] * 4
    problem = REPAIRER.prepare(snapshot, ROADS)
    theirs = [stop.id for stop in snapshot.open_stops(R02)]
    taken = REPAIRER.relocate(problem, theirs, [R01])
    assert taken.plans == ()
    relieved = REPAIRER.relocate(problem, [stop.id for stop in snapshot.open_stops(R01)])
    assert relieved.best is not None
    assert relieved.best.routes[R01] == ()


def test_a_driver_who_has_left_is_not_absent():
    snapshot = away(day(40), None)
    route = replace(snapshot.routes[R01], status=RouteStatus.UNDERWAY, departed_at=at(30))
    assert snapshot.find_absence(snapshot.routes[R01]) is not None
    assert replace(snapshot, routes={**snapshot.routes, R01: route}).find_absence(route) is None


@pytest.mark.parametrize(("metres", "inside"), [(90, True), (110, False)])
def test_a_closure_reaches_as_far_as_it_says(metres: float, inside: bool):
    closure = Closure(ClosureId("fair"), HubId("H1"), 60.0, 10.0, 100.0, at(0), at(60))
    north, east = metres / 111_195, metres / (111_195 * 0.5)  # a degree of longitude is half as wide at 60 degrees
    assert closure.contains(60.0 + north, 10.0) is inside
    assert closure.contains(60.0, 10.0 + east) is inside
    assert closure.ends_at - closure.begins_at == timedelta(hours=1)
