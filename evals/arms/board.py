"""What an operations room without the service has before it: the plan, and what the field has reported since.

Nothing here is known that was not planned or reported; where a report is missing, the plan's expectation stands in.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from evals.roads import Place, Roads, crow_fly_m
from evals.schedule import stops_by_route
from forestall.domain.ids import LocationId, OrderId, RouteId, StopId, VehicleId
from forestall.domain.network import Vehicle
from forestall.domain.plan import DayPlan
from forestall.domain.routes import Position, Route, Stop
from forestall.domain.vocabulary import EventType

Envelope = Mapping[str, Any]
_TYPE_PREFIX = "forestall."


class Whereabouts(StrEnum):
    AT_HUB = "AT_HUB"
    OUT = "OUT"
    HOMEWARD = "HOMEWARD"  # its list is done, or its shift over
    BROKEN = "BROKEN"


@dataclass(slots=True)
class Round:
    """A route as it is known to stand. Instants are Unix seconds.

    ``ahead`` are the stops after the one the driver is ``bound`` for or busy with; ``here`` is where he was last known
    to be (a stop, the hub, or where the vehicle broke down), since ``left_at`` on his way from there.
    """

    route: Route
    vehicle: Vehicle
    shift_end: float
    here: Place
    ahead: list[Stop]
    whereabouts: Whereabouts = Whereabouts.AT_HUB
    bound: Stop | None = None
    left_at: float | None = None
    arrived_at: float | None = None
    position: Position | None = None
    plan_version: int = 1
    called_at: float | None = None  # a spare: when it was given its first stops
    has_left: bool = False  # with the goods of its list aboard
    taking_back: list[Stop] = field(default_factory=list)  # what nobody took in, or was called off under way

    @property
    def is_at_hub(self) -> bool:
        return self.whereabouts is Whereabouts.AT_HUB


@dataclass(slots=True)
class Board:
    """``broken`` are the rounds that have reported a breakdown; ``done`` the stops that have been tried or dropped."""

    plan: DayPlan
    roads: Roads = field(init=False)
    rounds: dict[RouteId, Round] = field(init=False)
    stops: dict[StopId, Stop] = field(init=False)
    due: dict[StopId, float] = field(init=False)  # when each promise ends
    done: set[StopId] = field(default_factory=set)
    arrived: dict[StopId, float] = field(default_factory=dict)
    ready: dict[StopId, float] = field(default_factory=dict)  # when its hub says that late goods can leave
    broken: list[RouteId] = field(default_factory=list)
    _heard: set[str] = field(default_factory=set)
    _by_vehicle: dict[VehicleId, Round] = field(init=False)
    _wrecks: dict[LocationId, Place] = field(default_factory=dict)

    def __post_init__(self) -> None:
        plan, self.roads = self.plan, Roads(self.plan)
        grouped = stops_by_route(plan)
        hubs = {hub.id: hub for hub in plan.hubs}
        shifts = {driver.id: driver.shift_end for driver in plan.drivers}
        vehicles = {vehicle.id: vehicle for vehicle in plan.vehicles}
        self.rounds = {
            route.id: Round(
                route,
                vehicles[route.vehicle_id],
                (shifts[route.driver_id] if route.driver_id in shifts else hubs[route.hub_id].closes_at).timestamp(),
                self.roads.places[hubs[route.hub_id].location.id],
                list(grouped[route.id]),
                plan_version=route.plan_version,
            )
            for route in plan.routes
        }
        self._by_vehicle = {one.vehicle.id: one for one in self.rounds.values()}
        self.stops = {stop.id: stop for stop in plan.stops}
        promises = {order.id: order.promise.closes_at.timestamp() for order in plan.orders}
        self.due = {stop.id: promises[stop.order_id] for stop in plan.stops if stop.order_id is not None}

    def take(self, events: Iterable[Envelope]) -> None:
        """Note what has been reported; what was heard before, and what this room makes nothing of, changes nothing."""
        for event in events:
            if event["id"] not in self._heard:
                self._heard.add(event["id"])
                self._note(event, _instant(event["time"]))

    def place_of(self, stop: Stop) -> Place:
        """Where the stop is; a stop at a broken vehicle is where that one stands."""
        return self._wrecks.get(stop.location.id) or self.roads.places[stop.location.id]

    def hub_of(self, one: Round) -> Place:
        hub = next(hub for hub in self.plan.hubs if hub.id == one.route.hub_id)
        return self.roads.places[hub.location.id]

    # reports

    def _note(self, event: Envelope, at: float) -> None:
        kind, subject, data = event["type"].removeprefix(_TYPE_PREFIX), event["subject"], event["data"]
        match kind:
            case EventType.DEPARTED:
                self._departed(self.rounds[RouteId(subject)], data.get("to_stop"), at)
            case EventType.ARRIVED:
                self._arrived(StopId(subject), at)
            case EventType.COMPLETED | EventType.FAILED:
                self._ended({StopId(subject)}, delivered=kind == EventType.COMPLETED)
            case EventType.BREAKDOWN:
                self._broke_down(self._by_vehicle[VehicleId(subject)], data["lat"], data["lon"])
            case EventType.HUB_READY if data.get("route") in self.rounds:
                load = (stop for stop in self.plan.stops if stop.route_id == data["route"])
                self.ready.update(dict.fromkeys((stop.id for stop in load), _instant(data["ready_at"])))
            case EventType.ORDER_CANCELLED:
                gone = {stop.id for stop in self.plan.stops if stop.order_id == OrderId(subject)}
                self._ended(gone, delivered=False)
            case EventType.POSITION:
                self._seen(self._by_vehicle[VehicleId(subject)], data["lat"], data["lon"], event["time"])

    def _departed(self, one: Round, to_stop: str | None, at: float) -> None:
        if one.whereabouts is Whereabouts.BROKEN or to_stop in self.done:
            return
        one.left_at, one.arrived_at = at, None
        if to_stop is None:
            one.whereabouts, one.bound = Whereabouts.HOMEWARD, None
            return
        one.whereabouts, one.has_left = Whereabouts.OUT, True
        one.bound = next((stop for stop in one.ahead if stop.id == to_stop), one.bound)
        one.ahead = [stop for stop in one.ahead if stop.id != to_stop]

    def _arrived(self, stop_id: StopId, at: float) -> None:
        self.arrived.setdefault(stop_id, at)
        for one in self.rounds.values():
            if one.bound is not None and one.bound.id == stop_id:
                one.arrived_at, one.here, one.left_at = at, self.place_of(one.bound), None

    def _ended(self, stop_ids: set[StopId], *, delivered: bool) -> None:
        """Nobody need go there any more; what was not delivered stays aboard."""
        self.done |= stop_ids
        for one in self.rounds.values():
            ended = [stop for stop in [one.bound, *one.ahead] if stop is not None and stop.id in stop_ids]
            if not delivered and one.has_left:
                one.taking_back += ended
            one.ahead = [stop for stop in one.ahead if stop.id not in stop_ids]
            if one.bound in ended and one.arrived_at is not None:
                one.bound, one.arrived_at, one.left_at = None, None, None

    def _broke_down(self, one: Round, lat: float, lon: float) -> None:
        if one.whereabouts is Whereabouts.BROKEN:
            return
        if one.has_left:
            one.here = self._spot(one, lat, lon)
            self._wrecks[one.here.id] = one.here
        if one.bound is not None:
            one.ahead.insert(0, one.bound)
        one.whereabouts, one.bound, one.left_at = Whereabouts.BROKEN, None, None
        self.broken.append(one.route.id)

    def _spot(self, one: Round, lat: float, lon: float) -> Place:
        """Where a broken vehicle stands: on the way to the stop it was bound for, or where it last was."""
        spot = Place(LocationId(f"wreck:{one.vehicle.id}"), lat, lon)
        towards = one.here
        if one.left_at is not None:
            towards = self.place_of(one.bound) if one.bound is not None else self.hub_of(one)
        behind, before = crow_fly_m(one.here, spot), crow_fly_m(spot, towards)
        share = behind / (behind + before) if behind + before > 0 else 0.0
        return Place(spot.id, lat, lon, (_on_the_map(one.here), _on_the_map(towards), share))

    def _seen(self, one: Round, lat: float, lon: float, time: str) -> None:
        seen = Position(one.vehicle.id, datetime.fromisoformat(time), lat, lon)
        before = one.position
        if before is not None and before.at >= seen.at:
            return
        since = None
        if before is not None and seen.is_where(before):
            since = before.standing_since or before.at
        one.position = Position(seen.vehicle_id, seen.at, lat, lon, since)


def _on_the_map(place: Place) -> LocationId:
    """The place itself, or where the leg begins on which it lies."""
    return place.id if place.leg is None else place.leg[0]


def _instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
