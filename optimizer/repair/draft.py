"""A plan being written: sequences by route, priced by the search's samples as they change."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from forestall.domain.ids import CarrierId, StopId
from optimizer.kernel import Floats, Ints
from optimizer.problem import NO_STOP, FleetProblem
from optimizer.repair.moves import Rules, best_insertion, improve_order, load_fits, moved_count, order_holds
from optimizer.repair.plan import FleetPlan, TransferSpec

LEAST_GAIN = 1.0
"""A plan must beat doing nothing by a second's worth: less is rounding, and every change costs attention."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard one route's order is searched, in counts, so that a search can be repeated exactly."""

    kicks: int = 4
    orders: int = 40_000

    @property
    def light(self) -> "Effort":
        """Straight descent: for plans that touch several routes, whose worth lies in who takes what."""
        return Effort(0, self.orders)


@dataclass
class Draft:
    """Sequences that differ from the problem's, and what routes cost. ``priced`` counts the orders looked at."""

    problem: FleetProblem
    sequences: dict[int, tuple[int, ...]] = field(default_factory=dict)
    priced: int = 0
    given: Counter[CarrierId] = field(default_factory=Counter)
    _costs: dict[tuple[int, tuple[int, ...]], float] = field(default_factory=dict)
    _insertions: dict[tuple[int, int, tuple[int, ...]], tuple[float, tuple[int, ...]]] = field(default_factory=dict)
    _too_dear: dict[tuple[int, int, tuple[int, ...]], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rules = rules_of(self.problem)

    def may_give(self, stop: int, route: int) -> bool:
        """Whether the route's carrier takes one stop more: it is at work, need not be asked, and has said it can."""
        giver = int(self.problem.route_of[stop])
        carrier, home = self.problem.carrier_of(route), self.problem.carrier_of(giver)
        if not self.problem.takes_unasked(route, giver):
            return False
        if carrier.id == home.id or carrier.free_stops is None:
            return True
        return self.given[carrier.id] < carrier.free_stops

    def give(self, stop: int, route: int) -> None:
        """Count the stop against what the route's carrier can take."""
        carrier, home = self.problem.carrier_of(route), self.problem.carrier_of(int(self.problem.route_of[stop]))
        if carrier.id != home.id:
            self.given[carrier.id] += 1

    def sequence(self, route: int) -> tuple[int, ...]:
        return self.sequences.get(route, self.problem.sequences[route])

    def cost(self, route: int, sequence: Sequence[int] | None = None) -> float:
        """J of the route in the search's samples, as drafted or with another sequence."""
        drafted = self.sequence(route) if sequence is None else tuple(sequence)
        found = self._costs.get((route, drafted))
        if found is None:
            self.priced += 1
            found = self._costs[route, drafted] = self.problem.search.cost(route, drafted)
        return found

    def insertion(self, route: int, stop: int, limit: float = np.inf) -> tuple[float, tuple[int, ...]]:
        """The route's J with the stop at its best place, and that sequence; (inf, ()) when none is allowed below limit.

        A low limit is what makes it cheap: a place is given up as soon as it is seen to cost more.
        """
        sequence = self.sequence(route)
        asked = (route, stop, sequence)
        found = self._insertions.get(asked)
        if found is None and limit <= self._too_dear.get(asked, -np.inf):
            return np.inf, ()
        if found is None:
            self.priced += len(sequence) + 1
            array = np.array(sequence, dtype=np.int64)
            search = self.problem.search
            cost, at = best_insertion(search.world, search.drive, self.rules, route, array, stop, limit)
            found = (cost, (*sequence[:at], stop, *sequence[at:])) if at >= 0 else (np.inf, ())
            if at >= 0 or limit == np.inf:
                self._insertions[asked] = found
            else:
                self._too_dear[asked] = limit
        return found if found[0] < limit else (np.inf, ())

    def improve(self, route: int, effort: Effort, seed: int) -> float:
        """Search a better order of the route's drafted stops; returns its J with churn."""
        search = self.problem.search
        array = np.array(self.sequence(route), dtype=np.int64)
        rank = old_ranks(self.problem, route)
        churn = float(self.problem.prices.churn)
        cost, priced = improve_order(
            search.world, search.drive, self.rules, route, array, rank, churn, effort.kicks, effort.orders, seed
        )
        self.priced += priced
        self.sequences[route] = tuple(int(stop) for stop in array)
        return float(cost)

    def holds(self, route: int, sequence: Sequence[int]) -> bool:
        """Whether order, custody and load of the sequence are allowed on the route."""
        array = np.array(sequence, dtype=np.int64)
        drive = self.problem.drive
        return bool(
            order_holds(self.rules, route, array, array.size) and load_fits(self.rules, drive, route, array, array.size)
        )


def rules_of(problem: FleetProblem) -> Rules:
    last = [max((int(problem.segment[stop]) for stop in sequence), default=0) for sequence in problem.sequences]
    last = [segment + segment % 2 for segment in last]  # odd segments are one pinned stop each: what is new comes after
    return Rules(
        segment=problem.segment,
        home=problem.route_of,
        last_segment=np.array(last, dtype=np.int64),
        needs=problem.needs,
        is_transfer=problem.is_transfer,
        demand=problem.demand,
        capacity=np.maximum(problem.capacity, _present_loads(problem)),
        aboard=problem.aboard,
    )


def _present_loads(problem: FleetProblem) -> Floats:
    """(R, D) the most each route carries as planned now: an overloaded van may drive on, but takes nothing more."""
    peaks = np.zeros_like(problem.aboard)
    for r, sequence in enumerate(problem.sequences):
        stops = list(sequence)
        signs = np.where(problem.is_transfer[stops], 1.0, -1.0)[:, None]
        to_load = [s for s in stops if problem.needs[s] == NO_STOP and not problem.is_transfer[s]]
        start = problem.aboard[r] + (problem.demand[to_load].sum(axis=0) if problem.drive.at_hub[r] else 0.0)
        loads = start + np.cumsum(signs * problem.demand[stops], axis=0)
        peaks[r] = np.maximum(start, loads.max(axis=0, initial=0.0))
    return peaks


def old_ranks(problem: FleetProblem, route: int) -> Ints:
    """(m,) each stop's place in the route's present order, -1 for stops of other routes."""
    rank = np.full(len(problem.stop_ids), -1, dtype=np.int64)
    sequence = list(problem.sequences[route])
    rank[sequence] = np.arange(len(sequence))
    return rank


def churn_of(problem: FleetProblem, route: int, sequence: Sequence[int]) -> float:
    """The price of the stops that lose their place in their own route."""
    array = np.array(sequence, dtype=np.int64)
    return problem.prices.churn * moved_count(array, array.size, old_ranks(problem, route))


def finished_plan(
    problem: FleetProblem,
    base: FleetProblem,
    changed: Mapping[int, tuple[int, ...]],
    transfers: tuple[TransferSpec, ...],
    engine: Mapping[str, object],
    dropped: tuple[StopId, ...] = (),
) -> FleetPlan:
    """A plan from the sequences that changed, priced in all samples. ``base`` is the problem without new transfers."""
    routes = sorted(r for r, sequence in changed.items() if sequence != base.sequences[r])
    newcomers = [(stop, r) for r in routes for stop in _newcomers(problem, r, changed[r])]
    before = sum(base.cost(r, base.sequences[r]) for r in routes)
    after = sum(problem.cost(r, changed[r]) + churn_of(problem, r, changed[r]) for r in routes)
    after += sum(problem.move_price(stop, r) for stop, r in newcomers)
    after += problem.prices.hand_over * sum(len(spec.new_stops) for spec in transfers)
    return FleetPlan(
        routes={problem.route_ids[r]: tuple(problem.stop_ids[stop] for stop in changed[r]) for r in routes},
        transfers=transfers,
        j_before=before,
        j_after=after,
        misses_before=_misses(base, {r: base.sequences[r] for r in routes}),
        misses_after=_misses(problem, {r: changed[r] for r in routes}),
        moved=len(newcomers),
        dropped=dropped,
        engine=engine,
    )


def _newcomers(problem: FleetProblem, route: int, sequence: Iterable[int]) -> list[int]:
    return [stop for stop in sequence if problem.route_of[stop] not in (route, NO_STOP)]


def _misses(problem: FleetProblem, sequences: Mapping[int, tuple[int, ...]]) -> float:
    chances: list[Floats] = [problem.miss_chance(r, sequence) for r, sequence in sequences.items()]
    return float(sum(chance.sum() for chance in chances))
