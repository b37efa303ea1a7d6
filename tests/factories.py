"""Small makers of domain values for tests: sensible defaults, every field can be named.

``make_plan`` gives a whole day that a store takes in: one hub ``H1``, routes ``R01``… with stops ``S001``… in driving
order, one order, package and contact for each stop, and a spare vehicle ``VSP1`` on route ``RSP1``.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from forestall.domain.actions import Action, Candidate, Judgement, RouteChange, StopEffect
from forestall.domain.cases import Case
from forestall.domain.decisions import Approval, Decision, GateVerdict, Proposal
from forestall.domain.effects import Effect
from forestall.domain.events import Event
from forestall.domain.forecast import Contribution, Forecast, StopForecast
from forestall.domain.ids import (
    CandidateId,
    CarrierId,
    CaseId,
    ContactId,
    DecisionId,
    DriverId,
    HubId,
    InterruptId,
    LocationId,
    OrderId,
    PackageId,
    RouteId,
    SnapshotId,
    StopId,
    VehicleId,
)
from forestall.domain.instructions import Instruction
from forestall.domain.network import Carrier, Contact, Driver, Hub, Location, Vehicle
from forestall.domain.orders import Custody, Order, Package, Window
from forestall.domain.overrides import OverrideScore
from forestall.domain.plan import DayPlan
from forestall.domain.routes import Position, Route, Stop
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import (
    ActionKind,
    Autonomy,
    CarrierKind,
    CaseKind,
    CaseStatus,
    Channel,
    EventType,
    HolderKind,
    OverrideReason,
    Tool,
    Verdict,
)

START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
CLOSE = START + timedelta(hours=12)
DAY = "2026-03-02"


def at(minutes: float) -> datetime:
    """The instant ``minutes`` after the day's start."""
    return START + timedelta(minutes=minutes)


def make_location(location_id: str = "n0", lat: float = 41.15, lon: float = -8.61) -> Location:
    return Location(LocationId(location_id), lat, lon)


def make_window(opens: float = 0, closes: float = 720) -> Window:
    """A window in minutes after the day's start."""
    return Window(at(opens), at(closes))


def make_hub(hub_id: str = "H1", **fields: Any) -> Hub:
    defaults: dict[str, Any] = {
        "id": HubId(hub_id),
        "name": f"Hub {hub_id}",
        "location": make_location(),
        "time_zone": "Europe/Lisbon",
        "opens_at": START,
        "closes_at": CLOSE,
    }
    return Hub(**(defaults | fields))


def make_carrier(carrier_id: str = "OWN", **fields: Any) -> Carrier:
    defaults: dict[str, Any] = {"id": CarrierId(carrier_id), "name": carrier_id, "kind": CarrierKind.OWNED}
    return Carrier(**(defaults | fields))


def make_vehicle(vehicle_id: str = "V01", hub_id: str = "H1", **fields: Any) -> Vehicle:
    defaults: dict[str, Any] = {
        "id": VehicleId(vehicle_id),
        "hub_id": HubId(hub_id),
        "carrier_id": CarrierId("OWN"),
        "capacity": {"units": 100.0},
    }
    return Vehicle(**(defaults | fields))


def make_driver(driver_id: str = "D01", **fields: Any) -> Driver:
    defaults: dict[str, Any] = {
        "id": DriverId(driver_id),
        "carrier_id": CarrierId("OWN"),
        "shift_start": START,
        "shift_end": CLOSE,
    }
    return Driver(**(defaults | fields))


def make_contact(contact_id: str = "C001", **fields: Any) -> Contact:
    defaults: dict[str, Any] = {"id": ContactId(contact_id), "name": "Ada", "phone": "+12025550101"}
    return Contact(**(defaults | fields))


def make_order(order_id: str = "O001", hub_id: str = "H1", **fields: Any) -> Order:
    defaults: dict[str, Any] = {"id": OrderId(order_id), "hub_id": HubId(hub_id), "promise": make_window()}
    return Order(**(defaults | fields))


def make_package(package_id: str = "P001", order_id: str = "O001", **fields: Any) -> Package:
    defaults: dict[str, Any] = {
        "id": PackageId(package_id),
        "order_id": OrderId(order_id),
        "custody": Custody(HolderKind.HUB, "H1", START),
        "size": {"units": 1.0},
    }
    return Package(**(defaults | fields))


def make_route(route_id: str = "R01", vehicle_id: str = "V01", driver_id: str | None = "D01", **fields: Any) -> Route:
    defaults: dict[str, Any] = {
        "id": RouteId(route_id),
        "day": DAY,
        "hub_id": HubId("H1"),
        "vehicle_id": VehicleId(vehicle_id),
        "driver_id": None if driver_id is None else DriverId(driver_id),
        "departs_at": at(30),
    }
    return Route(**(defaults | fields))


def make_stop(stop_id: str = "S001", route_id: str = "R01", sequence: int = 1, **fields: Any) -> Stop:
    defaults: dict[str, Any] = {
        "id": StopId(stop_id),
        "route_id": RouteId(route_id),
        "sequence": sequence,
        "location": make_location("n1", 41.16, -8.60),
        "window": make_window(),
        "service_s": 180.0,
    }
    return Stop(**(defaults | fields))


def make_position(vehicle_id: str = "V01", minutes: float = 60, lat: float = 41.15, lon: float = -8.61) -> Position:
    return Position(VehicleId(vehicle_id), at(minutes), lat, lon)


def make_plan(day: str = DAY, route_count: int = 2, stops_each: int = 3, prefix: str = "", **fields: Any) -> DayPlan:
    """A whole day; ``prefix`` goes before every id that belongs to one day alone."""
    made = [
        make_plan_stop(day, prefix, route, index, (route - 1) * stops_each + index)
        for route in range(1, route_count + 1)
        for index in range(1, stops_each + 1)
    ]
    numbers = [f"{number:02d}" for number in range(1, route_count + 1)] + ["SP1"]
    defaults: dict[str, Any] = {
        "day": day,
        "digest": f"digest of {day}",
        "hubs": (make_hub(),),
        "links": (),
        "carriers": (make_carrier(),),
        "contacts": tuple(contact for _, _, contact, _ in made),
        "vehicles": tuple(make_vehicle(f"V{number}") for number in numbers),
        "drivers": tuple(make_driver(f"D{number}") for number in numbers),
        "orders": tuple(order for order, _, _, _ in made),
        "packages": tuple(package for _, package, _, _ in made),
        "routes": tuple(make_route(f"{prefix}R{n}", f"V{n}", f"D{n}", day=day, is_spare=n == "SP1") for n in numbers),
        "stops": tuple(stop for _, _, _, stop in made),
    }
    return DayPlan(**(defaults | fields))


def make_plan_stop(day: str, prefix: str, route: int, index: int, number: int) -> tuple[Order, Package, Contact, Stop]:
    """The ``number``-th order of a plan with all that belongs to it, ``index``-th on route ``route``."""
    order_id, package_id, contact_id = f"{prefix}O{number:03d}", f"{prefix}P{number:03d}", f"{prefix}C{number:03d}"
    stop = make_stop(
        f"{prefix}S{number:03d}",
        f"{prefix}R{route:02d}",
        index,
        location=make_location(f"n{number}", 41.15 + 0.01 * route, -8.61 + 0.005 * index),
        order_id=OrderId(order_id),
        package_ids=(PackageId(package_id),),
    )
    contact = make_contact(contact_id, phone=f"+1202555{number:04d}")
    order = make_order(order_id, contact_id=contact.id)
    return order, make_package(package_id, order_id), contact, stop


def make_snapshot(
    plan: DayPlan | None = None, taken_at: datetime = START, positions: Sequence[Position] = ()
) -> HubSnapshot:
    """The snapshot of a plan before anything happened, without a store (its id is not a content hash)."""
    plan = plan or make_plan()
    return HubSnapshot(
        id=SnapshotId(f"snapshot of {plan.day} at {taken_at.isoformat()}"),
        day=plan.day,
        taken_at=taken_at,
        hubs={hub.id: hub for hub in plan.hubs},
        links=plan.links,
        carriers={carrier.id: carrier for carrier in plan.carriers},
        vehicles={vehicle.id: vehicle for vehicle in plan.vehicles},
        drivers={driver.id: driver for driver in plan.drivers},
        orders={order.id: order for order in plan.orders},
        packages={package.id: package for package in plan.packages},
        routes={route.id: route for route in plan.routes},
        stops={stop.id: stop for stop in sorted(plan.stops, key=lambda s: (s.route_id, s.sequence))},
        positions={position.vehicle_id: position for position in positions},
        matrix_id=plan.matrix.id if plan.matrix else None,
    )


def make_event(
    event_id: str = "e1", kind: EventType = EventType.ARRIVED, subject: str = "S001", **fields: Any
) -> Event:
    defaults: dict[str, Any] = {
        "source": "test",
        "id": event_id,
        "type": kind,
        "subject": subject,
        "occurred_at": at(60),
        "claimed_at": at(60),
        "received_at": at(60),
        "data": {},
    }
    return Event(**(defaults | fields))


def make_case(case_id: str = "case-1", **fields: Any) -> Case:
    defaults: dict[str, Any] = {
        "id": CaseId(case_id),
        "fingerprint": f"fingerprint of {case_id}",
        "kind": CaseKind.WINDOW_MISS_RISK,
        "status": CaseStatus.OPEN,
        "day": DAY,
        "hub_id": HubId("H1"),
        "route_ids": (RouteId("R01"),),
        "stop_ids": (StopId("S001"), StopId("S002")),
        "severity": 1.5,
        "opened_at": at(60),
        "updated_at": at(60),
        "evidence": {"p_late": 0.7},
    }
    return Case(**(defaults | fields))


def make_candidate(candidate_id: str = "k1", **fields: Any) -> Candidate:
    change = RouteChange(RouteId("R01"), 1, (StopId("S002"), StopId("S001")))
    defaults: dict[str, Any] = {
        "id": CandidateId(candidate_id),
        "tool": Tool.REROUTE,
        "actions": (Action(ActionKind.RESEQUENCE, (StopId("S001"),), (RouteId("R01"),), {"moved": 1}),),
        "route_changes": (change,),
        "read_set": {RouteId("R01"): 1},
    }
    return Candidate(**(defaults | fields))


def make_judgement(candidate_id: str = "k1", **fields: Any) -> Judgement:
    defaults: dict[str, Any] = {
        "candidate_id": CandidateId(candidate_id),
        "loss_before": 1200.0,
        "loss_after": 300.5,
        "misses_before": 1.2,
        "misses_after": 0.3,
        "travel_delta_s": 61.5,
        "stops_moved": 2,
        "effects": (StopEffect(StopId("S001"), 0.7, 0.1),),
    }
    return Judgement(**(defaults | fields))


def make_proposal(case_id: str = "case-1", plan_rev: int = 1, **fields: Any) -> Proposal:
    candidate, judgement = make_candidate(), make_judgement()
    defaults: dict[str, Any] = {
        "case_id": CaseId(case_id),
        "plan_rev": plan_rev,
        "snapshot_id": SnapshotId("snapshot-1"),
        "made_at": at(61),
        "candidates": (candidate,),
        "judgements": {candidate.id: judgement},
        "ranking": (candidate.id,),
        "declined": (),
        "chosen": candidate.id,
        "gate": GateVerdict(Autonomy.AUTO, ("permit-1",), ("small and safe",), "v1"),
        "planner": "rules",
        "model": "propagation-1",
        "seed": 1,
        "samples": 256,
    }
    return Proposal(**(defaults | fields))


def make_approval(case_id: str = "case-1", interrupt_id: str = "i1", **fields: Any) -> Approval:
    defaults: dict[str, Any] = {
        "case_id": CaseId(case_id),
        "interrupt_id": InterruptId(interrupt_id),
        "plan_rev": 1,
        "asked_at": at(62),
        "expires_at": at(72),
        "is_veto": False,
    }
    return Approval(**(defaults | fields))


def make_decision(decision_id: str = "d1", case_id: str = "case-1", **fields: Any) -> Decision:
    defaults: dict[str, Any] = {
        "id": DecisionId(decision_id),
        "case_id": CaseId(case_id),
        "plan_rev": 1,
        "hub_id": HubId("H1"),
        "at": at(63),
        "verdict": Verdict.AUTOMATIC,
        "actor": "planner:rules",
        "candidate_id": CandidateId("k1"),
        "snapshot_id": SnapshotId("snapshot-1"),
        "read_set": {RouteId("R01"): 1},
    }
    return Decision(**(defaults | fields))


def make_instruction(route_id: str = "R01", plan_version: int = 2, **fields: Any) -> Instruction:
    defaults: dict[str, Any] = {
        "route_id": RouteId(route_id),
        "plan_version": plan_version,
        "day": DAY,
        "hub_id": HubId("H1"),
        "case_id": CaseId("case-1"),
        "cause": "fingerprint of case-1",
        "plan_rev": 1,
        "decision_id": DecisionId("d1"),
        "stops_before": (StopId("S001"), StopId("S002"), StopId("S003")),
        "departs_before": at(30),
        "told_at": at(60),
        "answer_by": at(65),
        "channel": Channel.DRIVER,
        "next_at": at(65),
    }
    return Instruction(**(defaults | fields))


def make_override(decision_id: str = "d1", **fields: Any) -> OverrideScore:
    defaults: dict[str, Any] = {
        "decision_id": DecisionId(decision_id),
        "case_id": CaseId(f"case of {decision_id}"),
        "plan_rev": 1,
        "day": DAY,
        "hub_id": HubId("H1"),
        "decided_at": at(60),
        "scored_at": at(900),
        "case_kind": CaseKind.WINDOW_MISS_RISK,
        "verdict": Verdict.REJECTED,
        "reason": OverrideReason.LOCAL_KNOWLEDGE,
        "role": "dispatcher",
        "kinds": (ActionKind.REASSIGN.value,),
        "autonomy": Autonomy.APPROVE_FIRST,
        "stops": 8,
        "kept_done": 6,
        "kept_proposed": 7,
        "kept_really": 6,
        "lateness_done_s": 900.0,
        "lateness_proposed_s": 300.0,
        "travel_done_s": 7200.0,
        "travel_proposed_s": 7800.0,
    }
    return OverrideScore(**(defaults | fields))


def make_effect(key: str = "case-1:1:notify:S001", **fields: Any) -> Effect:
    defaults: dict[str, Any] = {
        "key": key,
        "channel": Channel.SMS,
        "recipient_id": "C001",
        "template": "eta_update",
        "payload": {"stop_id": "S001"},
        "not_before": at(60),
        "expires_at": at(600),
    }
    return Effect(**(defaults | fields))


def make_stop_forecast(stop_id: str = "S001", route_id: str = "R01", **fields: Any) -> StopForecast:
    defaults: dict[str, Any] = {
        "stop_id": StopId(stop_id),
        "route_id": RouteId(route_id),
        "p_late": 0.25,
        "p_failed": 0.05,
        "p_miss": 0.2875,
        "eta_p10": at(100),
        "eta_p50": at(105),
        "eta_p90": at(115),
        "expected_lateness_s": 42.0,
        "reasons": (Contribution("late_departure", 0.2, {"late_s": 600.0}),),
    }
    return StopForecast(**(defaults | fields))


def make_forecast(stops: Sequence[StopForecast] = (), **fields: Any) -> Forecast:
    stops = stops or (make_stop_forecast(),)
    defaults: dict[str, Any] = {
        "snapshot_id": SnapshotId("snapshot-1"),
        "taken_at": at(60),
        "model": "propagation-1",
        "seed": 1,
        "samples": 256,
        "stops": {stop.stop_id: stop for stop in stops},
    }
    return Forecast(**(defaults | fields))


def bumped(route: Route, **fields: Any) -> Route:
    """``route`` after one change of state."""
    return replace(route, version=route.version + 1, **fields)
