"""From a snapshot to a ``FleetProblem``: what is open, who holds what, where everybody is, and the luck of the day."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from forestall.domain.handovers import list_misplaced, packages_of, with_partners
from forestall.domain.ids import HubId, LocationId, RouteId, StopId
from forestall.domain.network import Location
from forestall.domain.routes import Route, Stop
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import RouteStatus, StopKind, Tier, VehicleMode
from optimizer.kernel import NEVER, Drive, Floats, Ints, World
from optimizer.prices import Prices
from optimizer.problem import NO_STOP, FleetProblem
from optimizer.risk.cargo import (
    AT_A_HUB,
    after_commitment,
    custody_of,
    loads_of,
    needs_of,
    segments_of,
)
from optimizer.risk.draws import Draws
from optimizer.risk.duty import duty_of
from optimizer.risk.handovers import gate_rows, let_meet
from optimizer.risk.heads import Head, HeadContext, breakdown_place, head_of, is_stranded, origin_of
from optimizer.risk.holdups import next_hold
from optimizer.risk.learning import Learned
from optimizer.risk.presence import presence_factor
from optimizer.risk.priors import Priors
from optimizer.travel import TravelTimes

_HOURS = 49  # traffic factors are tabled for two days from the epoch; days end before that


@dataclass(frozen=True, slots=True)
class Beliefs:
    """What a forecast stands on besides the snapshot: prices, priors, the draws and what today has taught."""

    prices: Prices
    priors: Priors
    draws: Draws
    learned: Learned


def assemble(
    snapshot: HubSnapshot,
    travel: TravelTimes,
    beliefs: Beliefs,
    route_ids: Collection[RouteId] | None = None,
    *,
    as_driven: bool = False,
) -> FleetProblem:
    """The problem of the named routes (all when None) and of those they hand goods over to or get them from.

    Cost grows with the square of their open stops; of a single route's only, ``as_driven``: then no stop can change
    vehicles, and travel times between places of different routes are NaN.
    """
    chosen = snapshot.routes.keys() if route_ids is None else with_partners(snapshot, route_ids)
    routes = [snapshot.routes[route_id] for route_id in sorted(chosen)]
    stops = [stop for route in routes for stop in snapshot.open_stops(route.id)]
    return _Assembly(snapshot, travel, beliefs, routes, stops, as_driven).build()


class _Assembly:
    """One build; a class because its parts share the tables."""

    def __init__(
        self,
        snapshot: HubSnapshot,
        travel: TravelTimes,
        beliefs: Beliefs,
        routes: list[Route],
        stops: list[Stop],
        as_driven: bool,
    ) -> None:
        self.snapshot, self.travel, self.beliefs, self._as_driven = snapshot, travel, beliefs, as_driven
        self.routes, self.stops = routes, stops
        self.epoch = datetime.combine(snapshot.taken_at.astimezone(UTC).date(), datetime.min.time(), UTC)
        self.places: dict[LocationId, int] = {}
        self.place_list: list[Location] = []
        self.packages = [packages_of(snapshot, stop) for stop in stops]
        self.orders = [None if stop.order_id is None else snapshot.orders.get(stop.order_id) for stop in stops]
        self.stop_index = {stop.id: i for i, stop in enumerate(stops)}
        self.leg = beliefs.draws.leg(beliefs.learned.leg_sd)
        self.service = beliefs.draws.service(beliefs.learned.service_sd)
        self._in_vain = {
            route.id: snapshot.untold.union(stop.id for stop in list_misplaced(snapshot, route.id)) for route in routes
        }

    def build(self) -> FleetProblem:
        of_routes = self._name_places()
        self.modes = sorted({self._mode(route) for route in self.routes})
        self.travel_s = self._durations_s(of_routes)
        self.slow = self._slow_roads()
        pace, service_pace = self._paces()
        holds = [self._hold(route) for route in self.routes]
        heads = self._heads(pace, service_pace, holds)
        custody = custody_of(self.snapshot, self.stops, self.packages)
        loads = loads_of(self.snapshot, self.routes, self.stops, self.packages)
        sequences, committed = self._sequences(heads)
        problem = FleetProblem(
            snapshot=self.snapshot,
            prices=self.beliefs.prices,
            draws=self.beliefs.draws,
            epoch=self.epoch,
            places=tuple(self.place_list),
            stop_ids=tuple(stop.id for stop in self.stops),
            route_ids=tuple(route.id for route in self.routes),
            world=self._world(),
            drive=self._drive(heads, pace, service_pace, holds),
            sequences=sequences,
            committed=committed,
            committed_start_s=self._committed_starts(heads),
            unannounced_s=self._unannounced(heads),
            stranded=np.array([is_stranded(self.snapshot, route) for route in self.routes], dtype=bool),
            p_failed=self._p_failed(),
            is_transfer=np.array([stop.kind is not StopKind.DELIVERY for stop in self.stops], dtype=bool),
            holders=custody.holders,
            at_hub_of=custody.hubs,
            is_split=custody.is_split,
            packages=tuple(tuple(package.id for package in packages) for packages in self.packages),
            needs=needs_of(self.stops, self.packages),
            segment=segments_of(self.stops),
            allowed=self._allowed(),
            demand=loads.demand,
            capacity=loads.capacity,
            aboard=after_commitment(loads, self.stops, committed),
            breakdown_place={
                route.id: self._place(breakdown_place(self.snapshot, route))
                for route in self.routes
                if route.status is RouteStatus.BROKEN
            },
        )
        let_meet(problem)
        return problem

    # places

    def _place(self, location: Location) -> int:
        index = self.places.get(location.id)
        if index is None:
            index = self.places[location.id] = len(self.place_list)
            self.place_list.append(location)
        return index

    def _name_places(self) -> list[list[int]]:
        """Register every place that any part asks for, before travel times are looked up; each route's own ones."""
        of_routes: dict[RouteId, list[int]] = {route.id: [] for route in self.routes}
        for stop in self.stops:
            mine = of_routes[stop.route_id]
            mine.append(self._place(stop.location))
            if stop.transfer_from is not None:
                mine.append(self._place(self._location_of(stop)))
        for route in self.routes:
            hub, mine = self.snapshot.hubs[route.hub_id].location, of_routes[route.id]
            mine += (self._place(hub), self._place(origin_of(self.snapshot, route.id, hub)))
            if route.vehicle_id in self.snapshot.positions:
                mine.append(self._place(breakdown_place(self.snapshot, route)))
        return list(of_routes.values())

    def _durations_s(self, of_routes: list[list[int]]) -> Floats:
        """(P, n, n) travel times by mode between all places, or between those of each route."""
        n = len(self.place_list)
        durations_s = np.full((max(len(self.modes), 1), n, n), np.nan)
        if not self._as_driven:
            for profile, mode in enumerate(self.modes):
                durations_s[profile] = self.travel.durations_s(self.place_list, mode)
            return durations_s
        for route, places in zip(self.routes, of_routes, strict=True):
            mine, mode = list(dict.fromkeys(places)), self._mode(route)
            table = self.travel.durations_s([self.place_list[i] for i in mine], mode)
            durations_s[self.modes.index(mode)][np.ix_(mine, mine)] = table
        return durations_s

    def _mode(self, route: Route) -> VehicleMode:
        return self.snapshot.vehicles[route.vehicle_id].mode

    def _place_of(self, stop: Stop) -> int:
        location = stop.location if stop.transfer_from is None else self._location_of(stop)
        return self.places[location.id]

    def _location_of(self, stop: Stop) -> Location:
        """Where the stop is; a giver that has broken down on its way to a meeting is met where it stands."""
        giver = None if stop.transfer_from is None else self.snapshot.route_by_vehicle.get(stop.transfer_from)
        if giver is None or giver.status is not RouteStatus.BROKEN or stop.status.is_committed:
            return stop.location
        return breakdown_place(self.snapshot, giver)

    def _slow_roads(self) -> Floats:
        """(n,) how much slower than usual the roads around a place are now, by its hub's mood and its area."""
        slow = np.ones(len(self.place_list))
        learned = self.beliefs.learned
        for hub_id in {route.hub_id for route in self.routes}:
            mine = self._places_of(hub_id)
            area = learned.area.get(hub_id)
            factor = area.factor_at([self.place_list[i] for i in mine]) if area else np.ones(len(mine))
            slow[mine] = learned.now.get(hub_id, 1.0) * factor
        return slow

    def _places_of(self, hub_id: HubId) -> list[int]:
        if len({route.hub_id for route in self.routes}) == 1:
            return list(range(len(self.place_list)))
        routes = [route for route in self.routes if route.hub_id == hub_id]
        hub = self.snapshot.hubs[hub_id].location
        names = {hub.id} | {stop.location.id for route in routes for stop in self.snapshot.open_stops(route.id)}
        names |= {origin_of(self.snapshot, route.id, hub).id for route in routes}
        names |= {breakdown_place(self.snapshot, r).id for r in routes if r.vehicle_id in self.snapshot.positions}
        return sorted(self.places[name] for name in names)

    def _leg_s(self, route: Route, start: Location, end: Location) -> float:
        """Expected seconds of one leg of a route as roads are now."""
        i, j = self._place(start), self._place(end)
        usual = float(self.travel_s[self.modes.index(self._mode(route)), i, j])
        slower = (float(self.slow[i]) + float(self.slow[j])) / 2 - 1.0
        return usual + min(usual * slower, self._slow_cap_s)

    @property
    def _slow_cap_s(self) -> float:
        """Slow roads fade; were a leg to lose more by it than this, leaving later could mean arriving earlier."""
        return self.beliefs.priors.persist_s / 4

    # vehicles

    def _paces(self) -> tuple[Floats, list[float]]:
        """(R, S) travel multipliers, and (R,) service multipliers."""
        learned, priors, draws = self.beliefs.learned, self.beliefs.priors, self.beliefs.draws
        moods = {
            hub_id: draws.factor("mood", hub_id, learned.day.get(hub_id, 1.0), priors.hub_sd)
            for hub_id in {route.hub_id for route in self.routes}
        }
        pace = np.empty((len(self.routes), draws.samples))
        for r, route in enumerate(self.routes):
            mean, spread = learned.pace.get(route.id, (1.0, priors.route_sd))
            pace[r] = moods[route.hub_id] * draws.factor("pace", route.id, mean, spread)
        return pace, [learned.service.get(route.id, 1.0) for route in self.routes]

    def _heads(self, pace: Floats, service_pace: list[float], holds: list[tuple[Floats, Floats]]) -> list[Head]:
        beliefs = self.beliefs
        context = HeadContext(
            self.snapshot, self.epoch, beliefs.draws, beliefs.priors, self._leg_s, beliefs.learned.load_late,
            self.leg, self.service,
        )  # fmt: skip
        return [head_of(context, route, pace[r], service_pace[r], holds[r]) for r, route in enumerate(self.routes)]

    def _drive(
        self, heads: list[Head], pace: Floats, service_pace: list[float], holds: list[tuple[Floats, Floats]]
    ) -> Drive:
        draws = self.beliefs.draws
        slip = self._slips()
        duties = [duty_of(self.snapshot, route, self._leg_s) for route in self.routes]
        return Drive(
            ready_s=_rows([head.ready_s for head in heads], draws.samples),
            earliest_s=np.array([head.earliest_s for head in heads]),
            at_hub=np.array([head.at_hub for head in heads], dtype=bool),
            slip=_rows(slip, draws.samples),
            pace=pace,
            hold_at_s=_rows([at_s for at_s, _ in holds], draws.samples),
            hold_s=_rows([length_s for _, length_s in holds], draws.samples),
            break_after_s=np.array([duty.break_after_s for duty in duties]),
            break_s=np.array([duty.break_s for duty in duties]),
            drive_limit_s=np.array([duty.drive_limit_s for duty in duties]),
            duty_limit_s=np.array([duty.duty_limit_s for duty in duties]),
            driven_s=np.array([duty.driven_s for duty in duties]),
            since_break_s=np.array([duty.since_break_s for duty in duties]),
            duty_start_s=np.array([self._seconds(duty.began_at) for duty in duties]),
            service_pace=np.array(service_pace),
            profile=np.array([self.modes.index(self._mode(route)) for route in self.routes], dtype=np.int64),
            place=np.array([self._place(head.place) for head in heads], dtype=np.int64),
            end=np.array([self._place(self.snapshot.hubs[r.hub_id].location) for r in self.routes], dtype=np.int64),
            shift_end_s=np.array([self._shift_end_s(route) for route in self.routes]),
        )

    def _slips(self) -> list[Floats]:
        """(S,) of each route: how far off the promise of a late load is. Part of it is the hub's, so its routes are
        late together."""
        draws, priors = self.beliefs.draws, self.beliefs.priors
        hubs = {
            hub_id: draws.factor("load-hub", hub_id, 1.0, priors.load_hub_sd)
            for hub_id in {route.hub_id for route in self.routes}
        }
        return [hubs[route.hub_id] * draws.factor("load", route.id, 1.0, priors.load_sd) for route in self.routes]

    def _hold(self, route: Route) -> tuple[Floats, Floats]:
        rates = self.beliefs.learned.hazards[route.hub_id]
        now_s = self._seconds(self.snapshot.taken_at)
        return next_hold(self.beliefs.priors, self.beliefs.draws, route.id, now_s, rates)

    def _shift_end_s(self, route: Route) -> float:
        driver = self.snapshot.drivers.get(route.driver_id) if route.driver_id is not None else None
        return self._seconds(driver.shift_end if driver else self.snapshot.hubs[route.hub_id].closes_at)

    def _committed_starts(self, heads: list[Head]) -> Floats:
        samples = self.beliefs.draws.samples
        nothing = np.zeros(samples)
        starts = [head.committed_start_s if head.committed_start_s is not None else nothing for head in heads]
        return _rows(starts, samples)

    def _unannounced(self, heads: list[Head]) -> Floats:
        nothing = np.zeros(self.beliefs.draws.samples)
        waits = [head.unannounced_s if head.unannounced_s is not None else nothing for head in heads]
        return _rows(waits, self.beliefs.draws.samples)

    # stops

    def _world(self) -> World:
        prices, priors, draws = self.beliefs.prices, self.beliefs.priors, self.beliefs.draws
        stop_ids = [stop.id for stop in self.stops]
        counted = [stop.kind is StopKind.DELIVERY for stop in self.stops]
        tiers = [order.tier if order else Tier.STANDARD for order in self.orders]
        meets = [not is_counted for is_counted in counted]
        lateness, miss, undone = (
            {tier: of(tier) for tier in set(tiers)} for of in (prices.lateness_of, prices.miss_of, prices.undone_of)
        )
        gate, gates_s = gate_rows(meets, self.beliefs.draws.samples)
        return World(
            travel_s=np.ascontiguousarray(self.travel_s),
            slow=self.slow,
            place=np.array([self._place_of(stop) for stop in self.stops], dtype=np.int64),
            opens_s=self._opens_s(),
            closes_s=self._closes_s(),
            service_s=np.array([stop.service_s for stop in self.stops], dtype=np.float64),
            available_s=self._available_s(),
            gate=gate,
            gates_s=gates_s,
            late_price=np.array([lateness[t] * c for t, c in zip(tiers, counted, strict=True)]) * self._eased(),
            miss_price=np.array([miss[t] * c for t, c in zip(tiers, counted, strict=True)]),
            undone_price=np.array([undone[t] * c for t, c in zip(tiers, counted, strict=True)]),
            leg=draws.noise("leg", stop_ids, self.leg),
            visit=draws.noise("visit", stop_ids, self.service),
            hours=self._hours(),
            now_s=self._seconds(self.snapshot.taken_at),
            persist_s=float(priors.persist_s),
            slow_cap_s=float(self._slow_cap_s),
            lateness_cap_s=float(prices.lateness_cap_s),
            gross_after_s=float(prices.gross_after_s),
            gross_share=float(prices.gross_share),
            travel_price=float(prices.travel_per_s),
        )

    def _eased(self) -> Floats:
        """(m,) the share of its price at which lateness counts: less while its customer says that it is fine."""
        now = self.snapshot.taken_at
        fine_until = [order.word.fine_until if order else None for order in self.orders]
        share = self.beliefs.prices.eased_share
        return np.array([share if until is not None and now <= until else 1.0 for until in fine_until])

    def _hours(self) -> Floats:
        """Traffic factors at the full hours from the epoch; empty when they are flat, which the kernel skips."""
        by_hour = np.array(self.travel.hours.by_hour)
        return np.zeros(0) if np.all(by_hour == 1.0) else by_hour[np.arange(_HOURS) % 24]

    def _seconds(self, instant: datetime) -> float:
        return (instant - self.epoch).total_seconds()

    def _opens_s(self) -> Floats:
        """(m,) when each stop can be served: its window, and the road there, open; never, while its goods are aboard a
        vehicle that does not bring them, or its driver does not know of it."""
        in_vain: frozenset[StopId] = frozenset().union(*self._in_vain.values())
        seconds = self._seconds
        opens_at = self.snapshot.opens_at if self.snapshot.closures else lambda stop: stop.window.opens_at
        return np.array([NEVER if stop.id in in_vain else seconds(opens_at(stop)) for stop in self.stops])

    def _closes_s(self) -> Floats:
        """(m,) each promise's end, by which a stop is late. (Its window may be wider: when it can be served.)"""
        promises = [
            order.promise if order else stop.window for stop, order in zip(self.stops, self.orders, strict=True)
        ]
        return np.array([self._seconds(promise.closes_at) for promise in promises])

    def _available_s(self) -> Floats:
        """(m,) when the goods can leave their hub: as announced for them, else for the load they are part of.

        What a load is said to wait for may be a few packages that have a word of their own: the others are there.
        """
        said = [
            max(
                (p.available_at for p in packages if p.available_at is not None and p.custody.kind in AT_A_HUB),
                default=None,
            )
            for packages in self.packages
        ]
        waits: dict[RouteId, datetime] = {}
        for stop, at in zip(self.stops, said, strict=True):
            if at is not None:
                waits[stop.route_id] = max(at, waits.get(stop.route_id, at))
        loads_s = {
            route.id: -np.inf
            if route.load_ready_at in (None, waits.get(route.id)) or route.status is not RouteStatus.PLANNED
            else self._seconds(route.load_ready_at)
            for route in self.routes
        }
        told = zip(self.stops, said, strict=True)
        return np.array([loads_s[stop.route_id] if at is None else self._seconds(at) for stop, at in told])

    def _p_failed(self) -> Floats:
        rates, otherwise = self.beliefs.learned.p_failed, self.beliefs.priors.p_failed
        of_route = {route.id: rates.get(route.hub_id, otherwise) for route in self.routes}
        visits = zip(self.stops, self.orders, strict=True)
        asked = np.array([presence_factor(stop, order, self.beliefs.priors) for stop, order in visits])
        return asked * [of_route[stop.route_id] * (stop.kind is StopKind.DELIVERY) for stop in self.stops]

    # orders

    def _sequences(self, heads: list[Head]) -> tuple[tuple[tuple[int, ...], ...], Ints]:
        sequences = []
        committed = np.full(len(self.routes), NO_STOP, dtype=np.int64)
        for r, route in enumerate(self.routes):
            bound_for = heads[r].committed
            if bound_for is not None:
                committed[r] = self.stop_index[bound_for.id]
            free = (stop for stop in self.snapshot.open_stops(route.id) if not stop.status.is_committed)
            in_vain = self._in_vain.get(route.id, frozenset())
            order = sorted(free, key=lambda stop: stop.id in in_vain)  # what is not aboard comes last, and is undone
            sequences.append(tuple(self.stop_index[stop.id] for stop in order))
        return tuple(sequences), committed

    def _allowed(self) -> NDArray[np.bool_]:
        vehicles = [self.snapshot.vehicles[route.vehicle_id] for route in self.routes]
        asked = {stop.skills for stop in self.stops}
        can = {skills: np.array([not vehicle.lacks(skills) for vehicle in vehicles], dtype=bool) for skills in asked}
        rows = np.array([can[stop.skills] for stop in self.stops], dtype=bool)
        return rows.reshape(len(self.stops), len(self.routes))


def _rows(rows: list[Floats], samples: int) -> Floats:
    return np.array(rows, dtype=np.float64).reshape(len(rows), samples)
