"""What an event does to a route and its stops, and that the order in which events come does not matter."""

from dataclasses import dataclass, replace
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factories import at, make_route, make_stop
from forestall.domain.ids import StopId, VehicleId
from forestall.domain.routes import Stop
from forestall.domain.vocabulary import RouteStatus, StopKind, StopStatus
from forestall.intake.apply import Drive, arrive, break_down, cancel, depart, finish

S1, S2, S3 = StopId("S1"), StopId("S2"), StopId("S3")


def make_drive(*further: Stop) -> Drive:
    stops = [make_stop(stop_id, sequence=index) for index, stop_id in enumerate((S1, S2, S3), start=1)]
    return Drive(make_route(), {stop.id: stop for stop in [*stops, *further]})


def make_transfer(stop_id: str = "X1") -> Stop:
    return make_stop(stop_id, kind=StopKind.TRANSFER, transfer_from=VehicleId("V09"))


def statuses(drive: Drive) -> list[StopStatus]:
    return [stop.status for stop in drive.stops.values()]


def test_first_departure_loads_the_route_and_commits_its_stop() -> None:
    drive = depart(make_drive(), S1, at(30))
    assert (drive.route.status, drive.route.departed_at) == (RouteStatus.UNDERWAY, at(30))
    assert statuses(drive) == [StopStatus.ENROUTE, StopStatus.LOADED, StopStatus.LOADED]
    assert drive.stops[S1].departed_at == at(30)


def test_first_departure_leaves_a_transfer_where_its_goods_are() -> None:
    drive = depart(make_drive(make_transfer()), S1, at(30))
    assert drive.stops[StopId("X1")].status is StopStatus.PLANNED


def test_later_departure_loads_nothing_more() -> None:
    drive = depart(make_drive(), S1, at(30))
    drive = drive.with_stop(make_stop("S9", sequence=9))
    assert depart(drive, S2, at(40)).stops[StopId("S9")].status is StopStatus.PLANNED


def test_arrival_and_completion_are_timed() -> None:
    drive = finish(arrive(depart(make_drive(), S1, at(30)), S1, at(40)), S1, StopStatus.COMPLETED, at(45))
    stop = drive.stops[S1]
    assert (stop.status, stop.arrived_at, stop.finished_at) == (StopStatus.COMPLETED, at(40), at(45))


def test_departure_back_to_the_hub_finishes_the_route() -> None:
    drive = depart(depart(make_drive(), S1, at(30)), None, at(60))
    assert drive.route.status is RouteStatus.FINISHED
    assert drive.stops[S1].status is StopStatus.LOADED


def test_driver_who_turns_elsewhere_frees_the_stop_he_was_on_the_way_to() -> None:
    drive = depart(depart(make_drive(), S1, at(30)), S2, at(35))
    assert statuses(drive) == [StopStatus.LOADED, StopStatus.ENROUTE, StopStatus.LOADED]


def test_departure_towards_a_stop_of_another_route_moves_no_stop() -> None:
    drive = depart(make_drive(), StopId("S99"), at(30))
    assert drive.route.status is RouteStatus.UNDERWAY
    assert StopStatus.ENROUTE not in statuses(drive)


def test_late_departure_message_fills_in_its_time_and_moves_nothing_back() -> None:
    known = finish(depart(make_drive(), S1, at(30)), S1, StopStatus.COMPLETED, at(45))
    known = depart(known, S2, at(46))
    late = depart(known, S1, at(31))
    assert statuses(late) == statuses(known)
    assert late.stops[S1].departed_at == at(31)


def test_earlier_departure_message_corrects_when_the_route_left() -> None:
    assert depart(depart(make_drive(), S2, at(40)), S1, at(30)).route.departed_at == at(30)


def test_arrival_without_any_departure_shows_that_the_route_has_left() -> None:
    drive = arrive(make_drive(), S1, at(40))
    assert (drive.route.status, drive.route.departed_at) == (RouteStatus.UNDERWAY, at(40))
    assert statuses(drive) == [StopStatus.ARRIVED, StopStatus.LOADED, StopStatus.LOADED]


def test_rescued_goods_at_the_door_say_nothing_of_the_hub() -> None:
    rescued = make_stop("S9", sequence=9, status=StopStatus.LOADED)
    assert arrive(make_drive(rescued), rescued.id, at(40)).route.status is RouteStatus.PLANNED


def test_breakdown_stops_the_route_and_frees_the_stop_under_way() -> None:
    drive = break_down(depart(make_drive(), S1, at(30)), at(35))
    assert (drive.route.status, drive.route.broken_at) == (RouteStatus.BROKEN, at(35))
    assert drive.stops[S1].status is StopStatus.LOADED


def test_breakdown_at_the_hub_leaves_the_goods_there() -> None:
    drive = break_down(make_drive(), at(10))
    assert drive.route.status is RouteStatus.BROKEN
    assert set(statuses(drive)) == {StopStatus.PLANNED}


def test_departure_after_a_breakdown_says_that_the_vehicle_goes_again() -> None:
    drive = depart(break_down(depart(make_drive(), S1, at(30)), at(35)), S1, at(55))
    assert (drive.route.status, drive.stops[S1].status) == (RouteStatus.UNDERWAY, StopStatus.ENROUTE)


def test_departure_before_the_breakdown_that_comes_late_mends_nothing() -> None:
    drive = depart(break_down(depart(make_drive(), S1, at(30)), at(45)), S2, at(40))
    assert drive.route.status is RouteStatus.BROKEN
    assert StopStatus.ENROUTE not in statuses(drive)


def test_driver_at_the_door_when_the_van_breaks_may_still_deliver() -> None:
    drive = break_down(arrive(depart(make_drive(), S1, at(30)), S1, at(40)), at(41))
    assert drive.stops[S1].status is StopStatus.ARRIVED
    assert finish(drive, S1, StopStatus.COMPLETED, at(44)).stops[S1].status is StopStatus.COMPLETED


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_delivery_made_outranks_an_attempt_that_failed(order: tuple[int, int]) -> None:
    told = [(StopStatus.FAILED, at(40)), (StopStatus.COMPLETED, at(90))]
    drive = depart(make_drive(), S1, at(30))
    for index in order:
        drive = finish(drive, S1, *told[index])
    assert (drive.stops[S1].status, drive.stops[S1].finished_at) == (StopStatus.COMPLETED, at(90))


def test_cancelled_order_closes_its_stop_but_not_one_that_was_delivered() -> None:
    drive = depart(make_drive(), S1, at(30))
    assert cancel(drive, S2).stops[S2].status is StopStatus.CANCELLED
    delivered = finish(drive, S1, StopStatus.COMPLETED, at(40))
    assert cancel(delivered, S1) == delivered


def test_event_that_tells_nothing_new_changes_nothing() -> None:
    drive = arrive(depart(make_drive(), S1, at(30)), S1, at(40))
    assert arrive(drive, S1, at(41)) == drive
    assert depart(drive, S1, at(29)).stops == drive.stops


@dataclass(frozen=True)
class Told:
    """One event of a route's day, to be applied in any order."""

    what: str
    stop_id: StopId | None
    when: datetime


def applied(drive: Drive, told: Told) -> Drive:
    match told.what:
        case "departed":
            return depart(drive, told.stop_id, told.when)
        case "broke_down":
            return break_down(drive, told.when)
    assert told.stop_id is not None
    match told.what:
        case "arrived":
            return arrive(drive, told.stop_id, told.when)
        case "completed":
            return finish(drive, told.stop_id, StopStatus.COMPLETED, told.when)
        case "failed":
            return finish(drive, told.stop_id, StopStatus.FAILED, told.when)
        case _:
            return cancel(drive, told.stop_id)


@st.composite
def days(draw: st.DrawFn) -> list[Told]:
    """A day as it could happen, in order: legs with detours, failures, cancellations, a breakdown, perhaps repaired."""
    now, told = draw(st.integers(20, 60)), []
    for stop_id in draw(st.permutations([S1, S2, S3])):
        if draw(st.integers(0, 9)) == 0:
            told.append(Told("departed", draw(st.sampled_from([S1, S2, S3])), at(now)))
            now += draw(st.integers(1, 5))
        if draw(st.integers(0, 9)) == 0:
            told.append(Told("cancelled", stop_id, at(now)))
        told.append(Told("departed", stop_id, at(now)))
        now += draw(st.integers(1, 20))
        if draw(st.integers(0, 7)) == 0:
            told.append(Told("broke_down", None, at(now)))
            if draw(st.booleans()):
                return told
            now += draw(st.integers(1, 60))
            told.append(Told("departed", stop_id, at(now)))
            now += draw(st.integers(1, 20))
        told.append(Told("arrived", stop_id, at(now)))
        now += draw(st.integers(0, 10))
        told.append(Told(draw(st.sampled_from(["completed", "failed"])), stop_id, at(now)))
        now += draw(st.integers(0, 3))
        if draw(st.integers(0, 12)) == 0:
            return told
    return [*told, Told("departed", None, at(now))]


def final(told: list[Told]) -> Drive:
    drive = make_drive(make_transfer())
    for event in told:
        drive = applied(drive, event)
    return drive


@settings(max_examples=300)
@given(st.data(), days())
def test_any_order_and_repetition_of_a_days_events_gives_the_same_rows(data: st.DataObject, told: list[Told]) -> None:
    shuffled = data.draw(st.permutations(told + data.draw(st.lists(st.sampled_from(told), max_size=5))))
    assert final(shuffled) == final(told)


@given(days())
def test_at_most_one_stop_is_under_way(told: list[Told]) -> None:
    drive = make_drive()
    for event in told:
        drive = applied(drive, event)
        assert statuses(drive).count(StopStatus.ENROUTE) <= 1


def test_route_is_otherwise_left_as_planned() -> None:
    drive = depart(make_drive(), S1, at(30))
    assert replace(drive.route, status=RouteStatus.PLANNED, departed_at=None) == make_route()


def retried() -> Drive:
    """The attempt at S1 failed at 60; at 70 people let it be made again."""
    drive = finish(arrive(depart(make_drive(), S1, at(30)), S1, at(55)), S1, StopStatus.FAILED, at(60))
    again = replace(
        drive.stops[S1],
        status=StopStatus.LOADED,
        departed_at=None,
        arrived_at=None,
        finished_at=None,
        retried_at=at(70),
    )
    return drive.with_stop(again)


def test_late_reports_of_the_first_attempt_say_nothing_of_the_second() -> None:
    drive = retried()
    late = finish(arrive(depart(drive, S1, at(50)), S1, at(55)), S1, StopStatus.FAILED, at(61))
    assert late.stops[S1] == drive.stops[S1]


def test_a_second_attempt_is_driven_like_any_other_and_may_fail_as_well() -> None:
    drive = arrive(depart(retried(), S1, at(80)), S1, at(90))
    assert drive.stops[S1].status is StopStatus.ARRIVED
    assert finish(drive, S1, StopStatus.COMPLETED, at(95)).stops[S1].status is StopStatus.COMPLETED
    assert finish(drive, S1, StopStatus.FAILED, at(95)).stops[S1].status is StopStatus.FAILED


def test_a_delivery_made_before_anybody_asked_for_it_again_is_still_a_delivery() -> None:
    assert finish(retried(), S1, StopStatus.COMPLETED, at(65)).stops[S1].status is StopStatus.COMPLETED
