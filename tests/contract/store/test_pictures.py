"""Snapshots as they are loaded: whole, limited to hubs, and named by their content."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from factories import DAY, at, bumped, make_hub, make_plan, make_position, make_stop, make_vehicle
from forestall.domain.ids import HubId, OrderId, RouteId, StopId, VehicleId
from forestall.domain.network import HubLink
from forestall.domain.plan import DayPlan
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import StopStatus
from forestall.store import Store
from forestall.store.picture import content_id

H1, H2 = HubId("H1"), HubId("H2")


def load(store: Store, hubs: set[HubId] | None = None) -> HubSnapshot:
    with store.read() as uow:
        return uow.state.load_snapshot(DAY, at(60), hubs)


def two_hubs() -> DayPlan:
    """Route R01 of hub H1, and R02 of hub H2; order O001 of H1 is served by H2's route, as after a hub swap."""
    plan = make_plan(route_count=2, stops_each=2, links=(HubLink(H1, H2, 1800.0),), hubs=(make_hub(), make_hub("H2")))
    second = RouteId("R02")
    return replace(
        plan,
        vehicles=(
            *[replace(vehicle, hub_id=H2) if vehicle.id == "V02" else vehicle for vehicle in plan.vehicles],
            make_vehicle("V77", "H2"),
        ),
        routes=tuple(replace(route, hub_id=H2) if route.id == second else route for route in plan.routes),
        orders=tuple(replace(order, hub_id=H2) if order.id > "O002" else order for order in plan.orders),
        stops=tuple(replace(stop, route_id=second, sequence=9) if stop.id == "S001" else stop for stop in plan.stops),
    )


@pytest.fixture
def hubs_store(store: Store) -> Store:
    with store.write() as uow:
        uow.plans.put(two_hubs())
        uow.state.put_positions([make_position("V01"), make_position("V02"), make_position("V99")])
    return store


def test_the_whole_day_holds_every_hub(hubs_store: Store) -> None:
    snapshot = load(hubs_store)
    assert set(snapshot.hubs) == {"H1", "H2"}
    assert list(snapshot.stops) == ["S002", "S003", "S004", "S001"]
    assert set(snapshot.positions) == {"V01", "V02"}
    assert len(snapshot.packages) == 4


def test_one_hubs_picture_holds_what_its_routes_need(hubs_store: Store) -> None:
    snapshot = load(hubs_store, {H2})
    assert set(snapshot.hubs) == {"H2"}
    assert set(snapshot.routes) == {"R02"}
    assert set(snapshot.stops) == {"S001", "S003", "S004"}
    assert set(snapshot.orders) == set(snapshot.packages_by_order) == {"O001", "O003", "O004"}
    assert set(snapshot.vehicles) == {"V02", "V77"}
    assert set(snapshot.drivers) == {"D02"}
    assert set(snapshot.positions) == {"V02"}
    assert snapshot.links == (HubLink(H1, H2, 1800.0),)


def test_no_hubs_is_an_empty_picture(hubs_store: Store) -> None:
    snapshot = load(hubs_store, set())
    assert not snapshot.hubs
    assert not snapshot.stops


def test_equal_states_have_equal_ids_and_the_id_can_be_recomputed(hubs_store: Store) -> None:
    first, again = load(hubs_store), load(hubs_store)
    assert first == again
    assert first.id == again.id == content_id(first)


def test_a_change_gives_another_id_and_a_change_back_the_first_one(hubs_store: Store) -> None:
    before = load(hubs_store)
    changed = replace(before.stops[StopId("S002")], status=StopStatus.LOADED)
    with hubs_store.write() as uow:
        uow.state.save_stop(changed)
    assert load(hubs_store).stops[changed.id] is not before.stops[changed.id]
    assert load(hubs_store).id != before.id
    with hubs_store.write() as uow:
        uow.state.save_stop(before.stops[changed.id])
    assert load(hubs_store) == before


def test_positions_and_the_time_are_part_of_the_content(hubs_store: Store) -> None:
    before = load(hubs_store)
    with hubs_store.read() as uow:
        assert uow.state.load_snapshot(DAY, at(61)).id != before.id
    with hubs_store.write() as uow:
        uow.state.put_position(make_position("V01", 99))
    assert load(hubs_store).id != before.id


def test_a_stop_that_left_is_gone_from_the_next_picture(hubs_store: Store) -> None:
    load(hubs_store, {H2})
    with hubs_store.write() as uow:
        uow.state.save_stop(replace(uow.state.get_stop(StopId("S001")), route_id=RouteId("R01")))
    assert StopId("S001") not in load(hubs_store, {H2}).stops
    assert OrderId("O001") not in load(hubs_store, {H2}).orders


def test_values_that_did_not_change_are_the_same_objects(hubs_store: Store) -> None:
    before, after = load(hubs_store), load(hubs_store)
    assert all(after.stops[stop_id] is stop for stop_id, stop in before.stops.items())


def test_another_servers_change_is_seen_at_once(
    hubs_store: Store, open_store: Callable[[str], Store], database_url: str
) -> None:
    other = open_store(database_url)
    load(other)
    with hubs_store.write() as uow:
        uow.state.save_route(bumped(uow.state.get_route(RouteId("R01"))), expected_version=1)
        uow.state.add_stop(make_stop("S900", "R01", 7))
    assert load(other) == load(hubs_store)
    assert load(other).routes[RouteId("R01")].version == 2


def test_both_databases_name_one_state_alike(
    hubs_store: Store, tmp_path: Path, open_store: Callable[[str], Store]
) -> None:
    other = open_store(f"sqlite:///{tmp_path}/other.db")
    other.migrate()
    with other.write() as uow:
        uow.plans.put(two_hubs())
        uow.state.put_positions([make_position("V01"), make_position("V02")])
    assert load(hubs_store).id == load(other).id


def test_hub_ids_are_the_days_own(hubs_store: Store) -> None:
    with hubs_store.read() as uow:
        assert uow.state.list_hub_ids(DAY) == ["H1", "H2"]
        assert uow.state.list_hub_ids("another day") == []
        assert uow.state.list_links(DAY) == [HubLink(H1, H2, 1800.0)]
        assert uow.state.find_position(VehicleId("V99")) is not None
