from dataclasses import replace
from datetime import timedelta

import pytest

from factories import (
    CLOSE,
    DAY,
    START,
    at,
    bumped,
    make_contact,
    make_order,
    make_package,
    make_plan,
    make_position,
    make_stop,
)
from forestall.domain.ids import CarrierId, ContactId, DriverId, HubId, OrderId, PackageId, RouteId, StopId, VehicleId
from forestall.domain.orders import Custody
from forestall.domain.routes import Attempt
from forestall.domain.vocabulary import FailureReason, HolderKind, RouteStatus, StopStatus
from forestall.errors import Conflict, NotFound, StalePlan
from forestall.store import Store

R01, S001, H1, V01 = RouteId("R01"), StopId("S001"), HubId("H1"), VehicleId("V01")


@pytest.fixture
def day_store(store: Store) -> Store:
    """A store that has taken in the factories' plan: two routes of three stops, and a spare."""
    with store.write() as uow:
        uow.plans.put(make_plan())
    return store


def test_a_route_is_saved_when_it_stands_at_the_expected_version(day_store: Store) -> None:
    with day_store.write() as uow:
        underway = bumped(uow.state.get_route(R01), status=RouteStatus.UNDERWAY, departed_at=at(31))
        uow.state.save_route(underway, expected_version=1)
    with day_store.read() as uow:
        assert uow.state.get_route(R01) == underway


def test_a_plan_made_on_another_version_is_refused_and_leaves_no_trace(day_store: Store) -> None:
    with day_store.write() as uow:
        uow.state.save_route(bumped(uow.state.get_route(R01)), expected_version=1)

    def commit_stale_plan() -> None:
        with day_store.write() as uow:
            uow.state.save_stop(replace(uow.state.get_stop(S001), status=StopStatus.CANCELLED))
            uow.state.save_route(replace(uow.state.get_route(R01), version=2), expected_version=1)

    with pytest.raises(StalePlan) as caught:
        commit_stale_plan()
    assert caught.value.details == {"route_id": R01, "version": 2, "expected_version": 1}
    with day_store.read() as uow:
        assert uow.state.get_stop(S001).status is StopStatus.PLANNED


def test_saving_a_route_that_does_not_exist_is_not_found(day_store: Store) -> None:
    with pytest.raises(NotFound), day_store.write() as uow:
        uow.state.save_route(replace(uow.state.get_route(R01), id=RouteId("R99")), expected_version=1)


def test_what_is_unknown_is_none_to_find_and_not_found_to_get(day_store: Store) -> None:
    with day_store.read() as uow:
        assert uow.state.find_stop(StopId("S999")) is None
        assert uow.state.find_vehicle(VehicleId("V99")) is None
        with pytest.raises(NotFound, match="no hub H9"):
            uow.state.get_hub(HubId("H9"))


def test_stops_and_packages_are_listed_in_order(day_store: Store) -> None:
    with day_store.write() as uow:
        uow.state.save_stop(replace(uow.state.get_stop(S001), sequence=9))
        uow.state.add_package(make_package("A001", "O001"))
        assert [stop.id for stop in uow.state.list_stops(R01)] == ["S002", "S003", "S001"]
        assert [package.id for package in uow.state.list_packages(OrderId("O001"))] == ["A001", "P001"]
        assert [stop.id for stop in uow.state.list_stops_of_order(OrderId("O001"))] == ["S001"]
        assert [route.id for route in uow.state.list_routes(DAY)] == ["R01", "R02", "RSP1"]


def test_every_change_of_a_stop_and_a_package_is_kept(day_store: Store) -> None:
    with day_store.write() as uow:
        stop = replace(uow.state.get_stop(S001), status=StopStatus.ENROUTE, departed_at=at(31), skills=frozenset("ab"))
        package = replace(
            uow.state.get_package(PackageId("P001")),
            custody=Custody(HolderKind.VEHICLE, "V01", at(31)),
            available_at=at(20),
        )
        uow.state.save_stop(stop)
        uow.state.save_package(package)
    with day_store.read() as uow:
        assert uow.state.get_stop(S001) == stop
        assert uow.state.get_package(PackageId("P001")) == package


def test_saving_what_does_not_exist_is_not_found(day_store: Store) -> None:
    with day_store.write() as uow, pytest.raises(NotFound, match="no stop S999"):
        uow.state.save_stop(make_stop("S999"))


def test_an_order_that_no_plan_named_joins_its_hubs_day(day_store: Store) -> None:
    with day_store.write() as uow:
        uow.state.add_contact(make_contact("C900"))
        uow.state.add_order(make_order("O900", contact_id=ContactId("C900")))
        uow.state.add_package(make_package("P900", "O900"))
        uow.state.add_stop(make_stop("S900", "RSP1", 1, order_id=OrderId("O900")))
    with day_store.read() as uow:
        snapshot = uow.state.load_snapshot(DAY, at(0))
        assert OrderId("O900") in snapshot.orders
        assert PackageId("P900") in snapshot.packages
        assert [stop.id for stop in snapshot.stops_by_route[RouteId("RSP1")]] == ["S900"]


def test_an_order_for_an_unknown_hub_is_not_found(day_store: Store) -> None:
    with day_store.write() as uow, pytest.raises(NotFound, match="H9"):
        uow.state.add_order(make_order("O900", "H9"))


def test_a_stop_on_a_route_that_does_not_exist_is_a_conflict(day_store: Store) -> None:
    with pytest.raises(Conflict), day_store.write() as uow:
        uow.state.add_stop(make_stop("S900", "R99"))


def test_attempts_are_kept_in_the_order_of_time(day_store: Store) -> None:
    first = Attempt(S001, at(60), succeeded=False, reason=FailureReason.RECIPIENT_UNAVAILABLE)
    second = Attempt(S001, at(300), succeeded=True)
    with day_store.write() as uow:
        uow.state.add_attempt(second)
        uow.state.add_attempt(first)
        assert uow.state.list_attempts(S001) == [first, second]


def test_the_route_of_a_vehicle_is_its_route_of_that_day(day_store: Store) -> None:
    with day_store.read() as uow:
        found = uow.state.find_route_of_vehicle(V01, DAY)
        assert found is not None
        assert found.id == R01
        assert uow.state.find_route_of_vehicle(V01, "another day") is None


def test_without_a_day_the_network_is_that_of_the_day_that_began_last(store: Store) -> None:
    with store.write() as uow:
        for number, day in enumerate(["monday", "tuesday", "wednesday"]):
            plan, begins = make_plan(day, prefix=day), timedelta(days=number - 1)
            hub = replace(plan.hubs[0], name=day, opens_at=START + begins, closes_at=CLOSE + begins)
            uow.plans.put(replace(plan, hubs=(hub,)))
    with store.read() as uow:  # the clock stands at tuesday's start
        assert uow.state.get_hub(H1).name == "tuesday"
        assert uow.state.get_hub(H1, "monday").name == "monday"


def test_before_the_first_day_the_network_is_that_of_the_first_to_come(store: Store) -> None:
    with store.write() as uow:
        for days_ahead in (2, 1):
            plan, begins = make_plan(f"day {days_ahead}", prefix=f"{days_ahead}-"), timedelta(days=days_ahead)
            hub = replace(plan.hubs[0], name=plan.day, opens_at=START + begins, closes_at=CLOSE + begins)
            uow.plans.put(replace(plan, hubs=(hub,)))
        assert uow.state.get_hub(H1).name == "day 1"


def test_a_carriers_capacity_is_that_days(day_store: Store) -> None:
    with day_store.write() as uow:
        own = uow.state.get_carrier(CarrierId("OWN"))
        uow.state.save_carrier(replace(own, free_stops=7, active=False))
        assert uow.state.get_carrier(CarrierId("OWN"), DAY).free_stops == 7
        assert uow.state.find_driver(DriverId("D01")) is not None


def test_a_position_is_kept_only_when_it_is_newer(day_store: Store) -> None:
    with day_store.write() as uow:
        assert uow.state.put_position(make_position(minutes=60))
        assert not uow.state.put_position(make_position(minutes=60, lat=1))
        assert not uow.state.put_position(make_position(minutes=59, lat=2))
        assert uow.state.put_position(make_position(minutes=61, lat=3))
        assert uow.state.find_position(V01) == make_position(minutes=61, lat=3)


@pytest.mark.parametrize(
    "batches", [[[50, 51, 54, 57, 60]], [[50], [51, 54], [60, 57]], [[50, 54, 51], [57, 50], [60]]]
)
def test_a_vehicle_stands_since_the_first_of_its_reports_from_one_place(day_store: Store, batches) -> None:
    """However the reports are split into batches, and whatever arrives out of order."""
    lat = {50: 1.0, 51: 2.0, 54: 2.0003, 57: 2.0002, 60: 2.0}
    with day_store.write() as uow:
        uow.state.put_position(make_position(minutes=40, lat=2.0))
        for batch in batches:
            uow.state.put_positions([make_position(minutes=minutes, lat=lat[minutes]) for minutes in batch])
        stood = make_position(minutes=60, lat=2.0)
        assert uow.state.find_position(V01) == replace(stood, standing_since=at(51))
        uow.state.put_position(make_position(minutes=61, lat=3.0))
        assert uow.state.find_position(V01) == make_position(minutes=61, lat=3.0)


def test_of_many_positions_each_vehicles_newest_is_kept(day_store: Store) -> None:
    with day_store.write() as uow:
        uow.state.put_position(make_position("V02", 90))
        late = [make_position("V01", minutes) for minutes in (61, 63, 62)]
        uow.state.put_positions([*late, make_position("V02", 80), make_position("V03", 10)])
        uow.state.put_positions([])
        newest = [uow.state.find_position(VehicleId(name)) for name in ("V01", "V02", "V03")]
        stood = replace(make_position("V01", 63), standing_since=at(61))
        assert newest == [stood, make_position("V02", 90), make_position("V03", 10)]


def test_a_hubs_state_version_rises_with_every_touch(day_store: Store) -> None:
    with day_store.write() as uow:
        assert uow.state.hub_state_version(H1) == 0
        assert [uow.state.touch_hub(H1), uow.state.touch_hub(H1)] == [1, 2]
    with day_store.read() as uow:
        assert uow.state.hub_state_version(H1) == 2


def test_a_day_is_open_while_a_stop_is(day_store: Store) -> None:
    with day_store.write() as uow:
        assert uow.state.list_open_days() == [DAY]
        assert uow.state.list_open_days(closing_after=CLOSE) == []
        for route_id in (R01, RouteId("R02")):
            for stop in uow.state.list_stops(route_id):
                uow.state.save_stop(replace(stop, status=StopStatus.COMPLETED))
        assert uow.state.list_open_days() == []
