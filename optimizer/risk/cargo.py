"""Where the goods of each open stop are, what must come before what, and what vehicles can carry."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forestall.domain.ids import HubId, PackageId, RouteId, VehicleId
from forestall.domain.orders import Package
from forestall.domain.routes import Route, Stop
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import HolderKind, RouteStatus, StopKind
from optimizer.kernel import Floats, Ints
from optimizer.problem import NO_STOP

AT_A_HUB = frozenset({HolderKind.HUB, HolderKind.UPSTREAM})


@dataclass(frozen=True, slots=True)
class Custody:
    """(m,) each: the vehicle that has a stop's goods, the hub that has them, and whether they are in several hands."""

    holders: tuple[VehicleId | None, ...]
    hubs: tuple[HubId | None, ...]
    is_split: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Loads:
    """``demand`` (m, D; below 0 where goods are handed over), ``capacity`` (R, D) and what vehicles hold now,
    ``aboard`` (R, D)."""

    demand: Floats
    capacity: Floats
    aboard: Floats


def custody_of(snapshot: HubSnapshot, stops: Sequence[Stop], packages: Sequence[tuple[Package, ...]]) -> Custody:
    """Who has what. A stop without packages is a visit: its goods are where its vehicle is."""
    holders: list[VehicleId | None] = []
    hubs: list[HubId | None] = []
    split: list[bool] = []
    for stop, goods in zip(stops, packages, strict=True):
        hands = {(custody.kind, custody.holder_id) for custody in [package.custody for package in goods]}
        split.append(len(hands) > 1 or stop.kind is not StopKind.DELIVERY)
        kind, holder = min(hands) if hands else _with_its_vehicle(snapshot.routes[stop.route_id])
        holders.append(VehicleId(holder) if kind is HolderKind.VEHICLE else None)
        hubs.append(HubId(holder) if kind in AT_A_HUB else None)
    return Custody(tuple(holders), tuple(hubs), np.array(split, dtype=bool))


def _with_its_vehicle(route: Route) -> tuple[HolderKind, str]:
    if route.status is RouteStatus.PLANNED:
        return HolderKind.HUB, route.hub_id
    return HolderKind.VEHICLE, route.vehicle_id


def needs_of(stops: Sequence[Stop], packages: Sequence[tuple[Package, ...]]) -> Ints:
    """(m,) the free TRANSFER stop of the same route that brings a stop's goods aboard; NO_STOP when none has to.

    A meeting the driver is on the way to, or at, comes before everything free anyhow.
    """
    bringing: dict[tuple[RouteId, PackageId], int] = {
        (stop.route_id, package_id): i
        for i, stop in enumerate(stops)
        if stop.kind is StopKind.TRANSFER and not stop.status.is_committed
        for package_id in stop.package_ids
    }
    needs = np.full(len(stops), NO_STOP, dtype=np.int64)
    if not bringing:
        return needs
    for i, (stop, goods) in enumerate(zip(stops, packages, strict=True)):
        if stop.kind is StopKind.DELIVERY:
            brings = (bringing.get((stop.route_id, package.id)) for package in goods)
            needs[i] = next((b for b in brings if b is not None), NO_STOP)
    return needs


def segments_of(stops: Sequence[Stop]) -> Ints:
    """(m,) numbers that rise before and after each pinned stop of a route; ``stops`` are in driving order by route."""
    segment = np.zeros(len(stops), dtype=np.int64)
    current, route_id = 0, None
    for i, stop in enumerate(stops):
        current = current if stop.route_id == route_id else 0
        route_id = stop.route_id
        current += stop.pinned
        segment[i] = current
        current += stop.pinned
    return segment


def loads_of(
    snapshot: HubSnapshot, routes: Sequence[Route], stops: Sequence[Stop], packages: Sequence[tuple[Package, ...]]
) -> Loads:
    """Sizes in the dimensions that any of the vehicles limits; what a vehicle does not limit is infinite there."""
    vehicles = [snapshot.vehicles[route.vehicle_id] for route in routes]
    names = sorted({name for vehicle in vehicles for name in vehicle.capacity})
    demand = _sizes(packages, names)
    gives = [stop.kind is StopKind.HAND_OVER for stop in stops]
    capacity = [[vehicle.capacity.get(name, np.inf) for name in names] for vehicle in vehicles]
    aboard = _sizes([snapshot.packages_by_vehicle.get(route.vehicle_id, ()) for route in routes], names)
    return Loads(
        demand * np.where(gives, -1.0, 1.0)[:, None],
        np.array(capacity, dtype=np.float64).reshape(len(routes), len(names)),
        aboard,
    )


def after_commitment(loads: Loads, stops: Sequence[Stop], committed: Ints) -> Floats:
    """(R, D) what vehicles carry once they are through with their committed stop."""
    after = loads.aboard.copy()
    for r in np.flatnonzero(committed != NO_STOP):
        stop = int(committed[r])
        after[r] += -loads.demand[stop] if stops[stop].kind is StopKind.DELIVERY else loads.demand[stop]
    return np.maximum(after, 0.0)


def _sizes(goods: Sequence[tuple[Package, ...]], names: Sequence[str]) -> Floats:
    """(len(goods), D) the size of each lot of packages in the named dimensions."""
    lot = np.repeat(np.arange(len(goods)), [len(packages) for packages in goods])
    sizes = [package.size for packages in goods for package in packages]
    total = np.empty((len(goods), len(names)))
    for d, name in enumerate(names):
        total[:, d] = np.bincount(lot, [size.get(name, 0.0) for size in sizes], len(goods))
    return total
