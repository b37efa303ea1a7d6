from dataclasses import replace

import pytest

from factories import DAY, at, bumped, make_contact, make_event, make_plan
from forestall.domain.ids import ContactId, LocationId, OrderId, RouteId, StopId
from forestall.domain.network import HoursOfService
from forestall.domain.plan import DayPlan, TravelMatrix
from forestall.domain.vocabulary import EventOutcome, EventType
from forestall.errors import BadInput, Conflict, NotFound
from forestall.store import Store

MATRIX = TravelMatrix("m1", (LocationId("n0"), LocationId("n1")), bytes(range(16)))


def put(store: Store, plan: DayPlan) -> None:
    with store.write() as uow:
        uow.plans.put(plan)


def test_a_plan_comes_back_as_the_day_it_described(store: Store) -> None:
    plan = make_plan(matrix=MATRIX)
    put(store, plan)
    with store.read() as uow:
        snapshot = uow.state.load_snapshot(DAY, at(0))
        assert tuple(snapshot.stops.values()) == plan.stops
        assert tuple(snapshot.orders.values()) == plan.orders
        assert tuple(snapshot.packages.values()) == plan.packages
        assert tuple(snapshot.routes.values()) == plan.routes
        assert tuple(snapshot.vehicles.values()) == plan.vehicles
        assert tuple(snapshot.drivers.values()) == plan.drivers
        assert tuple(snapshot.hubs.values()) == plan.hubs
        assert tuple(snapshot.carriers.values()) == plan.carriers
        assert snapshot.matrix_id == "m1"
        assert uow.plans.get_matrix("m1") == MATRIX
        assert uow.plans.find_digest(DAY) == plan.digest


def test_hours_of_service_come_back_as_they_were_given(store: Store) -> None:
    hours = HoursOfService(max_drive_s=32_400.0, break_after_s=16_200.0, break_s=2700.0)
    plan = make_plan()
    put(store, replace(plan, drivers=tuple(replace(driver, hours=hours) for driver in plan.drivers)))
    with store.read() as uow:
        drivers = uow.state.load_snapshot(DAY, at(0)).drivers
    assert {driver.hours for driver in drivers.values()} == {hours}


def test_a_plan_without_a_hub_is_refused(store: Store) -> None:
    with pytest.raises(BadInput, match="no hub"):
        put(store, make_plan(hubs=(), vehicles=(), drivers=(), routes=(), stops=(), orders=(), packages=()))


def test_a_day_without_events_may_get_another_plan(store: Store) -> None:
    put(store, make_plan(stops_each=5))
    put(store, replace(make_plan(stops_each=2), digest="another"))
    with store.read() as uow:
        assert len(uow.state.load_snapshot(DAY, at(0)).stops) == 4
        assert uow.plans.find_digest(DAY) == "another"
        assert uow.state.find_contact(ContactId("C010")) is None


def test_a_day_that_has_seen_an_event_keeps_its_plan(store: Store) -> None:
    put(store, make_plan())
    with store.write() as uow:
        uow.inbox.add([(make_event(kind=EventType.DEPARTED, subject="R01"), EventOutcome.APPLIED, "")])
        assert uow.plans.has_events(DAY)
    with pytest.raises(Conflict):
        put(store, make_plan(stops_each=1))


def test_parked_events_and_positions_do_not_fix_a_plan(store: Store) -> None:
    put(store, make_plan())
    with store.write() as uow:
        uow.inbox.add([(make_event("e1", subject="S001"), EventOutcome.PARKED, "")])
        uow.inbox.add([(make_event("e2", EventType.POSITION, "V01"), EventOutcome.APPLIED, "")])
        assert not uow.plans.has_events(DAY)


def test_a_day_whose_route_a_decision_changed_keeps_its_plan(store: Store) -> None:
    put(store, make_plan())
    with store.write() as uow:
        uow.state.save_route(bumped(uow.state.get_route(RouteId("R01"))), expected_version=1)
    with pytest.raises(Conflict):
        put(store, make_plan())


def test_ids_of_another_day_are_refused_all_at_once(store: Store) -> None:
    put(store, make_plan("monday", route_count=1, stops_each=2))
    with pytest.raises(BadInput) as caught:
        put(store, make_plan("tuesday", route_count=1, stops_each=1))
    places = [problem.place for problem in caught.value.problems]
    assert places == ["orders.O001", "packages.P001", "routes.R01", "routes.RSP1", "stops.S001"]


def test_the_network_of_one_day_leaves_the_other_days_alone(store: Store) -> None:
    put(store, make_plan("monday", prefix="m"))
    later = make_plan("tuesday", prefix="t")
    put(store, replace(later, hubs=(replace(later.hubs[0], opens_at=at(1440), closes_at=at(2160)),)))
    with store.read() as uow:
        monday = uow.state.load_snapshot("monday", at(0))
        assert [hub.opens_at for hub in monday.hubs.values()] == [at(0)]
        assert uow.plans.list_days() == ["monday", "tuesday"]


def test_a_removed_day_is_gone_with_its_contacts(store: Store) -> None:
    put(store, make_plan(matrix=MATRIX))
    with store.write() as uow:
        uow.plans.remove(DAY)
    with store.read() as uow:
        assert uow.plans.list_days() == []
        assert uow.state.find_order(OrderId("O001")) is None
        assert uow.state.find_stop(StopId("S001")) is None
        assert uow.state.find_contact(ContactId("C001")) is None
        with pytest.raises(NotFound):
            uow.plans.get_matrix("m1")
        with pytest.raises(NotFound):
            uow.state.load_snapshot(DAY, at(0))


def test_a_contact_that_another_day_names_survives_a_removal(store: Store) -> None:
    shared = make_contact("shared")
    for day in ("monday", "tuesday"):
        plan = make_plan(day, prefix=day, route_count=1, stops_each=1)
        order = replace(plan.orders[0], contact_id=shared.id)
        put(store, replace(plan, contacts=(shared,), orders=(order,)))
    with store.write() as uow:
        uow.plans.remove("monday")
        assert uow.state.get_contact(shared.id) == shared


def test_the_newest_plan_knows_best_how_to_reach_a_contact(store: Store) -> None:
    put(store, make_plan())
    moved = replace(make_plan(), contacts=tuple(make_contact(f"C{n:03d}", phone="+12025550199") for n in range(1, 7)))
    put(store, moved)
    with store.read() as uow:
        assert uow.state.get_contact(ContactId("C001")).phone == "+12025550199"
