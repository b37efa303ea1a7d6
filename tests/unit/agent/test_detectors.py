"""What each detector sees, and what it lets pass."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from agent.care import Answer, care_of
from agent.detectors import Detection, View, detect
from agent.detectors.registry import DETECTORS, Detector
from agent.detectors.view import FailedVisit
from factories import at, make_forecast, make_plan, make_position, make_snapshot, make_stop_forecast
from forestall.domain.cases import Signal
from forestall.domain.forecast import Contribution, RouteForecast
from forestall.domain.hindrances import Absence, Closure
from forestall.domain.ids import ClosureId, DriverId, HubId, RouteId, StopId, VehicleId
from forestall.domain.routes import Position, Route, Stop
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import CaseKind, FailureReason, RouteStatus, StopStatus

R01, V01, S001, S002, S003 = RouteId("R01"), VehicleId("V01"), StopId("S001"), StopId("S002"), StopId("S003")


def day_at(minute: float, **tables: object) -> HubSnapshot:
    """The factories' day, two routes of three stops, at an instant."""
    return replace(make_snapshot(taken_at=at(minute)), **tables)


def with_route(snapshot: HubSnapshot, **fields: object) -> HubSnapshot:
    route: Route = replace(snapshot.routes[R01], **fields)
    return replace(snapshot, routes={**snapshot.routes, R01: route})


def with_stop(snapshot: HubSnapshot, stop_id: StopId, **fields: object) -> HubSnapshot:
    stop: Stop = replace(snapshot.stops[stop_id], **fields)
    return replace(snapshot, stops={**snapshot.stops, stop_id: stop})


def under_way(snapshot: HubSnapshot, since: float = 30, **fields: object) -> HubSnapshot:
    """R01 is on its way to S001 since then."""
    snapshot = with_route(snapshot, status=RouteStatus.UNDERWAY, departed_at=at(since), **fields)
    for stop_id in (S002, S003):
        snapshot = with_stop(snapshot, stop_id, status=StopStatus.LOADED)
    return with_stop(snapshot, S001, status=StopStatus.ENROUTE, departed_at=at(since))


def seen(snapshot: HubSnapshot, p_late: float = 0.0, cause: str = "upstream_delay", **view: object) -> View:
    """The view in which every open stop of R01 is late with that chance; all others are on time."""
    stops = [
        make_stop_forecast(
            stop.id, stop.route_id, p_late=p_late if stop.route_id == R01 else 0.0,
            p_failed=0.0, p_miss=0.0, eta_p50=snapshot.taken_at + timedelta(hours=1),
            reasons=(Contribution(cause, p_late, {}),) if p_late else (),
        )
        for stop in snapshot.stops.values()
        if stop.status.is_open
    ]  # fmt: skip
    routes = view.pop("routes", {})
    return View(snapshot, make_forecast(stops, routes=routes), **view)


def only(view: View) -> Signal:
    [signal] = detect(view).signals
    return signal


def kinds(view: View) -> list[CaseKind]:
    return [signal.kind for signal in detect(view).signals]


def test_a_route_at_risk_is_one_signal_and_a_quiet_one_none():
    assert kinds(seen(day_at(60), 0.01)) == []
    signal = only(seen(under_way(day_at(60)), 0.5))
    assert (signal.kind, signal.route_ids, signal.severity) == (CaseKind.WINDOW_MISS_RISK, (R01,), 1.5)


def test_a_signal_ends_at_a_lower_level_than_it_begins():
    view = seen(under_way(day_at(60)), 0.08)
    assert kinds(view) == []
    live = frozenset({view.fingerprint("delay/R01")})
    fading = only(replace(view, live=live))
    assert (fading.kind, fading.fades) == (CaseKind.WINDOW_MISS_RISK, True)
    assert not only(seen(under_way(day_at(60)), 0.2, live=live)).fades


def test_a_broken_van_with_goods_is_a_breakdown():
    snapshot = with_route(under_way(day_at(60)), status=RouteStatus.BROKEN, broken_at=at(50))
    signal = only(seen(snapshot, 1.0))
    assert (signal.kind, signal.evidence["minutes_since"]) == (CaseKind.VEHICLE_BREAKDOWN, 10.0)


def test_a_late_load_is_the_hubs():
    snapshot = with_route(day_at(20), load_ready_at=at(90))
    assert only(seen(snapshot, 0.5)).kind is CaseKind.HUB_NOT_READY


def test_a_route_that_has_not_left_ten_minutes_after_it_should_is_a_late_departure():
    assert only(seen(day_at(45), 0.5)).kind is CaseKind.LATE_DEPARTURE


def test_a_driver_who_is_not_there_is_the_cause_of_his_route_being_late():
    snapshot = day_at(20, absences=(Absence(DriverId("D01"), at(90), at(10)),))
    assert only(seen(snapshot, 0.5)).kind is CaseKind.DRIVER_UNAVAILABLE


def test_a_driver_who_is_back_is_no_cause():
    snapshot = day_at(100, absences=(Absence(DriverId("D01"), at(90), at(10)),))
    assert only(seen(snapshot, 0.5)).kind is CaseKind.LATE_DEPARTURE


def test_a_vehicle_that_no_longer_reports_has_lost_its_signal():
    snapshot = day_at(100, positions={V01: make_position(minutes=60)})
    assert only(seen(under_way(snapshot), 0.5)).kind is CaseKind.SIGNAL_LOST


def test_a_visit_far_beyond_its_time_is_a_prolonged_stop():
    snapshot = with_stop(under_way(day_at(90)), S001, status=StopStatus.ARRIVED, arrived_at=at(50))
    assert only(seen(snapshot, 0.5)).kind is CaseKind.PROLONGED_STOP


def test_a_van_that_stands_between_two_stops_is_held_up():
    standing = replace(make_position(minutes=60, lat=41.15, lon=-8.61), standing_since=at(40))
    snapshot = under_way(day_at(61, positions={V01: standing}))
    signal = only(seen(snapshot, 0.5))
    assert (signal.kind, signal.evidence["minutes_late"]) == (CaseKind.PROLONGED_STOP, 20.0)


def test_a_van_that_stands_at_its_stop_is_not_held_up():
    door = make_snapshot().stops[S001].location
    standing = replace(make_position(minutes=60, lat=door.lat, lon=door.lon), standing_since=at(40))
    assert only(seen(under_way(day_at(61, positions={V01: standing})), 0.5)).kind is CaseKind.WINDOW_MISS_RISK


def trail(*places: tuple[float, float, float]) -> tuple[Position, ...]:
    return tuple(make_position(minutes=minute, lat=lat, lon=lon) for minute, lat, lon in places)


AWAY = trail((50, 41.11, -8.61), (54, 41.09, -8.61), (58, 41.07, -8.61))


def off_course(reports: tuple[Position, ...], p_late: float = 0.0) -> View:
    snapshot = under_way(day_at(60, positions={V01: reports[-1]}))
    return seen(snapshot, p_late, trails={V01: reports})


def test_a_van_that_drives_away_from_its_next_stop_has_left_its_route():
    assert only(off_course(AWAY)).kind is CaseKind.ROUTE_DEVIATION


def test_one_jump_of_a_receiver_is_no_deviation():
    assert kinds(off_course(trail((50, 41.151, -8.609), (58, 41.152, -8.608), (59, 41.07, -8.61)))) == []


def test_a_van_that_comes_back_from_a_detour_has_not_left_its_route():
    back = trail((50, 41.07, -8.61), (54, 41.09, -8.61), (58, 41.11, -8.61))
    assert kinds(off_course(back)) == []


def test_a_deviation_is_the_cause_of_a_late_route_not_a_second_case():
    assert kinds(off_course(AWAY, 0.5)) == [CaseKind.ROUTE_DEVIATION]


def barred(until: float, minute: float = 60) -> HubSnapshot:
    """S002 and S003 of R01 lie in a closed area; S001, and R02, do not."""
    place = make_snapshot().stops[S003].location
    closure = Closure(ClosureId("bridge"), HubId("H1"), place.lat, place.lon, 600.0, at(40), at(until))
    return under_way(day_at(minute, closures=(closure,)))


def test_a_closed_road_is_the_one_cause_of_all_it_delays():
    signal = only(seen(barred(300), 0.5))
    assert (signal.kind, signal.route_ids) == (CaseKind.ROAD_CLOSURE, (R01,))
    assert signal.evidence["closure"] == "bridge"


def test_a_closed_road_that_breaks_no_promise_is_no_case():
    assert kinds(seen(barred(300), 0.01)) == []


def test_a_road_that_is_open_again_is_no_cause():
    assert only(seen(barred(59), 0.5)).kind is CaseKind.WINDOW_MISS_RISK


def overrun(p: float) -> View:
    score = RouteForecast(R01, p_hours_breach=0.0, p_shift_overrun=p, p_not_ready=0.0, finish_p50=at(700))
    return seen(under_way(day_at(60)), 0.01, routes={R01: score})


def test_a_shift_that_will_be_outlasted_is_told_and_one_that_may_be_is_not():
    assert only(overrun(0.8)).kind is CaseKind.SHIFT_OVERRUN_RISK
    assert kinds(overrun(0.2)) == []


def failed(reason: FailureReason, reports: Iterable[Position] = (), **stop: object) -> View:
    """S001 failed at minute 60."""
    times = {"arrived_at": at(56), "finished_at": at(60)} | stop
    snapshot = with_stop(under_way(day_at(65)), S001, status=StopStatus.FAILED, **times)
    return seen(snapshot, failed={S001: FailedVisit(at(60), reason, tuple(reports))})


DOOR = make_snapshot().stops[S001].location
AT_THE_DOOR = trail(*((minute, DOOR.lat, DOOR.lon) for minute in (56.5, 57.5, 58.5, 59.5)))
ELSEWHERE = trail(*((minute, DOOR.lat + 0.05, DOOR.lon) for minute in (56.5, 57.5, 58.5, 59.5)))
PASSING = trail(*((56 + i / 3, DOOR.lat + 0.004 * (i - 6), DOOR.lon) for i in range(13)))


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        (FailureReason.RECIPIENT_UNAVAILABLE, CaseKind.DELIVERY_FAILED),
        (FailureReason.WRONG_ADDRESS, CaseKind.ADDRESS_PROBLEM),
        (FailureReason.FUTURE_REQUESTED, CaseKind.CUSTOMER_RESCHEDULE),
    ],
)
def test_a_failed_delivery_is_told_by_what_went_wrong(reason: FailureReason, kind: CaseKind):
    signal = only(failed(reason, AT_THE_DOOR))
    assert (signal.kind, signal.stop_ids) == (kind, (S001,))
    assert care_of(kind).answer is not Answer.ROUTES


@pytest.mark.parametrize(
    ("reports", "stop"),
    [(ELSEWHERE, {}), (PASSING, {}), (AT_THE_DOOR, {"arrived_at": at(59.9)})],
    ids=["far", "no dwell", "too quick"],
)
def test_an_attempt_that_nobody_made_is_suspected(reports: tuple[Position, ...], stop: dict[str, object]):
    signal = only(failed(FailureReason.RECIPIENT_UNAVAILABLE, reports, **stop))
    assert signal.kind is CaseKind.SUSPECTED_FALSE_ATTEMPT


def test_what_was_attempted_once_more_and_failed_again_is_not_suspected_again():
    signal = only(failed(FailureReason.RECIPIENT_UNAVAILABLE, ELSEWHERE, retried_at=at(40)))
    assert signal.kind is CaseKind.DELIVERY_FAILED


@pytest.mark.parametrize("reports", [(), ELSEWHERE[:1]], ids=["none", "one"])
def test_a_driver_whose_vehicle_did_not_report_is_not_suspected(reports: tuple[Position, ...]):
    assert only(failed(FailureReason.RECIPIENT_UNAVAILABLE, reports)).kind is CaseKind.DELIVERY_FAILED


def test_a_parcel_found_missing_on_the_way_is_no_false_attempt():
    assert only(failed(FailureReason.MISSORT, ELSEWHERE)).kind is CaseKind.DELIVERY_FAILED


def test_many_failed_deliveries_of_a_hub_are_one_signal():
    view = failed(FailureReason.RECIPIENT_UNAVAILABLE, AT_THE_DOOR)
    snapshot = with_stop(view.snapshot, S002, status=StopStatus.FAILED, finished_at=at(64))
    visits = {**view.failed, S002: FailedVisit(at(64), FailureReason.REFUSED)}
    assert set(only(seen(snapshot, failed=visits)).stop_ids) == {S001, S002}


def test_a_failed_delivery_whose_promise_is_over_is_past_telling():
    view = failed(FailureReason.RECIPIENT_UNAVAILABLE)
    assert kinds(replace(view, snapshot=replace(view.snapshot, taken_at=at(721)))) == []


def raising(view: View) -> Iterable[Signal]:
    raise ZeroDivisionError("a bug")


def test_a_detector_that_raises_is_reported_and_stops_no_other(caplog: pytest.LogCaptureFixture):
    detectors = [Detector("broken", raising, ("broken",)), *DETECTORS]
    found = detect(seen(under_way(day_at(60)), 0.5), detectors)
    assert [signal.kind for signal in found.signals] == [CaseKind.WINDOW_MISS_RISK]
    assert [(fault.detector, fault.error) for fault in found.faults] == [("broken", "ZeroDivisionError: a bug")]
    assert "broken" in caplog.text


def test_no_detector_fails_on_a_day_without_stops():
    snapshot = make_snapshot(make_plan(route_count=0))
    assert detect(View(snapshot, replace(make_forecast(), stops={}))) == Detection()
