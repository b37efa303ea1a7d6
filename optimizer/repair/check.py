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
        *checker.carrier_faults(),
        *(fault for r in plan.routes for fault in checker.route_faults(r)),
    )


class _Checker:
    def __init__(self, snapshot: HubSnapshot, plan: FleetPlan) -> None:
        self._snapshot, self._plan = snapshot, plan
        self._specs: Mapping[StopId, TransferSpec] = {spec.stop_id: spec for spec in plan.transfers}
        self._home = {stop.id: route_id for route_id in plan.routes for stop in free_stops(snapshot, route_id)}

    def partition_faults(self) -> Iterator[Fault]:
        """Each free stop of the routes and each new transfer stands exactly once, and nothing else does."""
        where = {stop_id: route_id for route_id, stops in self._plan.routes.items() for stop_id in stops}
        named = Counter(stop_id for stops in self._plan.routes.values() for stop_id in stops)
        for stop_id, count in named.items():
            if count > 1:
                yield Fault("doubled", where[stop_id], stop_id)
            if stop_id not in self._home and stop_id not in self._specs:
                yield Fault("not_free", where[stop_id], stop_id)
        for stop_id in (self._home.keys() | self._specs.keys()) - named.keys():
            yield Fault("lost", self._home.get(stop_id, RouteId("")), stop_id)
        for spec in self._plan.transfers:
            if where.get(spec.stop_id) != spec.route_id:
                yield Fault("transfer_goods", spec.route_id, spec.stop_id)

    def carrier_faults(self) -> Iterator[Fault]:
        """No stop goes to a carrier that is not at work, nor more from others than it said it could take."""
        new: dict[CarrierId, list[tuple[RouteId, StopId]]] = {}
        for route_id, stop_ids in self._plan.routes.items():
            carrier = self._snapshot.carrier_of(self._snapshot.routes[route_id])
            for stop_id in stop_ids:
                home = self._home.get(stop_id, route_id)
                if home != route_id and not carrier.active:
                    yield Fault("carrier_active", route_id, stop_id)
                if self._snapshot.carrier_of(self._snapshot.routes[home]).id != carrier.id:
                    new.setdefault(carrier.id, []).append((route_id, stop_id))
        for carrier_id, arrivals in new.items():
            room = self._snapshot.carriers[carrier_id].free_stops
            for route_id, stop_id in arrivals[room:] if room is not None else ():
                yield Fault("carrier_room", route_id, stop_id)

    def route_faults(self, route_id: RouteId) -> Iterator[Fault]:
        route = self._snapshot.routes[route_id]
        stop_ids = self._plan.routes[route_id]
        newcomers = [s for s in stop_ids if s in self._home and self._home[s] != route_id]
        if newcomers and route.status in {RouteStatus.BROKEN, RouteStatus.FINISHED}:
            yield Fault("stranded", route_id, newcomers[0])
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
        """Walk the route: whatever is delivered must be aboard by then, or loaded before the vehicle leaves."""
        taken_over: set[PackageId] = set()
        committed = self._snapshot.committed_stop(route.id)
        if committed is not None and committed.kind is StopKind.TRANSFER:
            taken_over |= set(committed.package_ids)
        for stop_id in stop_ids:
            if self._is_transfer(stop_id):
                taken_over |= {package.id for package in self._goods(stop_id)}
                yield from self._meeting_faults(route, stop_id)
                continue
            for package in self._goods(stop_id):
                if not self._is_aboard(route, package, taken_over):
                    yield Fault("custody", route.id, stop_id)

    def _meeting_faults(self, route: Route, stop_id: StopId) -> Iterator[Fault]:
        """What a new transfer takes over is in the hands of the vehicle it meets, which stands still."""
        spec = self._specs.get(stop_id)
        if spec is None:
            return
        met = self._snapshot.route_by_vehicle[spec.from_vehicle]
        if met.status is not RouteStatus.BROKEN or met.id == route.id:
            yield Fault("transfer_goods", route.id, spec.from_vehicle)
        for package_id in spec.package_ids:
            custody = self._snapshot.packages[package_id].custody
            if (custody.kind, custody.holder_id) != (HolderKind.VEHICLE, spec.from_vehicle):
                yield Fault("transfer_goods", route.id, package_id)

    def _is_aboard(self, route: Route, package: Package, taken_over: set[PackageId]) -> bool:
        custody = package.custody
        if package.id in taken_over or (custody.kind, custody.holder_id) == (HolderKind.VEHICLE, route.vehicle_id):
            return True
        at_own_hub = custody.kind in {HolderKind.HUB, HolderKind.UPSTREAM} and custody.holder_id == route.hub_id
        return at_own_hub and route.status is RouteStatus.PLANNED

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
            at_hub = (p for s in stops if not self._is_transfer(s) for p in self._goods(s))
            carried |= {p.id: p for p in at_hub if p.custody.kind in {HolderKind.HUB, HolderKind.UPSTREAM}}
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
            if not self._snapshot.stops[stop_id].pinned:
                continue
            if stop_id not in stop_ids or set(stop_ids[: stop_ids.index(stop_id)]) - set(old[:position]):
                yield Fault("pinned", route_id, stop_id)

    def _is_transfer(self, stop_id: StopId) -> bool:
        return stop_id in self._specs or self._snapshot.stops[stop_id].kind is StopKind.TRANSFER

    def _goods(self, stop_id: StopId) -> tuple[Package, ...]:
        if stop_id in self._specs:
            return tuple(self._snapshot.packages[package_id] for package_id in self._specs[stop_id].package_ids)
        stop: Stop = self._snapshot.stops[stop_id]
        if stop.package_ids:
            return tuple(self._snapshot.packages[package_id] for package_id in stop.package_ids)
        return self._snapshot.packages_by_order.get(stop.order_id, ()) if stop.order_id is not None else ()


def _size(packages: Iterable[Package], name: str) -> float:
    return sum(package.size.get(name, 0.0) for package in packages)
