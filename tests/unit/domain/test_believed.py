"""believed: what drivers do who have not confirmed their newest plan, and that nothing else changes."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from factories import at, make_instruction, make_plan, make_snapshot
from forestall.domain.believed import believed, find_silent
from forestall.domain.ids import PackageId, RouteId, StopId, VehicleId
from forestall.domain.orders import Custody
from forestall.domain.routes import Stop
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import HolderKind, RouteStatus, StopKind, StopStatus

R1, R2 = RouteId("R01"), RouteId("R02")
S1, S2, S3, S4 = (StopId(f"S00{n}") for n in (1, 2, 3, 4))


def under_way(minute: float = 70, order: tuple[StopId, ...] = (S3, S2, S1)) -> HubSnapshot:
    """R01 is on the road with its goods, told at 60 to drive in that order instead of by number; R02 is at the hub."""
    day = make_snapshot(make_plan(route_count=2, stops_each=3), at(minute))
    route = replace(day.routes[R1], status=RouteStatus.UNDERWAY, departed_at=at(30), plan_version=2)
    numbered = {s: replace(day.stops[s], sequence=i, status=StopStatus.LOADED) for i, s in enumerate(order, start=1)}
    aboard = Custody(HolderKind.VEHICLE, "V01", at(30))
    goods = {PackageId(f"P00{n}"): replace(day.packages[PackageId(f"P00{n}")], custody=aboard) for n in (1, 2, 3)}
    return replace(
        day,
        routes={**day.routes, R1: route},
        stops={**day.stops, **numbered},
        packages={**day.packages, **goods},
        instructions=(make_instruction(),),
    )


def with_stop(snapshot: HubSnapshot, stop: Stop) -> HubSnapshot:
    return replace(snapshot, stops={**snapshot.stops, stop.id: stop})


def order_of(snapshot: HubSnapshot, route_id: RouteId = R1) -> list[StopId]:
    return [stop.id for stop in snapshot.open_stops(route_id)]


def test_a_plan_is_believed_until_its_drivers_time_to_confirm_is_over():
    in_time = under_way(minute=64.9)
    assert believed(in_time) is in_time
    assert order_of(believed(under_way(minute=65))) == [S1, S2, S3]


def test_a_driver_who_has_confirmed_is_believed():
    snapshot = under_way()
    confirmed = replace(snapshot.routes[R1], acknowledged_version=2)
    snapshot = replace(snapshot, routes={**snapshot.routes, R1: confirmed})
    assert find_silent(snapshot) == {}


@given(st.permutations([S1, S2, S3]), st.sets(st.sampled_from([S1, S2, S3]), max_size=2))
def test_a_silent_driver_does_what_is_left_of_his_old_list_in_its_old_order(order, done):
    snapshot = under_way(order=tuple(order))
    for stop_id in done:
        stop = replace(snapshot.stops[stop_id], status=StopStatus.COMPLETED, finished_at=at(66))
        snapshot = with_stop(snapshot, stop)
    assert order_of(believed(snapshot)) == [s for s in (S1, S2, S3) if s not in done]
    assert believed(snapshot).stops.keys() == snapshot.stops.keys()


def test_the_stop_he_is_bound_for_stays_his_next():
    snapshot = under_way()
    bound = replace(snapshot.stops[S2], status=StopStatus.ENROUTE, departed_at=at(66), sequence=0)
    assert believed(with_stop(snapshot, bound)).committed_stop(R1) == bound


def test_he_keeps_what_is_aboard_though_another_driver_is_to_have_it():
    snapshot = under_way()
    given_away = replace(snapshot.stops[S2], route_id=R2, sequence=9)
    meeting = replace(
        snapshot.stops[S1], id=StopId("X1"), kind=StopKind.HAND_OVER, order_id=None, transfer_to=VehicleId("V02")
    )
    after = believed(with_stop(with_stop(snapshot, given_away), meeting))
    assert order_of(after) == [S1, S2, S3]
    assert S2 not in order_of(after, R2)
    assert after.stops[StopId("X1")].status is StopStatus.CANCELLED


def test_stops_he_was_never_told_of_come_last_and_are_not_done():
    snapshot = under_way()
    gained = replace(snapshot.stops[S4], route_id=R1, sequence=0)
    after = believed(with_stop(snapshot, gained))
    assert order_of(after) == [S1, S2, S3, S4]
    assert after.untold == {S4}


def test_goods_at_the_hub_stay_with_the_driver_who_was_told():
    snapshot = under_way()
    waiting = replace(snapshot.packages[PackageId("P002")], custody=Custody(HolderKind.HUB, "H1", at(0)))
    snapshot = replace(snapshot, packages={**snapshot.packages, waiting.id: waiting})
    after = believed(with_stop(snapshot, replace(snapshot.stops[S2], route_id=R2, sequence=9)))
    assert order_of(after) == [S1, S3]


def test_a_driver_who_sets_out_for_what_is_new_has_read_it():
    snapshot = under_way()
    bound = replace(snapshot.stops[S4], route_id=R1, sequence=0, status=StopStatus.ENROUTE, departed_at=at(61))
    assert find_silent(with_stop(snapshot, bound)) == {}


def test_a_silent_driver_at_the_hub_leaves_when_he_was_to_leave():
    snapshot = under_way()
    later = replace(snapshot.routes[R1], status=RouteStatus.PLANNED, departed_at=None, departs_at=at(90))
    after = believed(replace(snapshot, routes={**snapshot.routes, R1: later}))
    assert after.routes[R1].departs_at == at(30)


def test_of_several_plans_the_last_confirmed_one_is_followed():
    snapshot = under_way()
    first = make_instruction(stops_before=(S2, S1, S3))
    second = make_instruction(plan_version=3, stops_before=(S3, S2, S1), answer_by=at(99))
    snapshot = replace(snapshot, instructions=(second, first))
    assert order_of(believed(snapshot)) == [S2, S1, S3]


def test_nobody_waits_for_the_word_of_a_broken_vehicle():
    snapshot = under_way()
    broken = replace(snapshot.routes[R1], status=RouteStatus.BROKEN, broken_at=at(61))
    assert find_silent(replace(snapshot, routes={**snapshot.routes, R1: broken})) == {}
