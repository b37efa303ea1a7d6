"""What a repair offers: new orders of stops, the hand-overs they need, and what they are worth."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from forestall.domain.ids import PackageId, RouteId, StopId, VehicleId
from forestall.domain.network import Location


@dataclass(frozen=True, slots=True)
class TransferSpec:
    """A visit at which goods change hands and that does not exist yet as a stop.

    ``stop_id`` stands in the receiving route's new list at the visit's place in the order; it is the same for the same
    routes and version, and the caller makes the TRANSFER stop from it. ``stop_ids`` are the deliveries whose packages
    (``package_ids``) change hands; all come later in that route. ``service_s`` is the hand-over's expected length.

    A vehicle that is not broken has to be there: ``hand_over_id`` is then its own HAND_OVER stop, first in its new
    list, and ``ends_at`` the moment beyond which neither waits for the other. Without a ``stop_id`` the goods are
    handed in at the hub, and the receiving route loads them before it leaves.
    """

    stop_id: StopId | None
    route_id: RouteId
    from_route_id: RouteId
    from_vehicle: VehicleId
    location: Location
    stop_ids: tuple[StopId, ...]
    package_ids: tuple[PackageId, ...]
    service_s: float
    hand_over_id: StopId | None = None
    ends_at: datetime | None = None

    @property
    def new_stops(self) -> tuple[StopId, ...]:
        """The stops that the plan adds for it."""
        return tuple(stop_id for stop_id in (self.stop_id, self.hand_over_id) if stop_id is not None)


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """New lists of free stops (those after the committed one), in driving order, for every route that changes.

    A broken route that was rescued is among ``routes`` with what stays aboard. ``j_before`` and ``j_after`` are the
    losses in price units over exactly these routes (moves, churn and hand-overs counted in ``j_after``), ``misses_*``
    the expected number of stops late or undone. ``moved`` counts the stops that change vehicles; ``dropped`` are
    hand-overs that will not take place. ``engine`` names what made the plan, so that it can be made again.
    """

    routes: Mapping[RouteId, tuple[StopId, ...]]
    transfers: tuple[TransferSpec, ...]
    j_before: float
    j_after: float
    misses_before: float
    misses_after: float
    moved: int
    dropped: tuple[StopId, ...] = ()
    engine: Mapping[str, object] = field(default_factory=dict)

    @property
    def gain(self) -> float:
        return self.j_before - self.j_after


@dataclass(frozen=True, slots=True)
class Repairs:
    """Plans, best first; each is better than doing nothing. Without any, ``rule`` says why, with its ``values``.

    Rules: ``nothing_to_move`` (no free stop, or none that custody lets go), ``no_receiver`` (no vehicle could take
    them: hub, capacity, skills, shift), ``no_gain`` (every plan looked at costs more than it saves).
    """

    plans: tuple[FleetPlan, ...] = ()
    rule: str | None = None
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def best(self) -> FleetPlan | None:
        return self.plans[0] if self.plans else None
