"""The ladder in the street: the rungs look over a plan that moves stops, with the routes in trouble and their nearest.

The rungs count in expected times, so windows are shown to them a little shorter than they are; whatever they answer is
priced by the simulation like any other plan, and the plan there was stays unless it is beaten. Routes whose order a
person pinned, or that are about to meet a broken van, are left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from optimizer.kernel import Floats, load_time_s, set_out
from optimizer.problem import NO_STOP, FleetProblem
from optimizer.repair.climb import ORTOOLS, Limits, climb
from optimizer.repair.constraints import ALLOWED, code_of
from optimizer.repair.draft import LEAST_GAIN, Draft, Effort, finished_plan
from optimizer.repair.engines import Rung, SearchBudget
from optimizer.repair.exclusions import exclusion_code
from optimizer.repair.plan import FleetPlan
from optimizer.repair.pool import Solver
from optimizer.repair.relocate import can_leave, detour_s
from optimizer.repair.subproblem import NOWHERE, SubProblem

ENGINE = "ladder-2"
LIVE_WORK = 300_000  # places the second rung looks at: some 20 ms
# With a counted budget fewer routes are searched deeper: 4 neighbours gained twice what 8 did, in three fifths of the
# time (47 polishes, 24 ORTEC days). The most routes keeps a plan that touches many from taking a second.
_NEIGHBOURS = 4
_MOST_ROUTES = 8
_SAFETY_S = 600.0  # a stop planned within ten minutes of its window's end is late one time in three


@dataclass(frozen=True, slots=True)
class Ladder:
    """Polishes plans that move stops between vehicles at the hub, by the rungs named (see ``climb``).

    ``solver`` is OR-Tools', in a pool or in-process; without it that rung is passed over.
    """

    rungs: tuple[str, ...] = (Rung.FIRST.value,)
    limits: Limits = field(default_factory=lambda: Limits(second=SearchBudget(work=LIVE_WORK)))
    solver: Solver | None = None

    def warm_up(self) -> None:
        """Compile what the rungs of this process need, at a moment when nobody waits for it."""
        tiny = SubProblem.build(
            travel_s=[[0, 1], [1, 0]], node=[1, 1], opens_s=0, closes_s=0, service_s=0, start_node=0, ready_s=[0, 0],
            end_node=0, shift_end_s=9, sequences=((0, 1), ()),
        )  # fmt: skip
        climb(tiny, [rung for rung in self.rungs if rung != ORTOOLS], 1, self.limits)

    def polish(self, problem: FleetProblem, plan: FleetPlan, effort: Effort, seed: int) -> FleetPlan:
        """The plan, or a better one for its routes and up to four neighbours. Never worse by the simulation.

        Plans with hand-overs come back as they are: who takes what from a broken van is the first rung's whole work.
        So do plans of more than eight routes: a budget for a few would not go far, and a larger one take too long.
        """
        if plan.transfers:
            return plan
        stage = _Stage.of(problem, plan)
        if stage is None:
            return plan
        sub, best = stage.sub_problem(), plan
        for rung in self.rungs:
            answer = climb(sub, [rung], seed, self.limits, self.solver)
            # What a clock cut short might be answered otherwise tomorrow, and is not used.
            if answer.rung is not None and answer.replayable:
                best = stage.better_of(best, answer.sequences, effort, seed, answer.record)
        return best


@dataclass(frozen=True, slots=True)
class _Stage:
    """The routes the solver sees (``routes``), their sequences under the plan, and their stops, all by index."""

    problem: FleetProblem
    routes: tuple[int, ...]
    sequences: Mapping[int, tuple[int, ...]]
    stops: tuple[int, ...]

    @classmethod
    def of(cls, problem: FleetProblem, plan: FleetPlan) -> "_Stage | None":
        planned = {
            problem.route_index[route_id]: tuple(problem.stop_index[stop_id] for stop_id in stop_ids)
            for route_id, stop_ids in plan.routes.items()
        }
        if not all(_is_plain(problem, sequence) and not problem.stranded[r] for r, sequence in planned.items()):
            return None
        if len(planned) > _MOST_ROUTES:
            return None
        routes = (*sorted(planned), *_neighbours(problem, planned))
        sequences = {r: planned.get(r, problem.sequences[r]) for r in routes}
        return cls(problem, routes, sequences, tuple(stop for r in routes for stop in sequences[r]))

    def sub_problem(self) -> SubProblem:
        """Expected times, prices of this problem, and who may carry what."""
        problem, world, drive = self.problem, self.problem.world, self.problem.drive
        stops, routes = list(self.stops), list(self.routes)
        place_of = {stop: i for i, stop in enumerate(stops)}
        slower = (world.slow[:, None] + world.slow[None, :]) / 2
        pace = float(drive.pace[routes].mean())
        ready = [float(self._departure_s(r).mean()) for r in routes]
        return SubProblem.build(
            travel_s=world.travel_s * slower * pace,
            node=world.place[stops],
            opens_s=world.opens_s[stops],
            closes_s=np.maximum(world.closes_s[stops] - _SAFETY_S, world.opens_s[stops]),
            service_s=world.service_s[stops],
            profile=drive.profile[routes],
            start_node=drive.place[routes],
            ready_s=ready,
            end_node=drive.end[routes],
            shift_end_s=drive.shift_end_s[routes],
            sequences=tuple(tuple(place_of[stop] for stop in self.sequences[r]) for r in routes),
            lateness_price=world.late_price[stops],
            miss_price=world.miss_price[stops],
            undone_price=world.undone_price[stops],
            move_price=problem.prices.move,
            demand=problem.demand[stops],
            capacity=np.minimum(problem.capacity[routes], problem.demand[stops].sum(axis=0, initial=1.0) + 1e6),
            excluded=[[self._code(r, stop, at_s) for r, at_s in zip(routes, ready, strict=True)] for stop in stops],
            home=[routes.index(h) if (h := int(problem.route_of[stop])) in routes else NOWHERE for stop in stops],
            travel_price=problem.prices.travel_per_s,
        )

    def _departure_s(self, route: int) -> Floats:
        """(S,) when the route goes on, under the plan."""
        world, drive = self.problem.world, self.problem.drive
        array = np.array(self.sequences[route], dtype=np.int64)
        depart = np.empty(self.problem.samples)
        set_out(world, drive, route, load_time_s(world, array, array.size), depart)
        return depart

    def _code(self, route: int, stop: int, ready_s: float) -> int:
        """What keeps the stop from the route: nothing where it is; others must leave after its goods have come."""
        if stop in self.sequences[route]:
            return ALLOWED
        if self.problem.carrier_of(route).free_stops is not None:
            return code_of("carrier_room")  # a limit over several routes is more than the sub-problem can say
        if not can_leave(self.problem, stop):
            return code_of("custody")
        is_late = self.problem.world.available_s[stop] > ready_s
        return exclusion_code(self.problem, stop, route) or (code_of("hub_goods") if is_late else ALLOWED)

    def better_of(
        self,
        plan: FleetPlan,
        answer: tuple[tuple[int, ...], ...],
        effort: Effort,
        seed: int,
        solver: Mapping[str, object],
    ) -> FleetPlan:
        """The solver's answer, put right by the simulation, if it is feasible, whole and better; else the plan."""
        draft = Draft(self.problem)
        for route, positions in zip(self.routes, answer, strict=True):
            draft.sequences[route] = tuple(self.stops[position] for position in positions)
        done = [stop for sequence in draft.sequences.values() for stop in sequence]
        if sorted(done) != sorted(self.stops) or not all(draft.holds(r, s) for r, s in draft.sequences.items()):
            return plan
        for route in self.routes:
            if draft.sequences[route] != self.problem.sequences[route]:
                draft.improve(route, effort.light, seed)
        engine = {
            "name": ENGINE,
            "seed": seed,
            "priced": draft.priced,
            "solver": dict(solver),
            "first": dict(plan.engine),
        }
        polished = finished_plan(self.problem, self.problem, draft.sequences, (), engine)
        return polished if polished.gain > plan.gain + LEAST_GAIN else plan


def _is_plain(problem: FleetProblem, sequence: tuple[int, ...]) -> bool:
    return not any(problem.is_transfer[s] or problem.segment[s] or problem.needs[s] != NO_STOP for s in sequence)


def _neighbours(problem: FleetProblem, planned: Mapping[int, tuple[int, ...]]) -> list[int]:
    """The routes still at the hub that pass nearest to any of the plan's stops."""
    places = {int(problem.world.place[stop]) for sequence in planned.values() for stop in sequence}
    near = [
        (min(detour_s(problem, r, sequence, place) for place in places), r)
        for r, sequence in enumerate(problem.sequences)
        if r not in planned and problem.drive.at_hub[r] and _is_plain(problem, sequence)
    ]
    return [r for _, r in sorted(near)[: min(_NEIGHBOURS, _MOST_ROUTES - len(planned))]]
