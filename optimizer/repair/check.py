"""Whether a plan can be driven: plain Python over the snapshot's rows, sharing nothing with the engines it checks."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from forestall.domain.ids import CarrierId, PackageId, RouteId, StopId, VehicleId
from forestall.domain.network import ACCESS
from forestall.domain.orders import Package
from forestall.domain.replan import free_stops
from forestall.domain.routes import Route, Stop
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import HolderKind, RouteStatus, StopKind
from optimizer.repair.plan import FleetPlan, TransferSpec


@dataclass(frozen=True, slots=True)
class Fault:
    """A broken rule and what breaks it; the rules are those the registry (``constraints``) names as faults."""

    rule: str
    route_id: RouteId
    subject: str


def check_plan(snapshot: HubSnapshot, plan: FleetPlan) -> tuple[Fault, ...]:
    """Every fault of the plan; none means that each hand-over and each order of stops can be carried out."""
    checker = _Checker(snapshot, plan)
    return (
        *checker.partition_faults(),
        *checker.dropped_faults(),
        *checker.carrier_faults(),
        *(fault for r in plan.routes for fault in checker.route_faults(r)),
    )


class _Checker:
    def __init__(self, snapshot: HubSnapshot, plan: FleetPlan) -> None:
        self._snapshot, self._plan = snapshot, plan
        self._specs: Mapping[StopId, TransferSpec] = {s.stop_id: s for s in plan.transfers if s.stop_id is not None}
        self._gifts: Mapping[StopId, TransferSpec] = {
            s.hand_over_id: s for s in plan.transfers if s.hand_over_id is not None
        }
        self._home = {stop.id: route_id for route_id in plan.routes for stop in free_stops(snapshot, route_id)}

    def partition_faults(self) -> Iterator[Fault]:
        """Each free stop of the routes and each new transfer stands exactly once, and nothing else does."""
        where = {stop_id: route_id for route_id, stops in self._plan.routes.items() for stop_id in stops}
        named = Counter(stop_id for stops in self._plan.routes.values() for stop_id in stops)
        new = self._specs.keys() | self._gifts.keys()
        for stop_id, count in named.items():
            if count > 1:
                yield Fault("doubled", where[stop_id], stop_id)
            if stop_id not in self._home and stop_id not in new:
                yield Fault("not_free", where[stop_id], stop_id)
        for stop_id in (self._home.keys() | new) - named.keys() - set(self._plan.dropped):
            yield Fault("lost", self._home.get(stop_id, RouteId("")), stop_id)
        for spec in self._plan.transfers:
            if spec.stop_id is not None and where.get(spec.stop_id) != spec.route_id:
                yield Fault("transfer_goods", spec.route_id, spec.stop_id)
            if spec.hand_over_id is not None and where.get(spec.hand_over_id) != spec.from_route_id:
                yield Fault("transfer_goods", spec.from_route_id, spec.hand_over_id)

    def dropped_faults(self) -> Iterator[Fault]:
        """Only hand-overs are dropped, and a delivery that hung on one is where its goods are (see ``custody``)."""
        for stop_id in self._plan.dropped:
            stop = self._snapshot.stops.get(stop_id)
            if stop is None or stop_id not in self._home or stop.kind is StopKind.DELIVERY:
                yield Fault("dropped", self._home.get(stop_id, RouteId("")), stop_id)

    def carrier_faults(self) -> Iterator[Fault]:
        """No stop goes to a carrier that is not at work or has to be asked, nor more from others than it can take."""
        new: dict[CarrierId, list[tuple[RouteId, StopId]]] = {}
        for route_id, stop_ids in self._plan.routes.items():
            carrier = self._snapshot.carrier_of(self._snapshot.routes[route_id])
            for stop_id in stop_ids:
                home = self._home.get(stop_id, route_id)
                if home != route_id and not carrier.active:
                    yield Fault("carrier_active", route_id, stop_id)
                if self._snapshot.carrier_of(self._snapshot.routes[home]).id != carrier.id:
                    if carrier.answers_within_s is not None:
                        yield Fault("carrier_answer", route_id, stop_id)
                    new.setdefault(carrier.id, []).append((route_id, stop_id))
        for carrier_id, arrivals in new.items():
            room = self._snapshot.carriers[carrier_id].free_stops
            for route_id, stop_id in arrivals[room:] if room is not None else ():
                yield Fault("carrier_room", route_id, stop_id)

    def route_faults(self, route_id: RouteId) -> Iterator[Fault]:
        route = self._snapshot.routes[route_id]
        stop_ids = self._plan.routes[route_id]
        newcomers = [s for s in stop_ids if s in self._home and self._home[s] != route_id]
        strangers = [s for s in newcomers if any(not self._is_aboard(route, p, set()) for p in self._goods(s))]
        if strangers and route.status in {RouteStatus.BROKEN, RouteStatus.FINISHED}:
            yield Fault("stranded", route_id, strangers[0])
        if route.status in {RouteStatus.BROKEN, RouteStatus.FINISHED}:
            return
        yield from self._custody_faults(route, stop_ids)
        yield from self._load_faults(route, stop_ids)
        yield from self._pin_faults(route_id, stop_ids)
        vehicle = self._snapshot.vehicles[route.vehicle_id]
        for stop_id in newcomers:
            for lacking in sorted(vehicle.lacks(self._snapshot.stops[stop_id].skills)):
                yield Fault("access" if lacking.startswith(ACCESS) else "skills", route_id, stop_id)

    def _custody_faults(self, route: Route, stop_ids: Iterable[StopId]) -> Iterator[Fault]:
        """Walk the route: whatever is delivered or handed over must be aboard by then, or be loaded at the hub."""
        taken_over: set[PackageId] = set()
        gone: set[PackageId] = set()
        committed = self._snapshot.committed_stop(route.id)
        if committed is not None and committed.kind is StopKind.TRANSFER:
            taken_over |= set(committed.package_ids)
        if committed is not None and committed.kind is StopKind.HAND_OVER:
            gone |= set(committed.package_ids)
        for position, stop_id in enumerate(stop_ids):
            goods = self._goods(stop_id)
            if self._is_transfer(stop_id):
                taken_over |= {package.id for package in goods}
                yield from self._meeting_faults(route, stop_id)
                continue
            for package in goods:
                if package.id in gone or not self._is_aboard(route, package, taken_over):
                    yield Fault("custody", route.id, stop_id)
            if self._is_hand_over(stop_id):
                gone |= {package.id for package in goods}
                yield from self._hand_over_faults(route, stop_id, position)

    def _meeting_faults(self, route: Route, stop_id: StopId) -> Iterator[Fault]:
        """What a new transfer takes over is in the hands of the vehicle it meets, which stands still or waits."""
        spec = self._specs.get(stop_id)
        if spec is None:
            return
        met = self._snapshot.route_by_vehicle[spec.from_vehicle]
        waits = spec.hand_over_id is not None and met.status is RouteStatus.UNDERWAY
        if met.id == route.id or not (waits or met.status is RouteStatus.BROKEN):
            yield Fault("transfer_goods", route.id, spec.from_vehicle)
        yield from self._held_faults(route, spec)

    def _held_faults(self, route: Route, spec: TransferSpec) -> Iterator[Fault]:
        for package_id in spec.package_ids:
            custody = self._snapshot.packages[package_id].custody
            if (custody.kind, custody.holder_id) != (HolderKind.VEHICLE, spec.from_vehicle):
                yield Fault("transfer_goods", route.id, package_id)

    def _hand_over_faults(self, route: Route, stop_id: StopId, position: int) -> Iterator[Fault]:
        """A new meeting is where the giver is bound for, before anything else it does, and is not over already."""
        spec = self._gifts.get(stop_id)
        if spec is None:
            return
        yield from self._held_faults(route, spec)
        if spec.stop_id is None:
            hub = self._snapshot.hubs[route.hub_id]
            taker = self._snapshot.routes[spec.route_id]
            fits = taker.status is RouteStatus.PLANNED and taker.hub_id == hub.id
            if not fits or spec.location.id != hub.location.id or route.status is not RouteStatus.UNDERWAY:
                yield Fault("meeting", route.id, stop_id)
            return
        committed = self._snapshot.committed_stop(route.id)
        there = committed is not None and committed.location.id == spec.location.id
        in_time = spec.ends_at is not None and spec.ends_at > self._snapshot.taken_at
        if not there or position != 0 or not in_time or route.vehicle_id != spec.from_vehicle:
            yield Fault("meeting", route.id, stop_id)

    def _is_aboard(self, route: Route, package: Package, taken_over: set[PackageId]) -> bool:
        custody = package.custody
        if package.id in taken_over or (custody.kind, custody.holder_id) == (HolderKind.VEHICLE, route.vehicle_id):
            return True
        return route.status is RouteStatus.PLANNED and self._comes_from_hub(route, package)

    def _comes_from_hub(self, route: Route, package: Package) -> bool:
        """At the hub of a route that has not left it, or on the way there in a vehicle that is to hand it in."""
        custody = package.custody
        if custody.kind in {HolderKind.HUB, HolderKind.UPSTREAM}:
            return custody.holder_id == route.hub_id
        planned = (s.package_ids for s in self._plan.transfers if s.stop_id is None and s.route_id == route.id)
        agreed = (s.package_ids for s in self._snapshot.hand_overs if self._goes_to_hub(s))
        return any(package.id in package_ids for package_ids in (*planned, *agreed))

    def _goes_to_hub(self, hand_over: Stop) -> bool:
        return (
            hand_over.transfer_to is None and self._snapshot.routes[hand_over.route_id].status is RouteStatus.UNDERWAY
        )

    def _load_faults(self, route: Route, stop_ids: Iterable[StopId]) -> Iterator[Fault]:
        vehicle = self._snapshot.vehicles[route.vehicle_id]
        for name, capacity in vehicle.capacity.items():
            now = [stop.id for stop in free_stops(self._snapshot, route.id)]
            most = max(capacity, *self._loads(route, vehicle.id, now, name))
            if max(self._loads(route, vehicle.id, stop_ids, name)) > most + 1e-6:
                yield Fault("capacity", route.id, name)

    def _loads(self, route: Route, vehicle_id: VehicleId, stop_ids: Iterable[StopId], name: str) -> Iterator[float]:
        """What is aboard in one dimension: when free to go on, and after every stop."""
        stops = list(stop_ids)
        carried = {p.id: p for p in self._snapshot.packages.values() if p.custody.holder_id == vehicle_id}
        committed = self._snapshot.committed_stop(route.id)
        if committed is not None:
            for package in self._goods(committed.id):
                if committed.kind is StopKind.TRANSFER:
                    carried[package.id] = package
                else:
                    carried.pop(package.id, None)
        if route.status is RouteStatus.PLANNED:
            at_hub = (p for s in stops if self._is_delivery(s) for p in self._goods(s))
            carried |= {p.id: p for p in at_hub if self._comes_from_hub(route, p)}
        yield _size(carried.values(), name)
        for stop_id in stops:
            for package in self._goods(stop_id):
                if self._is_transfer(stop_id):
                    carried[package.id] = package
                else:
                    carried.pop(package.id, None)
            yield _size(carried.values(), name)

    def _pin_faults(self, route_id: RouteId, stop_ids: tuple[StopId, ...]) -> Iterator[Fault]:
        """A pinned stop stays on its route, and nothing gets in front of it that was not there before."""
        old = [stop.id for stop in free_stops(self._snapshot, route_id)]
        for position, stop_id in enumerate(old):
            if not self._snapshot.stops[stop_id].pinned or stop_id in self._plan.dropped:
                continue
            if stop_id not in stop_ids or set(stop_ids[: stop_ids.index(stop_id)]) - set(old[:position]):
                yield Fault("pinned", route_id, stop_id)

    def _is_transfer(self, stop_id: StopId) -> bool:
        if stop_id in self._specs or stop_id in self._gifts:
            return stop_id in self._specs
        return self._snapshot.stops[stop_id].kind is StopKind.TRANSFER

    def _is_hand_over(self, stop_id: StopId) -> bool:
        return stop_id in self._gifts or (
            stop_id not in self._specs and self._snapshot.stops[stop_id].kind is StopKind.HAND_OVER
        )

    def _is_delivery(self, stop_id: StopId) -> bool:
        return not self._is_transfer(stop_id) and not self._is_hand_over(stop_id)

    def _goods(self, stop_id: StopId) -> tuple[Package, ...]:
        spec = self._specs.get(stop_id) or self._gifts.get(stop_id)
        if spec is not None:
            return tuple(self._snapshot.packages[package_id] for package_id in spec.package_ids)
        stop: Stop = self._snapshot.stops[stop_id]
        if stop.package_ids:
            return tuple(self._snapshot.packages[package_id] for package_id in stop.package_ids)
        return self._snapshot.packages_by_order.get(stop.order_id, ()) if stop.order_id is not None else ()


def _size(packages: Iterable[Package], name: str) -> float:
    return sum(package.size.get(name, 0.0) for package in packages)
