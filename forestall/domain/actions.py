"""What may be done about a case: actions, the candidates that bundle them, and how each was judged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from forestall.domain.ids import CandidateId, CarrierId, HubId, OrderId, PackageId, RouteId, StopId
from forestall.domain.routes import Stop
from forestall.domain.vocabulary import ActionKind, Channel, Tool


@dataclass(frozen=True, slots=True)
class Action:
    """One step of a candidate in the field's words; ``params`` are JSON values."""

    kind: ActionKind
    stop_ids: tuple[StopId, ...] = ()
    route_ids: tuple[RouteId, ...] = ()
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RouteChange:
    """A route's new list of free stops, in order, after its committed stop; stops not named here leave the route.

    ``new_stops`` are stops that do not exist yet (a TRANSFER at a broken van). ``dropped_stops`` are hand-overs of the
    route that will not take place; ``rescheduled_stops`` leave the day at their customers' wish. ``retried_stops`` have
    failed and are attempted once more, at their place in ``stop_ids``. ``base_version`` is the route version the plan
    was made on. ``departs_at`` moves a departure that has not happened, and None leaves it.
    """

    route_id: RouteId
    base_version: int
    stop_ids: tuple[StopId, ...]
    new_stops: tuple[Stop, ...] = ()
    departs_at: datetime | None = None
    dropped_stops: tuple[StopId, ...] = ()
    rescheduled_stops: tuple[StopId, ...] = ()
    retried_stops: tuple[StopId, ...] = ()


@dataclass(frozen=True, slots=True)
class PackageMove:
    """A package that leaves its hub's floor by shuttle and is at ``to_hub`` from ``available_at`` on."""

    package_id: PackageId
    to_hub: HubId
    available_at: datetime


@dataclass(frozen=True, slots=True)
class Notice:
    """A message to be rendered and sent once the decision has committed. ``params`` fill the template."""

    channel: Channel
    template: str
    subject_id: str
    params: Mapping[str, object]
    order_id: OrderId | None = None


@dataclass(frozen=True, slots=True)
class TenderTerms:
    """Whose word a plan waits for, and until when. Till then everything stays as it was."""

    carrier_id: CarrierId
    answer_by: datetime


@dataclass(frozen=True, slots=True)
class Candidate:
    """A feasible way to act. ``read_set`` names every route version it relied upon. One with a ``tender`` is carried
    out in two steps: the carrier is asked, and the routes change when it has accepted. ``is_advice``: judged and shown
    to people, never carried out. ``reversible_until`` is when the first driver is expected to have acted upon it."""

    id: CandidateId
    tool: Tool
    actions: tuple[Action, ...]
    route_changes: tuple[RouteChange, ...] = ()
    package_moves: tuple[PackageMove, ...] = ()
    notices: tuple[Notice, ...] = ()
    read_set: Mapping[RouteId, int] = field(default_factory=dict)
    cost_cents: int = 0
    solver: Mapping[str, object] = field(default_factory=dict)
    tender: TenderTerms | None = None
    is_advice: bool = False
    reversible_until: datetime | None = None

    @property
    def kinds(self) -> tuple[ActionKind, ...]:
        return tuple(action.kind for action in self.actions)


@dataclass(frozen=True, slots=True)
class NoCandidate:
    """Why a tool has nothing to offer: a rule id and its values; the text is rendered later."""

    tool: Tool
    rule: str
    values: Mapping[str, object] = field(default_factory=dict)


# Pages show whole percent, and a smaller change than one of them is within what luck moves.
_TOLD_FROM = 0.01


@dataclass(frozen=True, slots=True)
class StopEffect:
    """One stop under one candidate: P(miss) without and with it, from the same draws.

    It is called better or worse only where that changes by a percentage point at least.
    """

    stop_id: StopId
    p_miss_before: float
    p_miss_after: float

    @property
    def is_better(self) -> bool:
        return self._rise <= -_TOLD_FROM

    @property
    def is_worse(self) -> bool:
        return self._rise >= _TOLD_FROM

    @property
    def _rise(self) -> float:
        """Rounded, so that 5 % to 6 % is a point in floating numbers as well."""
        return round(self.p_miss_after - self.p_miss_before, 9)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A candidate as the forecast sees it. Losses are in price units (expected seconds' worth, see optimizer prices).

    ``effects`` holds the stops whose P(miss) it changes, gains and losses alike. ``places_changed`` counts stops that
    stay on their route and come at another place among those that do.
    """

    candidate_id: CandidateId
    loss_before: float
    loss_after: float
    misses_before: float
    misses_after: float
    travel_delta_s: float
    stops_moved: int
    effects: tuple[StopEffect, ...]
    places_changed: int = 0

    @property
    def gain(self) -> float:
        return self.loss_before - self.loss_after
