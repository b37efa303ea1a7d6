"""The field on one simulated day: vehicles, hubs and customers as they really are."""

from collections.abc import Mapping, Sequence
from functools import partial
from heapq import heapify, heapreplace
from typing import Any

from evals.agenda import Agenda
from evals.carriers import Carriers
from evals.customers import Customers
from evals.docks import Docks
from evals.errands import Instruction, errand_of_stop, read_instruction
from evals.feed import Envelope, Feed, instant_text
from evals.goods import Goods
from evals.inspector import Inspector
from evals.ledger import Ledger
from evals.meetings import Meetings, Pair
from evals.mishaps import Away, Closure
from evals.newcomers import Newcomer, list_newcomers
from evals.profile import Profile
from evals.roads import Place
from evals.schedule import stops_by_route
from evals.signals import Device, Noise
from evals.truth import Truth
from evals.van import Phase, Scene, Van
from forestall.domain.ids import HubId, PackageId, RouteId, StopId, VehicleId
from forestall.domain.plan import DayPlan
from forestall.domain.routes import Route, Stop
from forestall.domain.vocabulary import EventType

STANDING_EVERY_S = 180  # a vehicle that waits, serves, is held up or broken says so this often
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
        draws, rules = self.truth.draws, profile.signals
        devices = {} if muted else {v.id: Device(v.id, rules, draws, self.opens_at) for v in plan.vehicles}
        silences = {v.id: silence for v in plan.vehicles if (silence := self.truth.lost_signal(v.id))}
        clocks = {vehicle_id: device.clock_offset_s for vehicle_id, device in devices.items()}
        source = f"field/{plan.day}/{seed}"
        self._feed = Feed(source, silences, clocks=clocks, noise=Noise(rules, draws), muted=muted)
        self._customers = Customers(plan, self.truth, profile, self._agenda, self._feed, self.ledger)
        self._carriers = Carriers(plan, draws, profile.carriers, self._feed)
        self._docks = Docks(self.truth, self._goods, self._agenda, self._feed, self._is_at_hub)
        self._scene = Scene(
            self.truth, profile, self._agenda, self._feed, self._goods, self._docks, self._customers, self._carriers,
            self.ledger, stranded={}, meetings=Meetings(self._agenda, self._hand_over_s),
        )  # fmt: skip
        self.vans = self._muster()
        self._inspector = Inspector(plan, self.vans, self._goods, self._scene.stranded, self._carriers, self.ledger)
        self._set_traps()
        self._reports = [(devices[van.vehicle.id].begins_at, van.route.id) for van in self.vans.values() if devices]
        heapify(self._reports)
        self._devices = devices
        self._seen: dict[RouteId, tuple[float, bool]] = {}  # when each vehicle last reported, and whether it moved then

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
        while self._reports and self._reports[0][0] <= instant:
            due, route_id = self._reports[0]
            self._agenda.run_to(due)
            van = self.vans[route_id]
            heapreplace(self._reports, (due + self._devices[van.vehicle.id].every_s, route_id))
            self._report_position(van, due)
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
        ) or any(not self.ledger.is_visited(stop_id) for stop_id in self._expected)

    # what the service sends

    def receive_driver_effect(
        self, payload: Mapping[str, Any], sent_at: float | None = None, *, by_voice: bool = False
    ) -> None:
        """A new list has been sent to a driver's device, or is read out to him; ``sent_at`` (Unix seconds), or now."""
        instruction = read_instruction(payload)
        van = self.vans[RouteId(instruction.route_id)]
        self._inspector.check_instruction(van, instruction, sent_at or self.now)
        self._note_moves(van, instruction)
        van.receive(instruction, self.now, by_voice=by_voice)

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
            orders = [stop.order_id for stop in grouped[route.id] if stop.order_id is not None]
            self._docks.expect(route, [p for order in orders for p in self._goods.packages_of(order)])
            vans[route.id] = self._man(route, grouped[route.id])
        for van in vans.values():
            van.expect_departure(self.opens_at)
        return vans

    def _set_traps(self) -> None:
        """Enter what will befall the day, apart from what waits at a single stop or vehicle."""
        for carrier in self.plan.carriers:
            withdraws_at = self.truth.withdraws_at(carrier.id)
            if withdraws_at is not None:
                self._agenda.at(withdraws_at, partial(self._carriers.withdraw, carrier.id))
        for route in self.plan.routes:
            away = self.truth.away(route)
            if away is not None:
                self._agenda.at(away.told_at, partial(self._tell_away, away))
        for closure in self.truth.closures:
            for told_at, until in closure.words:
                self._agenda.at(told_at, partial(self._tell_closure, closure, until))
        newcomers = list_newcomers(self.plan, self.profile.newcomers, self.truth)
        self._expected = {newcomer.stop_id for newcomer in newcomers}
        for newcomer in newcomers:
            self._last_promise = max(self._last_promise, newcomer.closes_at)
            self._agenda.at(newcomer.created_at, partial(self._welcome, newcomer))

    def _tell_away(self, away: Away, now: float) -> None:
        until = None if away.until is None else instant_text(away.until)
        self._feed.say(now, EventType.DRIVER_UNAVAILABLE, away.driver_id, {"until": until})

    def _tell_closure(self, closure: Closure, until: float, now: float) -> None:
        told = {
            "closure": closure.id,
            "lat": closure.center.lat,
            "lon": closure.center.lon,
            "radius_m": closure.radius_m,
            "from": instant_text(closure.during.start),
            "until": instant_text(until),
        }
        self._feed.say(now, EventType.ROAD_CLOSED, closure.hub_id, told)

    def _welcome(self, newcomer: Newcomer, now: float) -> None:
        self.ledger.newcomers[newcomer.stop_id] = newcomer.closes_at
        self._goods.add(newcomer.order_id, newcomer.package_id, newcomer.size, newcomer.hub_id)
        self._customers.welcome(newcomer)
        self._inspector.welcome(newcomer)
        self._feed.say(now, EventType.ORDER_CREATED, newcomer.order_id, newcomer.describe())

    def _is_at_hub(self, route_id: RouteId) -> bool:
        return self.vans[route_id].phase is Phase.AT_HUB

    def _man(self, route: Route, stops: Sequence[Stop]) -> Van:
        hub = next(hub for hub in self.plan.hubs if hub.id == route.hub_id)
        vehicle = next(vehicle for vehicle in self.plan.vehicles if vehicle.id == route.vehicle_id)
        driver = next((driver for driver in self.plan.drivers if driver.id == route.driver_id), None)
        shift_end = driver.shift_end if driver is not None else hub.closes_at
        errands = [errand_of_stop(stop) for stop in stops]
        place = self.truth.roads.places[hub.location.id]
        return Van(route, vehicle, place, shift_end.timestamp(), errands, self._scene)

    def _hand_over_s(self, pair: Pair, expected_s: float) -> float:
        giver, taker = pair
        return self.truth.service_s(StopId(f"{giver}>{taker}"), expected_s)

    # positions

    def _report_position(self, van: Van, now: float) -> None:
        """Where the vehicle is, as its device sees it: every time while it moves and once it stands, then seldom."""
        if van.phase in (Phase.HOME, Phase.AT_HUB):
            return
        is_moving = van.is_moving(now)
        last, moved = self._seen.get(van.route.id, (0.0, True))
        if not is_moving and not moved and now - last < STANDING_EVERY_S:
            return
        self._seen[van.route.id] = now, is_moving
        fix = self._devices[van.vehicle.id].fix_at(now)
        if not fix.is_lost:
            lat, lon = fix.blur(*van.point_at(now))
            self._feed.say(now, EventType.POSITION, van.vehicle.id, {"lat": lat, "lon": lon}, van.vehicle.id)

    @property
    def goods(self) -> Goods:
        return self._goods

    @property
    def stranded(self) -> Mapping[VehicleId, Place]:
        """Where the broken vehicles stand."""
        return self._scene.stranded

    def broken_vehicles(self) -> list[VehicleId]:
        return sorted(self._scene.stranded)
