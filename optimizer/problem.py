"""A snapshot as arrays: everything forecasting and repair ask, looked up once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from forestall.domain.ids import HubId, PackageId, RouteId, StopId, VehicleId
from forestall.domain.network import Carrier, Location
from forestall.domain.snapshot import HubSnapshot
from optimizer.kernel import (
    NEVER,
    SEARCH_SAMPLES,
    Drive,
    Floats,
    Ints,
    World,
    fleet_duties,
    fleet_starts,
    route_cost,
)
from optimizer.prices import Prices

if TYPE_CHECKING:  # the package ``risk`` makes problems and so imports this module
    from optimizer.risk.draws import Draws

NO_STOP = -1


@dataclass(frozen=True, eq=False)
class FleetProblem:
    """m open stops, R routes, n places, D capacity dimensions, S samples. Stops and routes are named by index.

    ``committed`` (R,) is the stop a vehicle is bound for or at (NO_STOP: none), with its service starts in
    ``committed_start_s`` (R, S); ``sequences`` are the free stops after it in driving order. A ``stranded`` route
    (broken, finished, or its carrier gone) does nothing any more: all that is left on it is undone. ``unannounced_s``
    (R, S) is what a late load that nobody has told of adds to ``drive.ready_s``, 0 in most samples.

    Custody, (m,): ``holders`` is the vehicle that has a stop's goods (None: its hub, ``at_hub_of``); a stop whose goods
    are in several hands may not change vehicles (``is_split``). ``needs`` is the TRANSFER stop on the same route that
    must come before (NO_STOP: none). ``segment`` rises before and after each pinned stop (which so has an odd
    one to itself): nothing gets in front of a pinned stop that was not there before. ``allowed`` (m, R) is whether the
    vehicle has the skills.

    ``is_transfer`` (m,) tells visits at which goods change hands from deliveries: no promise hangs on them, and their
    ``demand`` comes aboard (or goes, below 0).

    ``aboard`` (R, D) is what a vehicle carries once through with its committed stop, what it has yet to load apart;
    ``demand`` (m, D), ``capacity`` (R, D; inf: no limit).
    """

    snapshot: HubSnapshot
    prices: Prices
    draws: "Draws"
    epoch: datetime
    places: tuple[Location, ...]
    stop_ids: tuple[StopId, ...]
    route_ids: tuple[RouteId, ...]
    world: World
    drive: Drive
    sequences: tuple[tuple[int, ...], ...]
    committed: Ints
    committed_start_s: Floats
    unannounced_s: Floats
    stranded: NDArray[np.bool_]
    p_failed: Floats
    is_transfer: NDArray[np.bool_]
    holders: tuple[VehicleId | None, ...]
    at_hub_of: tuple[HubId | None, ...]
    is_split: NDArray[np.bool_]
    packages: tuple[tuple[PackageId, ...], ...]
    needs: Ints
    segment: Ints
    allowed: NDArray[np.bool_]
    demand: Floats
    capacity: Floats
    aboard: Floats
    breakdown_place: Mapping[RouteId, int]

    @cached_property
    def stop_index(self) -> Mapping[StopId, int]:
        return {stop_id: i for i, stop_id in enumerate(self.stop_ids)}

    @cached_property
    def route_index(self) -> Mapping[RouteId, int]:
        return {route_id: r for r, route_id in enumerate(self.route_ids)}

    @cached_property
    def route_of(self) -> Ints:
        """(m,) the route each stop is on now."""
        route_of = np.full(len(self.stop_ids), NO_STOP, dtype=np.int64)
        for r, sequence in enumerate(self.sequences):
            route_of[list(sequence)] = r
            if self.committed[r] != NO_STOP:
                route_of[self.committed[r]] = r
        return route_of

    @property
    def samples(self) -> int:
        return int(self.drive.ready_s.shape[1])

    def seconds(self, instant: datetime) -> float:
        """An instant in the problem's seconds."""
        return (instant - self.epoch).total_seconds()

    def instant(self, seconds: float) -> datetime:
        """The problem's seconds as an instant."""
        return self.epoch + timedelta(seconds=float(seconds))

    def carrier_of(self, route: int) -> Carrier:
        """The carrier that drives the route."""
        return self.snapshot.carrier_of(self.snapshot.routes[self.route_ids[route]])

    def takes_unasked(self, route: int, giver: int) -> bool:
        """Whether the route's carrier, at work, drives stops of the giver's without being asked first."""
        carrier, home = self.carrier_of(route), self.carrier_of(giver)
        return carrier.active and (carrier.id == home.id or carrier.answers_within_s is None)

    def move_price(self, stop: int, route: int) -> float:
        """The price of the stop's being on another route than now: the attention, and a dearer carrier's charge."""
        home = int(self.route_of[stop])
        if home in (route, NO_STOP):
            return 0.0
        dearer = self.carrier_of(route).cost_per_stop_cents - self.carrier_of(home).cost_per_stop_cents
        return self.prices.move + self.prices.of_cents(max(dearer, 0))

    def cost(self, route: int, sequence: Sequence[int]) -> float:
        """J of a route's free stops in that order. The committed stop's cost is not the plan's and is left out."""
        if self.stranded[route]:
            return float(self.world.undone_price[list(sequence)].sum())
        array = np.array(sequence, dtype=np.int64)
        return float(route_cost(self.world, self.drive, route, array, array.size, np.inf))

    def starts(self, routes: Sequence[int], sequences: Sequence[Sequence[int]]) -> tuple[Ints, Floats]:
        """Free stops in the order given, and their service starts (stops, S): NEVER where undone."""
        flat, offsets = _flattened(sequences)
        starts = np.empty((flat.size, self.samples))
        fleet_starts(self.world, self.drive, np.array(routes, dtype=np.int64), offsets, flat, starts)
        for k, route in enumerate(routes):
            if self.stranded[route]:
                starts[offsets[k] : offsets[k + 1]] = NEVER
        return flat, starts

    def duties(self, routes: Sequence[int], sequences: Sequence[Sequence[int]]) -> tuple[Floats, Floats]:
        """(k, S) each: seconds at the wheel and seconds on duty (since ``drive.duty_start_s``) once back at the hub.
        A stranded route has no way back: what it has driven so far, and NEVER."""
        flat, offsets = _flattened(sequences)
        driven, duty = np.empty((len(routes), self.samples)), np.empty((len(routes), self.samples))
        fleet_duties(self.world, self.drive, np.array(routes, dtype=np.int64), offsets, flat, driven, duty)
        stranded = self.stranded[list(routes)]
        driven[stranded] = self.drive.driven_s[list(routes)][stranded, None]
        duty[stranded] = NEVER
        return driven, duty

    def miss_chance(self, route: int, sequence: Sequence[int]) -> Floats:
        """(len(sequence),) P(late or undone) of each stop in that order."""
        stops, starts = self.starts([route], [sequence])
        chance: Floats = (starts > self.world.closes_s[stops, None]).mean(axis=1) * ~self.is_transfer[stops]
        return chance

    @cached_property
    def search(self) -> "FleetProblem":
        """The same problem in fewer samples, which are evenly spread themselves; tables of stops are shared."""
        few = slice(0, SEARCH_SAMPLES)
        world, drive = self.world, self.drive
        return replace(
            self,
            world=world._replace(
                leg=np.ascontiguousarray(world.leg[:, few]),
                visit=np.ascontiguousarray(world.visit[:, few]),
                gates_s=np.ascontiguousarray(world.gates_s[:, few]),
            ),
            drive=drive._replace(
                ready_s=np.ascontiguousarray(drive.ready_s[:, few]),
                slip=np.ascontiguousarray(drive.slip[:, few]),
                pace=np.ascontiguousarray(drive.pace[:, few]),
                hold_at_s=np.ascontiguousarray(drive.hold_at_s[:, few]),
                hold_s=np.ascontiguousarray(drive.hold_s[:, few]),
            ),
            committed_start_s=np.ascontiguousarray(self.committed_start_s[:, few]),
            unannounced_s=np.ascontiguousarray(self.unannounced_s[:, few]),
        )


def _flattened(sequences: Sequence[Sequence[int]]) -> tuple[Ints, Ints]:
    """All stops in one row, and where each sequence begins and the last one ends in it."""
    flat = np.array([stop for sequence in sequences for stop in sequence], dtype=np.int64)
    return flat, np.cumsum([0, *map(len, sequences)])
