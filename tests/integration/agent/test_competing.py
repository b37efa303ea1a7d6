"""Cases that want the same thing: nobody gets it twice, and what one hub-wide cause does is planned as one."""

from collections import Counter
from dataclasses import replace

from agent.detectors.registry import DETECTORS, Detector
from agent.steps.carry_out import NOTHING_HELPS
from factories import DAY, at, make_carrier, make_driver, make_plan, make_route, make_vehicle, make_window
from field import Field
from forestall.domain.cases import Case
from forestall.domain.plan import DayPlan
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import CaseKind, CaseStatus, EventType, Verdict


def two_vans(spare_room: float = 4.0, spare_carrier: str = "OWN", spares: int = 1, **carrier: object) -> DayPlan:
    """Two vans that are full with four stops each, and spares with room for so many units."""
    plan = make_plan(route_count=2, stops_each=4)
    names = [f"SP{number}" for number in range(1, spares + 1)]
    vans = [replace(v, capacity={"units": 4.0}) for v in plan.vehicles if not v.id.startswith("VSP")]
    spare_vans = [make_vehicle(f"V{n}", carrier_id=spare_carrier, capacity={"units": spare_room}) for n in names]
    routes = [route for route in plan.routes if not route.is_spare]
    spare_routes = [make_route(f"R{n}", f"V{n}", f"D{n}", is_spare=True) for n in names]
    drivers = [driver for driver in plan.drivers if not driver.id.startswith("DSP")]
    carriers = plan.carriers if spare_carrier == "OWN" else (*plan.carriers, make_carrier(spare_carrier, **carrier))
    return replace(
        plan,
        vehicles=(*vans, *spare_vans),
        routes=(*routes, *spare_routes),
        drivers=(*drivers, *(make_driver(f"D{n}") for n in names)),
        carriers=carriers,
    )


def break_both(field: Field) -> None:
    field.break_down("V01", "R01", 40)
    field.break_down("V02", "R02", 41)


def live(field: Field) -> HubSnapshot:
    with field.service.store.read() as uow:
        return uow.state.load_snapshot(DAY, field.clock.now())


def taken_by(snapshot: HubSnapshot, *vehicles: str) -> int:
    """The deliveries on these vehicles' lists."""
    routes = [route.id for route in snapshot.routes.values() if route.vehicle_id in vehicles]
    return sum(stop.order_id is not None for route in routes for stop in snapshot.open_stops(route))


def most_aboard(snapshot: HubSnapshot, route: str) -> int:
    """The most parcels the vehicle would have at once, driving its list."""
    aboard, most = 0, 0
    for stop in snapshot.open_stops(route):
        aboard += -1 if stop.order_id else len(stop.package_ids)
        most = max(most, aboard)
    return most


def verdicts(field: Field) -> Counter[Verdict]:
    with field.service.store.read() as uow:
        return Counter(decision.verdict for decision in uow.decisions.list())


def approve_all(field: Field) -> int:
    with field.service.store.read() as uow:
        questions = uow.approvals.list_open()
    for question in questions:
        field.service.answer(question.case_id, question.interrupt_id, "approve", by="ann")
    return len(questions)


def test_two_broken_vans_do_not_fill_the_same_spare_twice(field: Field):
    field.begin(two_vans())
    break_both(field)
    for minute in (42, 53, 64):
        field.tick_at(minute)
    assert sorted(case.kind for case in field.cases) == [CaseKind.VEHICLE_BREAKDOWN] * 2
    assert taken_by(live(field), "VSP1") > 0
    assert most_aboard(live(field), "RSP1") <= 4


def test_of_two_approved_plans_for_one_spare_the_second_is_checked_again(field: Field):
    field.begin(two_vans(spare_carrier="GIG"))
    break_both(field)
    field.tick_at(42)
    assert approve_all(field) == 2
    field.tick_at(43)
    assert verdicts(field)[Verdict.APPROVED] == 1
    assert verdicts(field)[Verdict.STALE] >= 1
    assert 0 < taken_by(live(field), "VSP1") <= 4


def test_a_plan_that_waited_while_another_took_its_spare_is_not_carried_out(field: Field):
    field.begin(two_vans(spare_carrier="GIG"))
    break_both(field)
    field.tick_at(42)
    with field.service.store.read() as uow:
        waiting, going = uow.approvals.list_open()
    field.service.answer(going.case_id, going.interrupt_id, "approve", by="ann")
    field.tick_at(43)
    taken = {stop.id for stop in live(field).open_stops("RSP1")}
    assert taken
    field.service.answer(waiting.case_id, waiting.interrupt_id, "approve", by="bob")
    field.tick_at(44)
    assert (verdicts(field)[Verdict.APPROVED], verdicts(field)[Verdict.STALE]) == (1, 1)
    assert {stop.id for stop in live(field).open_stops("RSP1")} == taken


def test_two_cases_do_not_use_a_carriers_room_twice_on_different_vehicles(field: Field):
    field.begin(two_vans(spare_carrier="GIG", spares=2, free_stops=4))
    break_both(field)
    field.tick_at(42)
    assert approve_all(field) == 2
    for minute in (43, 54):
        field.tick_at(minute)
    assert 0 < taken_by(live(field), "VSP1", "VSP2") <= 4


def test_room_that_a_plan_took_is_gone_until_the_carrier_speaks_again(field: Field):
    field.begin(two_vans(spare_carrier="GIG", free_stops=10))
    break_both(field)
    field.tick_at(42)
    with field.service.store.read() as uow:
        one, _ = uow.approvals.list_open()
    field.service.answer(one.case_id, one.interrupt_id, "approve", by="ann")
    field.tick_at(43)
    taken = taken_by(live(field), "VSP1")
    assert live(field).carriers["GIG"].free_stops == 10 - taken < 10
    field.tell(EventType.CARRIER_CAPACITY, "GIG", 44, free_stops=9, active=True)
    assert live(field).carriers["GIG"].free_stops == 9


def closed_in_front() -> DayPlan:
    """Three vans on the road, each with its first stop (an easy promise) where a road will close, the others urgent."""
    plan = make_plan(route_count=3, stops_each=4)
    first = {"S001", "S005", "S009"}
    late = {stop.order_id for stop in plan.stops if stop.id in first}
    orders = [order if order.id in late else replace(order, promise=make_window(0, 100)) for order in plan.orders]
    return replace(plan, orders=tuple(orders))


def close_road(field: Field, minute: float, until: float) -> None:
    field.tell(
        EventType.ROAD_CLOSED, "H1", minute, closure="fair", lat=41.17, lon=-8.605, radius_m=1600,
        **{"from": at(minute).isoformat(), "until": at(until).isoformat()},
    )  # fmt: skip


def proposals(field: Field, case: Case):
    with field.service.store.read() as uow:
        return uow.proposals.find_latest(case.id)


def test_a_closed_road_is_one_case_and_one_plan_for_all_the_routes_behind_it(field: Field):
    field.begin(closed_in_front())
    field.tick_at(5)
    close_road(field, 6, 240)
    field.tick_at(7)
    [case] = [case for case in field.cases if case.kind is CaseKind.ROAD_CLOSURE]
    assert len(case.route_ids) == 3
    assert len(field.cases) == 1
    proposal = proposals(field, case)
    assert proposal is not None
    assert proposal.chosen is not None
    joint = proposal.get_candidate(proposal.chosen)
    assert len(joint.route_changes) >= 3
    best_alone = max(proposal.judgements[c.id].gain for c in proposal.candidates if len(c.route_changes) == 1)
    assert proposal.judgements[joint.id].gain > best_alone


def test_a_road_that_opens_again_closes_its_case(field: Field):
    field.begin(closed_in_front())
    field.tick_at(5)
    close_road(field, 6, 240)
    field.tick_at(7)
    close_road(field, 9, 9)
    for minute in (10, 16, 29):
        field.tick_at(minute)
    [case] = [case for case in field.cases if case.kind is CaseKind.ROAD_CLOSURE]
    assert case.status is CaseStatus.RESOLVED


def test_loads_of_a_hub_that_are_all_late_are_one_case(field: Field):
    plan = make_plan(route_count=3, stops_each=4)
    orders = tuple(replace(order, promise=make_window(0, 90)) for order in plan.orders)
    field.begin(replace(plan, orders=orders))
    for number in (1, 2, 3):
        ready = at(150).isoformat()
        field.tell(EventType.HUB_READY, "H1", 10, route=f"R{number:02d}", ready_at=ready, ready=False)
    field.tick_at(11)
    [case] = field.cases
    assert (case.kind, len(case.route_ids)) == (CaseKind.HUB_NOT_READY, 3)


def test_a_driver_who_does_not_come_loses_his_stops_to_others(field: Field):
    field.begin()
    field.tell(EventType.DRIVER_UNAVAILABLE, "D01", 5, until=None)
    field.tick_at(6)
    [case] = field.cases
    assert case.kind is CaseKind.DRIVER_UNAVAILABLE
    approve_all(field)
    field.tick_at(8)
    assert taken_by(live(field), "V01") == 0


def test_a_failed_delivery_is_told_once_and_not_planned_again(field: Field):
    field.begin()
    field.tell(EventType.DEPARTED, "R01", 30, to_stop="S001")
    field.tell(EventType.ARRIVED, "S001", 40)
    field.tell(EventType.FAILED, "S001", 44, reason="RECIPIENT_UNAVAILABLE")
    for minute in (45, 56, 67, 78):
        field.tick_at(minute)
    [case] = [case for case in field.cases if case.kind is CaseKind.DELIVERY_FAILED]
    with field.service.store.read() as uow:
        [decision] = uow.decisions.list_for_case(case.id)
    assert (decision.verdict, decision.note) == (Verdict.NO_ACTION, NOTHING_HELPS)


def test_where_no_plan_helps_that_is_said_and_the_customer_is_warned(field: Field):
    plan = make_plan(route_count=1, stops_each=1)
    orders = tuple(replace(order, promise=make_window(0, 190)) for order in plan.orders)
    stops = tuple(replace(stop, window=make_window(0, 190)) for stop in plan.stops)
    routes = tuple(replace(route, departs_at=at(200)) for route in plan.routes if not route.is_spare)
    field.begin(replace(plan, orders=orders, stops=stops, routes=routes))
    field.tick_at(150)
    [case] = field.cases
    with field.service.store.read() as uow:
        [decision] = uow.decisions.list_for_case(case.id)
        rows = uow.outbox.list_after(0)
    assert (decision.verdict, decision.note) == (Verdict.AUTOMATIC, NOTHING_HELPS)
    assert [row.effect.template for row in rows] == ["eta_update"]
    assert case.avoidable_loss == 0.0


def test_an_attempt_far_from_the_door_is_suspected(field: Field):
    field.begin()
    field.tell(EventType.DEPARTED, "R01", 30, to_stop="S001")
    for tenth in range(400, 441, 3):
        field.tell(EventType.POSITION, "V01", tenth / 10, lat=41.30, lon=-8.61)
    field.tell(EventType.FAILED, "S001", 44, reason="RECIPIENT_UNAVAILABLE")
    field.tick_at(45)
    assert [case.kind for case in field.cases] == [CaseKind.SUSPECTED_FALSE_ATTEMPT]


def test_a_detector_that_fails_is_reported_to_people_and_stops_nothing(field: Field, monkeypatch):
    def fails(_view):
        raise ZeroDivisionError("a bug")

    broken = [Detector(d.name, fails if d.name == "closures" else d.look, d.causes) for d in DETECTORS]
    monkeypatch.setattr(field.service._sweeper, "_detectors", broken)
    field.begin()
    field.break_down()
    field.go_to(at(41))
    report = field.service.tick()
    assert [fault.detector for fault in report.faults] == ["closures"]
    assert [fault.detector for fault in field.service.detector_faults] == ["closures"]
    assert [case.kind for case in field.cases] == [CaseKind.VEHICLE_BREAKDOWN]
