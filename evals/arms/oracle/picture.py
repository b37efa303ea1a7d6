"""The day as it stands at an instant, in the tables that the search works on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
from numpy.typing import NDArray

from evals.arms.oracle.rehearsal import Stage
from evals.arms.oracle.search import Tables, tables
from evals.roads import Place
from evals.truth import Truth
from evals.van import NO_SHOW_WAIT_S, Phase, Van
from evals.world import World
from forestall.domain.ids import LocationId, PackageId, RouteId, StopId, VehicleId
from forestall.domain.routes import Stop
from forestall.domain.vocabulary import HolderKind, StopKind
from optimizer.repair.meetings import HAND_OVER_PER_PACKAGE_S, HAND_OVER_S

NEIGHBOURS = 150  # nearest places of each whose true legs are drawn; longer ones are not driven
_UNDRAWN = np.inf


@dataclass(frozen=True, slots=True)
class Picture:
    """``stops`` and ``vans`` name the rows of ``tables``; ``wrecks`` are the broken vehicles with goods aboard.

    ``lists`` are rows of ``stops`` in each van's order as it is; ``waiting`` those on nobody's list.
    """

    stops: tuple[Stop, ...]
    vans: tuple[RouteId, ...]
    wrecks: tuple[VehicleId, ...]
    tables: Tables
    lists: tuple[tuple[int, ...], ...]

    @property
    def waiting(self) -> list[int]:
        listed = {row for rows in self.lists for row in rows}
        return [row for row in range(len(self.stops)) if row not in listed]


class Legs:
    """True legs without hour and region, drawn once for a day: base seconds and the leg's own factor.

    Places that are no neighbours have no leg (infinity), apart from hubs and wrecks, which have one to everybody.
    """

    def __init__(self, truth: Truth, always: Iterable[LocationId], driven: Iterable[tuple[LocationId, LocationId]]):
        self.truth, self.places = truth, list(truth.roads.places.values())
        self.row = {place.id: row for row, place in enumerate(self.places)}
        count = len(self.places)
        self.base = np.array([[truth.roads.base_s(a, b) for b in self.places] for a in self.places]).reshape(count, -1)
        self.factor = np.full((count, count), _UNDRAWN)
        wanted = np.zeros((count, count), dtype=np.bool_)
        nearest = np.argsort(self.base, axis=1, kind="stable")[:, : NEIGHBOURS + 1]
        np.put_along_axis(wanted, nearest, values=True, axis=1)
        for place_id in always:
            wanted[self.row[place_id], :] = wanted[:, self.row[place_id]] = True
        for start, end in driven:
            wanted[self.row[start], self.row[end]] = True
        for a, b in zip(*np.nonzero(wanted), strict=True):
            self.factor[a, b] = truth.leg_factor(self.places[a].id, self.places[b].id)

    def add(self, place: Place) -> int:
        """The row of a place that came to be during the day, such as where a van broke down."""
        if place.id not in self.row:
            self.row[place.id] = len(self.places)
            self.places.append(place)
            roads, factor = self.truth.roads, self.truth.leg_factor
            column = [(roads.base_s(other, place), factor(other.id, place.id)) for other in self.places]
            row = [(roads.base_s(place, other), factor(place.id, other.id)) for other in self.places]
            self.base, self.factor = (
                np.block([[old, np.array([pair[at] for pair in column[:-1]])[:, None]],
                          [np.array([pair[at] for pair in row])[None, :]]])
                for at, old in enumerate((self.base, self.factor))
            )  # fmt: skip
        return self.row[place.id]


def take_picture(stage: Stage, now: float, legs: Legs, called: Mapping[RouteId, float]) -> Picture | None:
    """The day at ``now`` as ``stage`` knows it; None when nobody can do anything more.

    ``called`` says when spares were first given stops.
    """
    world, later = stage.play_to(now), stage.play_out()
    return _Taking(world, later, now, legs, called).picture()


class _Taking:
    def __init__(self, world: World, later: World, now: float, legs: Legs, called: Mapping[RouteId, float]) -> None:
        self.world, self.later, self.now, self.legs, self.called = world, later, now, legs, called
        self.truth, self.plan = world.truth, world.plan
        self.home = {stop.id: stop.route_id for stop in self.plan.stops}
        self.vans = [van for van in world.vans.values() if self._free_at(van) is not None]
        self.wrecks = [vehicle for vehicle in sorted(world.stranded) if world.goods.list_aboard(vehicle)]
        self.holder: dict[StopId, tuple[HolderKind, str]] = {}
        self.stops = [stop for stop in self.plan.stops if self._is_to_do(stop)]

    # who and what

    def _free_at(self, van: Van) -> float | None:
        """When he can begin with something new; None when not today. At the hub: leave it."""
        if van.phase is Phase.AT_HUB:
            away, carrier_id = self.truth.away(van.route), van.vehicle.carrier_id
            withdraws_at = self.truth.withdraws_at(carrier_id)
            if van.is_grounded or (away is not None and away.until is None) or withdraws_at is not None:
                return None
            outages = [o.during.end for o in self.truth.outages if o.hub_id == van.route.hub_id]
            ready = max(self.now, van.route.departs_at.timestamp(), *outages)
            if away is not None and away.until is not None:
                ready = max(ready, away.until)
            if van.route.is_spare:
                called_at = self.called.get(van.route.id, self.now)
                ready = max(ready, called_at + self.world.profile.vehicles.spare_ready_min * 60)
            return ready
        if van.phase is Phase.RETURNING and van.leg is not None:
            return van.leg.arrives_at
        if van.phase in (Phase.DRIVING, Phase.STANDING):
            if van.current is None:
                return self.now
            visit = self.later.ledger.visits.get(van.current.stop_id)
            return visit.finished_at if visit is not None else None
        return None

    def _is_to_do(self, stop: Stop) -> bool:
        """Nobody is on the way there, and somebody could have its goods."""
        ledger = self.world.ledger
        if stop.order_id is None or ledger.is_visited(stop.id) or stop.order_id in ledger.called_off:
            return False
        if any(van.current and van.current.stop_id == stop.id for van in self.vans):
            return False
        packages = self.world.goods.packages_of(stop.order_id)
        holders = {self._holder_soon(package) for package in packages}
        if len(holders) != 1:
            return False
        (self.holder[stop.id],) = holders
        kind, holder_id = self.holder[stop.id]
        if kind is HolderKind.VEHICLE:
            return holder_id in self.wrecks or any(van.vehicle.id == holder_id for van in self.vans)
        return kind is HolderKind.HUB

    def _holder_soon(self, package: PackageId) -> tuple[HolderKind, str]:
        """Who has it, once those who are on their way to fetch something have fetched it."""
        for van in self.vans:
            current = van.current
            if current is not None and current.kind is StopKind.TRANSFER and package in current.package_ids:
                return HolderKind.VEHICLE, van.vehicle.id
        return self.world.goods.holder_of(package)

    def _loads(self, van: Van) -> bool:
        """Who has left the hub gets no more goods there, on the way back as little as before: no rule allows it."""
        return van.phase is Phase.AT_HUB

    def _may(self, van: Van, stop: Stop) -> bool:
        """Whether the goods can come to this van, and the van to the stop."""
        kind, holder_id = self.holder[stop.id]
        if kind is HolderKind.VEHICLE and holder_id == van.vehicle.id:
            return True
        if kind is HolderKind.HUB and not (self._loads(van) and van.route.hub_id == holder_id):
            return False
        if kind is HolderKind.VEHICLE and holder_id not in self.wrecks:
            return False
        return not van.vehicle.lacks(stop.skills) and self._is_unasked(van, stop)

    def _is_unasked(self, van: Van, stop: Stop) -> bool:
        """Whether its carrier drives the stop without having to agree to it first."""
        home = self.world.vans[self.home[stop.id]]
        carrier = next(carrier for carrier in self.plan.carriers if carrier.id == van.vehicle.carrier_id)
        return home.route.id == van.route.id or (
            carrier.active and (carrier.id == home.vehicle.carrier_id or carrier.answers_within_s is None)
        )

    # the picture

    def picture(self) -> Picture | None:
        if not self.stops or not self.vans:
            return None
        lists = self._lists()
        rows = tables(**self._times(), **self._stop_columns(), **self._van_columns(), **self._wreck_columns())
        vans = tuple(van.route.id for van in self.vans)
        return Picture(tuple(self.stops), vans, tuple(self.wrecks), rows, lists)

    def _lists(self) -> tuple[tuple[int, ...], ...]:
        row = {stop.id: at for at, stop in enumerate(self.stops)}
        return tuple(tuple(row[e.stop_id] for e in van.errands if e.stop_id in row) for van in self.vans)

    def _times(self) -> dict[str, object]:
        for vehicle in self.wrecks:
            self.legs.add(self.world.stranded[vehicle])
        for van in self.vans:
            self.legs.add(self._start(van))
        first, last = self.now - self.now % 60, self.world.ends_at
        regions, closures = self.truth.slow_regions, self.truth.closures
        places = [{place.id, *(place.leg[:2] if place.leg else ())} for place in self.legs.places]
        slow = [[not region.locations.isdisjoint(ids) for ids in places] for region in regions]
        return {
            "base": self.legs.base,
            "leg": self.legs.factor,
            "hour": [self.truth.hour_factor(first + 60 * minute) for minute in range(int((last - first) / 60) + 1)],
            "hour_from": first,
            "slow": np.array(slow, dtype=np.bool_).reshape(len(regions), len(places)),
            "slow_from": [region.during.start for region in regions],
            "slow_until": [region.during.end for region in regions],
            "slow_factor": [region.factor for region in regions],
            "barred": np.array(
                [[closure.bars(place, closure.during.start) for place in self.legs.places] for closure in closures],
                dtype=np.bool_,
            ).reshape(len(closures), len(places)),
            "barred_from": [closure.during.start for closure in closures],
            "barred_until": [closure.during.end for closure in closures],
        }

    def _stop_columns(self) -> dict[str, object]:
        goods, due = self.world.goods, {order.id: order.promise.closes_at.timestamp() for order in self.plan.orders}
        packages = [goods.packages_of(stop.order_id) if stop.order_id else [] for stop in self.stops]
        dimensions = self._dimensions()
        holders = [self.holder[stop.id] for stop in self.stops]
        wreck = {vehicle: at for at, vehicle in enumerate(self.wrecks)}
        home = {van.route.id: at for at, van in enumerate(self.vans)}
        return {
            "place": [self.legs.row[stop.location.id] for stop in self.stops],
            "opens": [stop.window.opens_at.timestamp() for stop in self.stops],
            "due": [due[stop.order_id] if stop.order_id else inf for stop in self.stops],
            "parks": [self.truth.parking_s(stop.location.id, stop.service_s) for stop in self.stops],
            "takes": [self._takes(stop) for stop in self.stops],
            "ready": [
                goods.ready_at(own, holder_id) if kind is HolderKind.HUB else -inf  # type: ignore[arg-type]
                for own, (kind, holder_id) in zip(packages, holders, strict=True)
            ],
            "wreck": [
                wreck.get(holder_id, -1) if kind is HolderKind.VEHICLE else -1  # type: ignore[call-overload]
                for kind, holder_id in holders
            ],
            "size": _loads([goods.load_of(own) for own in packages], dimensions),
            "packages": [len(own) for own in packages],
            "home": [home.get(stop.route_id, -1) for stop in self.stops],
            "allowed": np.array([[self._may(van, stop) for van in self.vans] for stop in self.stops]),
        }

    def _takes(self, stop: Stop) -> float:
        """At the door; whether somebody is in is reckoned for the middle of the window."""
        assert stop.order_id is not None
        middle = (stop.window.opens_at.timestamp() + stop.window.closes_at.timestamp()) / 2
        if self.truth.households.is_absent(stop.order_id, middle):
            return NO_SHOW_WAIT_S
        return self.truth.service_s(stop.id, stop.service_s - self.truth.usual_parking_s(stop.service_s))

    def _van_columns(self) -> dict[str, object]:
        goods, dimensions = self.world.goods, self._dimensions()
        holds = [self.truth.hold_up(van.vehicle.id) for van in self.vans]
        return {
            "start": [self.legs.row[self._start(van).id] for van in self.vans],
            "free_at": [self._free_at(van) for van in self.vans],
            "loads": [self._loads(van) for van in self.vans],
            "shift_end": [self._shift_end(van) for van in self.vans],
            "hold_from": [hold.start if hold else -inf for hold in holds],
            "hold_until": [hold.end if hold else -inf for hold in holds],
            "pace": [self.truth.route_factor(van.vehicle.id) for van in self.vans],
            "aboard": _loads([goods.load_of(self._aboard(van)) for van in self.vans], dimensions),
            "room": _loads([van.vehicle.capacity for van in self.vans], dimensions, missing=inf),
        }

    def _shift_end(self, van: Van) -> float:
        driver = next((driver for driver in self.plan.drivers if driver.id == van.route.driver_id), None)
        hub = next(hub for hub in self.plan.hubs if hub.id == van.route.hub_id)
        return (driver.shift_end if driver is not None else hub.closes_at).timestamp()

    def _aboard(self, van: Van) -> list[PackageId]:
        current = van.current
        coming = current.package_ids if current is not None and current.kind is StopKind.TRANSFER else ()
        return [*self.world.goods.list_aboard(van.vehicle.id), *coming]

    def _start(self, van: Van) -> Place:
        """Where he is when he is free."""
        if van.phase is Phase.RETURNING and van.leg is not None:
            return van.leg.end
        if van.current is None:
            return van.place
        stranded = self.world.stranded
        if van.current.transfer_from is not None and van.current.transfer_from in stranded:
            return stranded[van.current.transfer_from]
        return self.truth.roads.places[van.current.location_id]

    def _wreck_columns(self) -> dict[str, object]:
        fetch = [[self._fetch(giver, van) for van in self.vans] for giver in self.wrecks]
        return {
            "wreck_place": [self.legs.row[self.world.stranded[vehicle].id] for vehicle in self.wrecks],
            "fetch": np.array(fetch, dtype=float).reshape(len(self.wrecks), len(self.vans)),
            "fetch_s": HAND_OVER_S,
            "fetch_each_s": HAND_OVER_PER_PACKAGE_S,
            "driven": [0],
        }

    def _fetch(self, giver: VehicleId, van: Van) -> float:
        """How much longer than planned a hand-over between the two takes."""
        hour = 3600.0
        return self.truth.service_s(StopId(f"{giver}>{van.vehicle.id}"), 1000 * hour) / (1000 * hour)

    def _dimensions(self) -> list[str]:
        return sorted({name for package in self.plan.packages for name in package.size})


def _loads(
    amounts: Sequence[Mapping[str, float]], dimensions: Sequence[str], missing: float = 0.0
) -> NDArray[np.float64]:
    rows = [[amount.get(name, missing) for name in dimensions] for amount in amounts]
    return np.array(rows, dtype=float).reshape(len(amounts), len(dimensions))
