"""The field on one simulated day: vehicles, hubs and customers as they really are."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from evals.agenda import Agenda
from evals.carriers import Carriers
from evals.customers import Customers
from evals.errands import Instruction, errand_of_stop, read_instruction
from evals.feed import Envelope, Feed, instant_text
from evals.goods import Goods
from evals.inspector import Inspector
from evals.ledger import Ledger
from evals.meetings import Meetings, Pair
from evals.profile import Profile
from evals.roads import Place
from evals.schedule import stops_by_route
from evals.truth import LateLoad, Truth
from evals.van import Phase, Scene, Van
from forestall.domain.ids import HubId, PackageId, RouteId, StopId, VehicleId
from forestall.domain.plan import DayPlan
from forestall.domain.routes import Route, Stop
from forestall.domain.vocabulary import EventType

POSITION_EVERY_S = 60  # a moving vehicle
STANDING_EVERY_S = 180  # one that waits, serves, is held up or broken
AFTER_HOURS_S = 3 * 3600  # how long after its hubs have closed a day may run on


class World:
    """Plays ``plan`` under one truth. Time moves with ``run_to``; ``ledger`` holds what has come of the day.

    A ``muted`` world reports nothing: it is played without a service. ``truth`` is another one than the seed's own.
    """

    def __init__(
        self, plan: DayPlan, profile: Profile, seed: int, *, muted: bool = False, truth: Truth | None = None
    ) -> None:
        self.plan, self.profile, self.truth = plan, profile, truth or Truth(plan, profile, seed)
        self.ledger = Ledger()
        self.opens_at = min(hub.opens_at.timestamp() for hub in plan.hubs)
        self.ends_at = max(hub.closes_at.timestamp() for hub in plan.hubs) + AFTER_HOURS_S
        self.now = self.opens_at
        self._muted = muted
        self._last_promise = max((order.promise.closes_at.timestamp() for order in plan.orders), default=self.opens_at)
        self._agenda, self._goods = Agenda(), Goods(plan)
        silences = {v.id: silence for v in plan.vehicles if (silence := self.truth.lost_signal(v.id))}
        self._feed = Feed(f"field/{plan.day}/{seed}", silences, muted=muted)
        self._customers = Customers(plan, self.truth, profile, self._agenda, self._feed, self.ledger)
        self._carriers = Carriers(plan, self.truth.draws, profile.carriers, self._feed)
        self._scene = Scene(
            self.truth, profile, self._agenda, self._feed, self._goods, self._customers, self.ledger, stranded={},
            meetings=Meetings(self._agenda, self._hand_over_s),
        )  # fmt: skip
        self.vans = self._muster()
        self._inspector = Inspector(plan, self.vans, self._goods, self._scene.stranded, self._carriers, self.ledger)

    # time

    def run_to(self, instant: float) -> None:
        """Let the day go on until ``instant`` (Unix seconds)."""
        self._inspector.check_promises(self.now)
        if self._muted:
            self._agenda.run_to(instant)
        else:
            self._run_reporting(instant)
        self.now = instant

    def _run_reporting(self, instant: float) -> None:
        minute = self.now - self.now % POSITION_EVERY_S + POSITION_EVERY_S
        while minute <= instant:
            self._agenda.run_to(minute)
            self._report_positions(minute)
            minute += POSITION_EVERY_S
        self._agenda.run_to(instant)

    def take_events(self) -> list[Envelope]:
        """What has reached the service's door since the last call."""
        return self._feed.take(self.now)

    def note_told(self, known_at: float) -> None:
        """The service has taken everything that ``take_events`` has given; it knew by ``known_at`` (Unix seconds)."""
        self._inspector.note_told(known_at)

    @property
    def is_over(self) -> bool:
        """Nothing more can come of this day: all is done, or too late for anybody to help."""
        if self.now >= self.ends_at:
            return True
        if any(van.is_busy for van in self.vans.values()):
            return False
        return self.now > self._last_promise or not self._is_anything_left()

    def _is_anything_left(self) -> bool:
        return any(
            stop.order_id not in self.ledger.called_off and not self.ledger.is_visited(stop.id)
            for stop in self.plan.stops
        )

    # what the service sends

    def receive_driver_effect(self, payload: Mapping[str, Any], sent_at: float | None = None) -> None:
        """A new list has reached a driver's device; it was ``sent_at`` (Unix seconds), or only now."""
        instruction = read_instruction(payload)
        van = self.vans[RouteId(instruction.route_id)]
        self._inspector.check_instruction(van, instruction, sent_at or self.now)
        self._note_moves(van, instruction)
        van.receive(instruction, self.now)

    def receive_hub_effect(self, payload: Mapping[str, Any]) -> None:
        """A hub has been told to send packages to another one."""
        self._goods.ship(map(PackageId, payload["package_ids"]), HubId(payload["to_hub"]), self.now)

    def receive_carrier_effect(self, template: str, payload: Mapping[str, Any]) -> None:
        """A message has reached a carrier."""
        self._carriers.receive(template, payload, self.now)

    def receive_text(self, template: str, payload: Mapping[str, Any]) -> None:
        """A text message has reached a customer."""
        self._inspector.check_text(payload, self.now)
        self.ledger.messages += 1
        self._customers.receive(template, payload, self.now)

    def _note_moves(self, van: Van, instruction: Instruction) -> None:
        planned = {stop.id: stop.route_id for stop in self.plan.stops}
        for errand in instruction.errands:
            if errand.stop_id in planned and planned[errand.stop_id] != van.route.id:
                self.ledger.moved.add(errand.stop_id)

    # setting the scene

    def _muster(self) -> dict[RouteId, Van]:
        grouped = stops_by_route(self.plan)
        vans = {}
        for route in self.plan.routes:
            self._prepare_load(route, grouped[route.id])
            vans[route.id] = self._man(route, grouped[route.id])
        for van in vans.values():
            van.expect_departure(self.opens_at)
        return vans

    def _man(self, route: Route, stops: Sequence[Stop]) -> Van:
        hub = next(hub for hub in self.plan.hubs if hub.id == route.hub_id)
        vehicle = next(vehicle for vehicle in self.plan.vehicles if vehicle.id == route.vehicle_id)
        driver = next((driver for driver in self.plan.drivers if driver.id == route.driver_id), None)
        shift_end = driver.shift_end if driver is not None else hub.closes_at
        errands = [errand_of_stop(stop) for stop in stops]
        place = self.truth.roads.places[hub.location.id]
        return Van(route, vehicle, place, shift_end.timestamp(), errands, self._scene)

    def _prepare_load(self, route: Route, stops: Sequence[Stop]) -> None:
        late = self.truth.late_load(route) if stops else None
        if late is None:
            return
        orders = [stop.order_id for stop in stops if stop.order_id is not None]
        self._goods.delay([p for order in orders for p in self._goods.packages_of(order)], late.released_at)
        self._agenda.at(late.told_at, partial(self._tell_load, route, late, ready=False))
        self._agenda.at(late.released_at, partial(self._tell_load, route, late, ready=True))

    def _hand_over_s(self, pair: Pair, expected_s: float) -> float:
        giver, taker = pair
        return self.truth.service_s(StopId(f"{giver}>{taker}"), expected_s)

    def _tell_load(self, route: Route, late: LateLoad, now: float, *, ready: bool) -> None:
        ready_at = instant_text(late.released_at if ready else late.estimate)
        told = {"route": route.id, "ready_at": ready_at, "ready": ready}
        self._feed.say(now, EventType.HUB_READY, route.hub_id, told)

    # positions

    def _report_positions(self, minute: float) -> None:
        for van in self.vans.values():
            if van.phase in (Phase.HOME, Phase.AT_HUB):
                continue
            if van.is_moving(minute) or minute % STANDING_EVERY_S == 0:
                lat, lon = van.point_at(minute)
                data = {"lat": round(lat, 6), "lon": round(lon, 6)}
                self._feed.say(minute, EventType.POSITION, van.vehicle.id, data, van.vehicle.id)

    @property
    def goods(self) -> Goods:
        return self._goods

    @property
    def stranded(self) -> Mapping[VehicleId, Place]:
        """Where the broken vehicles stand."""
        return self._scene.stranded

    def broken_vehicles(self) -> list[VehicleId]:
        return sorted(self._scene.stranded)
