"""Events are kept for ever, applied once, and end in the same rows whatever order they come in."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from factories import CLOSE, DAY, START, at, make_event, make_plan, make_stop
from forestall.clock import ManualClock
from forestall.domain.events import Event
from forestall.domain.ids import CarrierId, ContactId, HubId, OrderId, PackageId, RouteId, StopId, VehicleId
from forestall.domain.vocabulary import EventOutcome, EventType, HolderKind, RouteStatus, StopKind, StopStatus
from forestall.errors import Conflict
from forestall.intake import Intake
from forestall.intake.handlers import handle
from forestall.intake.plan import with_digest
from forestall.intake.rows import Outcome
from forestall.store import Store, UnitOfWork

H1, R01, RSP1, S001 = HubId("H1"), RouteId("R01"), RouteId("RSP1"), StopId("S001")
PROMISE = {"opens_at": "2026-03-02T08:00:00Z", "closes_at": "2026-03-02T10:00:00Z"}
NEW_ORDER: dict[str, Any] = {
    "hub": "H1",
    "promise": PROMISE,
    "lat": 41.2,
    "lon": -8.7,
    "service_s": 120.0,
    "size": {"units": 1.0},
    "customer": {"name": "Ada", "phone": "+12025550199"},
}


@pytest.fixture
def intake(store: Store, manual_clock: ManualClock) -> Intake:
    return begun(store, manual_clock)


@pytest.fixture
def sqlite_intake(sqlite_store: Store, manual_clock: ManualClock) -> Intake:
    return begun(sqlite_store, manual_clock)


def begun(store: Store, clock: ManualClock) -> Intake:
    intake = Intake(store, clock)
    intake.put_plan(with_digest(make_plan()))
    return intake


def told(event_id: str, kind: EventType, subject: str, minutes: float = 60, **data: Any) -> Event:
    return make_event(event_id, kind, subject, occurred_at=at(minutes), claimed_at=at(minutes), data=data)


def departed(event_id: str, to_stop: str | None, minutes: float = 30, route: str = "R01") -> Event:
    return told(event_id, EventType.DEPARTED, route, minutes, to_stop=to_stop)


def rows(store: Store) -> tuple[object, ...]:
    """Everything events may change, versions apart: those count changes, and the way there may be shorter."""
    with store.read() as uow:
        snapshot = uow.state.load_snapshot(DAY, CLOSE)
        routes = [(r.id, r.status, r.departed_at, r.broken_at, r.load_ready_at) for r in snapshot.routes.values()]
        attempts = [
            (stop_id, sorted(uow.state.list_attempts(stop_id), key=lambda a: (a.at, a.succeeded)))
            for stop_id in snapshot.stops
        ]
    return routes, snapshot.stops, snapshot.packages, snapshot.positions, snapshot.carriers, attempts


def test_departure_loads_the_route_and_puts_its_goods_aboard(intake: Intake, store: Store) -> None:
    receipt = intake.take_events([departed("e1", "S001")])
    assert (receipt.accepted, receipt.results[0].outcome) == (1, EventOutcome.APPLIED)
    with store.read() as uow:
        route = uow.state.get_route(R01)
        assert (route.status, route.departed_at, route.version) == (RouteStatus.UNDERWAY, at(30), 2)
        statuses = [stop.status for stop in uow.state.list_stops(R01)]
        custody = uow.state.get_package(PackageId("P002")).custody
    assert statuses == [StopStatus.ENROUTE, StopStatus.LOADED, StopStatus.LOADED]
    assert (custody.kind, custody.holder_id, custody.since) == (HolderKind.VEHICLE, "V01", at(30))


def test_completion_gives_the_goods_to_the_customer_and_counts_the_attempt(intake: Intake, store: Store) -> None:
    intake.take_events([departed("e1", "S001"), told("e2", EventType.COMPLETED, "S001", 50)])
    with store.read() as uow:
        assert uow.state.get_stop(S001).finished_at == at(50)
        assert uow.state.get_package(PackageId("P001")).custody.kind is HolderKind.CUSTOMER
        assert [attempt.succeeded for attempt in uow.state.list_attempts(S001)] == [True]


def test_failure_keeps_the_goods_aboard_and_the_reason(intake: Intake, store: Store) -> None:
    intake.take_events([departed("e1", "S001"), told("e2", EventType.FAILED, "S001", 50, reason="REFUSED")])
    with store.read() as uow:
        assert uow.state.get_stop(S001).status is StopStatus.FAILED
        assert uow.state.get_package(PackageId("P001")).custody.kind is HolderKind.VEHICLE
        assert [attempt.reason for attempt in uow.state.list_attempts(S001)] == ["REFUSED"]


def test_every_change_raises_the_routes_version_and_marks_its_hub(intake: Intake, store: Store) -> None:
    with store.read() as uow:
        before = uow.state.hub_state_version(H1)
    intake.take_events([departed("e1", "S001"), told("e2", EventType.ARRIVED, "S001", 50)])
    with store.read() as uow:
        assert uow.state.get_route(R01).version == 3
        assert uow.state.hub_state_version(H1) > before


def test_positions_move_vehicles_and_no_version(intake: Intake, store: Store) -> None:
    with store.read() as uow:
        before = uow.state.hub_state_version(H1)
    intake.take_events([told(f"e{m}", EventType.POSITION, "V01", m, lat=41.0, lon=-8.0 - m / 100) for m in (3, 9, 5)])
    with store.read() as uow:
        position = uow.state.find_position(VehicleId("V01"))
        assert position is not None
        assert (position.at, position.lon) == (at(9), -8.09)
        assert (uow.state.get_route(R01).version, uow.state.hub_state_version(H1)) == (1, before)


def test_breakdown_breaks_the_route_and_places_the_vehicle(intake: Intake, store: Store) -> None:
    intake.take_events([departed("e1", "S001"), told("e2", EventType.BREAKDOWN, "V01", 40, lat=41.3, lon=-8.5)])
    with store.read() as uow:
        route, position = uow.state.get_route(R01), uow.state.find_position(VehicleId("V01"))
    assert (route.status, route.broken_at) == (RouteStatus.BROKEN, at(40))
    assert position is not None
    assert position.lat == 41.3


def test_transfer_moves_the_goods_to_the_vehicle_that_took_them(intake: Intake, store: Store) -> None:
    intake.take_events([departed("e1", "S001")])
    with store.write() as uow:
        goods = (PackageId("P002"),)
        meeting = make_stop("X1", "R02", 9, kind=StopKind.TRANSFER, package_ids=goods, transfer_from=VehicleId("V01"))
        uow.state.add_stop(meeting)
    intake.take_events([departed("e2", "X1", 60, "R02"), told("e3", EventType.COMPLETED, "X1", 80)])
    with store.read() as uow:
        custody = uow.state.get_package(PackageId("P002")).custody
        assert (custody.holder_id, custody.since) == ("V02", at(80))
        assert uow.state.list_attempts(StopId("X1")) == []


def test_hub_release_moves_the_load_and_its_packages(intake: Intake, store: Store) -> None:
    ready = told("e1", EventType.HUB_READY, "H1", 20, route="R01", ready_at="2026-03-02T07:00:00Z", ready=False)
    intake.take_events([ready])
    with store.read() as uow:
        assert (uow.state.get_route(R01).load_ready_at, uow.state.get_route(R01).version) == (at(60), 2)
        assert uow.state.get_package(PackageId("P003")).available_at == at(60)
        assert uow.state.get_package(PackageId("P004")).available_at is None


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_latest_word_on_a_load_stands_whichever_comes_last(intake: Intake, store: Store, order: Sequence[int]) -> None:
    words = [
        told("e1", EventType.HUB_READY, "H1", 20, route="R01", ready_at="2026-03-02T08:00:00Z", ready=False),
        told("e2", EventType.HUB_READY, "H1", 25, route="R01", ready_at="2026-03-02T07:00:00Z", ready=True),
    ]
    for index in order:
        intake.take_events([words[index]])
    with store.read() as uow:
        assert uow.state.get_route(R01).load_ready_at == at(60)


def test_word_on_named_packages_holds_for_the_routes_they_go_with_now(intake: Intake, store: Store) -> None:
    """S003 has been given to R02: what is said of R01's load is said of its package there, and of nothing else."""
    with store.write() as uow:
        uow.state.save_stop(replace(uow.state.get_stop(StopId("S003")), route_id=RouteId("R02"), sequence=9))
    missing = {"route": "R01", "ready_at": "2026-03-02T07:00:00Z", "ready": False, "packages": ["P003"]}
    (result,) = intake.take_events([told("e1", EventType.HUB_READY, "H1", 20, **missing)]).results
    assert result.outcome is EventOutcome.APPLIED
    with store.read() as uow:
        ready = {route_id: uow.state.get_route(RouteId(route_id)).load_ready_at for route_id in ("R01", "R02")}
        said = {p: uow.state.get_package(PackageId(p)).available_at for p in ("P001", "P003", "P004")}
    assert ready == {"R01": None, "R02": at(60)}
    assert said == {"P001": None, "P003": at(60), "P004": None}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_latest_word_on_a_package_stands_whether_it_was_named_or_not(
    intake: Intake, store: Store, order: Sequence[int]
) -> None:
    late = {"route": "R01", "ready_at": "2026-03-02T08:00:00Z", "ready": False, "packages": ["P003"]}
    words = [
        told("e1", EventType.HUB_READY, "H1", 20, route="R01", ready_at="2026-03-02T07:00:00Z", ready=False),
        told("e2", EventType.HUB_READY, "H1", 25, **late),
    ]
    for index in order:
        intake.take_events([words[index]])
    with store.read() as uow:
        assert uow.state.get_route(R01).load_ready_at == at(120)
        assert [uow.state.get_package(PackageId(p)).available_at for p in ("P001", "P003")] == [at(60), at(120)]


def test_word_on_an_unknown_package_waits_for_it_and_holds_for_the_others(intake: Intake, store: Store) -> None:
    word = {"route": "R01", "ready_at": "2026-03-02T07:00:00Z", "ready": False, "packages": ["P001", "P999"]}
    (result,) = intake.take_events([told("e1", EventType.HUB_READY, "H1", 20, **word)]).results
    assert result.outcome is EventOutcome.PARKED
    assert result.detail == "there is no package P999; the others it names were told"
    with store.read() as uow:
        assert uow.state.get_package(PackageId("P001")).available_at == at(60)


def test_release_by_a_hub_that_the_route_does_not_leave_from_is_parked(intake: Intake) -> None:
    ready = told("e1", EventType.HUB_READY, "H9", 20, route="R01", ready_at="2026-03-02T07:00:00Z", ready=True)
    (result,) = intake.take_events([ready]).results
    assert (result.outcome, "leaves from hub H1" in result.detail) == (EventOutcome.PARKED, True)


def test_carrier_tells_its_capacity(intake: Intake, store: Store) -> None:
    intake.take_events([told("e1", EventType.CARRIER_CAPACITY, "OWN", free_stops=3, active=None)])
    intake.take_events([told("e2", EventType.CARRIER_CAPACITY, "OWN", 50, free_stops=9, active=False)])
    with store.read() as uow:
        carrier = uow.state.get_carrier(CarrierId("OWN"))
    assert (carrier.free_stops, carrier.active) == (3, True)


def test_cancelled_order_closes_its_stop(intake: Intake, store: Store) -> None:
    intake.take_events([told("e1", EventType.ORDER_CANCELLED, "O001")])
    with store.read() as uow:
        assert uow.state.get_stop(S001).status is StopStatus.CANCELLED
        assert uow.state.get_route(R01).version == 2


def test_customer_reply_is_kept_and_marks_the_hub(intake: Intake, store: Store) -> None:
    with store.read() as uow:
        before = uow.state.hub_state_version(H1)
    intake.take_events([told("e1", EventType.CUSTOMER_REPLY, "O001", choice="2")])
    with store.read() as uow:
        kept = uow.inbox.find("test", "e1")
        assert kept is not None
        assert (kept[0].data["choice"], kept[1].outcome) == ("2", EventOutcome.APPLIED)
        assert uow.state.hub_state_version(H1) == before + 1


def test_acknowledgement_changes_no_plan_and_so_no_version(intake: Intake, store: Store) -> None:
    (known,) = intake.take_events([told("e1", EventType.ROUTE_ACK, "R01", plan_version=1)]).results
    (early,) = intake.take_events([told("e2", EventType.ROUTE_ACK, "R01", plan_version=2)]).results
    assert (known.outcome, early.outcome) == (EventOutcome.SUPERSEDED, EventOutcome.PARKED)
    with store.read() as uow:
        route = uow.state.get_route(R01)
    assert (route.version, route.acknowledged_version) == (1, 1)


def test_new_order_joins_the_spare_route(intake: Intake, store: Store) -> None:
    receipt = intake.take_events([told("e1", EventType.ORDER_CREATED, "O900", **NEW_ORDER)])
    assert receipt.results[0].detail == "it is on spare route RSP1"
    with store.read() as uow:
        (stop,) = uow.state.list_stops(RSP1)
        order, package = uow.state.get_order(OrderId("O900")), uow.state.get_package(PackageId("P-O900"))
        contact, version = uow.state.get_contact(ContactId("C-O900")), uow.state.get_route(RSP1).version
    assert (stop.order_id, stop.status, stop.window) == ("O900", StopStatus.PLANNED, order.promise)
    assert (package.custody.kind, package.size, version) == (HolderKind.HUB, {"units": 1.0}, 2)
    assert (contact.name, contact.phone) == ("Ada", "+12025550199")


def test_new_order_is_parked_when_no_spare_is_left_at_the_hub(intake: Intake) -> None:
    created = told("e2", EventType.ORDER_CREATED, "O900", 60, **NEW_ORDER)
    receipt = intake.take_events([departed("e1", None, 10, "RSP1"), created])
    assert "no spare vehicle" in receipt.results[1].detail
    assert receipt.parked == 1


def test_new_order_for_an_unknown_hub_is_parked(intake: Intake) -> None:
    receipt = intake.take_events([told("e1", EventType.ORDER_CREATED, "O900", **{**NEW_ORDER, "hub": "H9"})])
    assert (receipt.parked, "H9" in receipt.results[0].detail) == (1, True)


def test_order_created_twice_is_there_once(intake: Intake, store: Store) -> None:
    for event_id in ("e1", "e2"):
        receipt = intake.take_events([told(event_id, EventType.ORDER_CREATED, "O900", **NEW_ORDER)])
    assert receipt.results[0].outcome is EventOutcome.SUPERSEDED
    with store.read() as uow:
        assert len(uow.state.list_stops(RSP1)) == 1


def test_cancellation_that_overtook_its_order_is_applied_when_the_order_comes(intake: Intake, store: Store) -> None:
    assert intake.take_events([told("e1", EventType.ORDER_CANCELLED, "O900")]).parked == 1
    intake.take_events([told("e2", EventType.ORDER_CREATED, "O900", **NEW_ORDER)])
    with store.read() as uow:
        assert uow.state.get_stop(StopId("S-O900")).status is StopStatus.CANCELLED


@pytest.mark.parametrize(
    "event",
    [
        departed("e1", "S001", route="R77"),
        departed("e1", "S777"),
        told("e1", EventType.ARRIVED, "S777"),
        told("e1", EventType.COMPLETED, "S777"),
        told("e1", EventType.FAILED, "S777", reason="REFUSED"),
        told("e1", EventType.POSITION, "V77", lat=1.0, lon=1.0),
        told("e1", EventType.BREAKDOWN, "V77", lat=1.0, lon=1.0),
        told("e1", EventType.HUB_READY, "H1", route="R77", ready_at="2026-03-02T07:00:00Z", ready=True),
        told("e1", EventType.ORDER_CANCELLED, "O777"),
        told("e1", EventType.CARRIER_CAPACITY, "NOBODY", free_stops=1, active=None),
        told("e1", EventType.CUSTOMER_REPLY, "O777", choice="1"),
        told("e1", EventType.ROUTE_ACK, "R77", plan_version=1),
    ],
    ids=lambda event: f"{event.type}-{event.subject}",
)
def test_event_about_something_unknown_is_parked_and_kept(
    sqlite_intake: Intake, sqlite_store: Store, event: Event
) -> None:
    before = rows(sqlite_store)
    receipt = sqlite_intake.take_events([event])
    assert (receipt.accepted, receipt.parked) == (0, 1)
    assert rows(sqlite_store) == before
    with sqlite_store.read() as uow:
        ((kept, result),) = uow.inbox.list_parked()
    assert (kept, bool(result.detail)) == (event, True)


def test_event_seen_before_counts_as_a_duplicate_and_has_no_effect(intake: Intake, store: Store) -> None:
    batch = [departed("e1", "S001"), told("e2", EventType.ARRIVED, "S001", 40)]
    intake.take_events(batch)
    before = rows(store)
    receipt = intake.take_events(batch)
    assert (receipt.accepted, receipt.duplicates, receipt.parked) == (0, 2, 0)
    assert [result.duplicate for result in receipt.results] == [True, True]
    assert rows(store) == before


def test_event_twice_in_one_batch_is_taken_once(intake: Intake, store: Store) -> None:
    event = told("e1", EventType.COMPLETED, "S001", 40)
    receipt = intake.take_events([event, event])
    assert (receipt.accepted, receipt.duplicates) == (1, 1)
    assert [result.duplicate for result in receipt.results] == [False, True]
    with store.read() as uow:
        assert len(uow.state.list_attempts(S001)) == 1


def test_late_message_that_tells_nothing_new_is_superseded(intake: Intake) -> None:
    intake.take_events([departed("e1", "S001"), told("e2", EventType.ARRIVED, "S001", 40)])
    (result,) = intake.take_events([told("e3", EventType.ARRIVED, "S001", 41)]).results
    assert result.outcome is EventOutcome.SUPERSEDED


def test_batch_that_fails_midway_leaves_nothing(
    sqlite_intake: Intake, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_at_second(uow: UnitOfWork, event: Event) -> Outcome:
        if event.id == "e2":
            raise RuntimeError("the disk is full")
        return handle(uow, event)

    monkeypatch.setattr("forestall.intake.service.handle", fail_at_second)
    before = rows(sqlite_store)
    with pytest.raises(RuntimeError):
        sqlite_intake.take_events([departed("e1", "S001"), told("e2", EventType.ARRIVED, "S001", 40)])
    assert rows(sqlite_store) == before
    with sqlite_store.read() as uow:
        assert uow.inbox.list_events() == []


def test_batch_overtaken_by_another_writer_is_tried_again(
    sqlite_intake: Intake, sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    overtaken = iter([True, False, False])

    def overtake_once(uow: UnitOfWork, event: Event) -> Outcome:
        if next(overtaken):
            raise Conflict
        return handle(uow, event)

    monkeypatch.setattr("forestall.intake.service.handle", overtake_once)
    assert sqlite_intake.take_events([departed("e1", "S001")]).accepted == 1


def test_servers_given_the_same_batch_at_once_take_it_once(intake: Intake, store: Store) -> None:
    batch = [departed("e1", "S001"), told("e2", EventType.COMPLETED, "S001", 40)]
    receipts = []
    threads = [threading.Thread(target=lambda: receipts.append(intake.take_events(batch))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(receipt.accepted for receipt in receipts) == 2
    with store.read() as uow:
        assert len(uow.state.list_attempts(S001)) == 1


def whole_day() -> list[Event]:
    """R01 delivers, fails and breaks down; R02 is late from the hub and finishes; in order of time."""
    return [
        told("p1", EventType.POSITION, "V01", 29, lat=41.15, lon=-8.61),
        told("h1", EventType.HUB_READY, "H1", 10, route="R02", ready_at="2026-03-02T07:10:00Z", ready=False),
        told("h2", EventType.HUB_READY, "H1", 40, route="R02", ready_at="2026-03-02T06:40:00Z", ready=True),
        told(
            "h3",
            EventType.HUB_READY,
            "H1",
            41,
            route="R02",
            ready_at="2026-03-02T06:41:30Z",
            ready=True,
            packages=["P004"],
        ),
        departed("d1", "S001", 30),
        told("a1", EventType.ARRIVED, "S001", 40),
        told("c1", EventType.COMPLETED, "S001", 45),
        departed("d2", "S002", 45),
        told("p2", EventType.POSITION, "V01", 50, lat=41.2, lon=-8.6),
        told("a2", EventType.ARRIVED, "S002", 55),
        told("f2", EventType.FAILED, "S002", 58, reason="RECIPIENT_UNAVAILABLE"),
        departed("d3", "S003", 59),
        told("b1", EventType.BREAKDOWN, "V01", 65, lat=41.3, lon=-8.5, note=None),
        told("x1", EventType.ORDER_CANCELLED, "O005", 20),
        departed("d4", "S004", 42, "R02"),
        told("a4", EventType.ARRIVED, "S004", 50),
        told("c4", EventType.COMPLETED, "S004", 51),
        departed("d6", "S006", 52, "R02"),
        told("a6", EventType.ARRIVED, "S006", 60),
        told("c6", EventType.COMPLETED, "S006", 61),
        departed("d7", None, 62, "R02"),
        told("k1", EventType.CARRIER_CAPACITY, "OWN", 30, free_stops=5, active=None),
        told("k2", EventType.CARRIER_CAPACITY, "OWN", 50, free_stops=2, active=None),
    ]


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_any_order_batching_and_repetition_of_a_day_ends_in_the_same_rows(
    sqlite_template: bytes, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    def end_of(batches: Sequence[Sequence[Event]]) -> tuple[object, ...]:
        path = tmp_path_factory.mktemp("day") / "forestall.db"
        path.write_bytes(sqlite_template)
        clock = ManualClock(START)
        store = Store.open(f"sqlite:///{path}", clock, durable=False)
        intake = begun(store, clock)
        for batch in batches:
            intake.take_events(batch)
        end = rows(store)
        store.close()
        return end

    shuffled = data.draw(st.permutations(whole_day() * 2))
    size = data.draw(st.integers(1, len(shuffled)))
    assert end_of([shuffled[i : i + size] for i in range(0, len(shuffled), size)]) == end_of([whole_day()])
