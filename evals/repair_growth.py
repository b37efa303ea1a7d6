"""How the repair's cost grows with the fleet, and how long a solve keeps the event loop waiting: figures alone."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from optimizer.repair.climb import Limits, Part, climb, troubled
from optimizer.repair.engines import Rung, SearchBudget, solve
from optimizer.repair.ortools_routing import solve as solve_by_ortools
from optimizer.repair.pool import SolverPool
from optimizer.repair.subproblem import Budget, SubProblem

STOPS_EACH = 10
_ROUNDS = 8
_BEAT_S = 0.001
_FEW = Budget(solution_limit=60, neighbour_limit=4_000)


@dataclass(frozen=True, slots=True)
class Growth:
    """``cpu_ms`` of the first plan for so many stops on late routes among so many of the whole fleet."""

    at_risk: int
    fleet_stops: int
    cpu_ms: float


@dataclass(frozen=True, slots=True)
class SubProblemGrowth:
    """CPU of finding and polishing the troubled part, in a fleet and in one five times as large; and their ratio."""

    small_ms: float
    large_ms: float

    @property
    def ratio(self) -> float:
        return self.large_ms / self.small_ms


@dataclass(frozen=True, slots=True)
class Stall:
    """The longest the event loop was kept waiting while the rung solved, and over the same time when nothing ran."""

    rung: str
    stall_ms: float
    idle_ms: float


def make_fleet(vehicles: int, late: int, seed: int = 1) -> SubProblem:
    """A city as large as its fleet. Every vehicle is under way in a block of its own with ten stops left; some in the
    middle of the city are 45 min late."""
    draw = np.random.default_rng(seed)
    side = int(np.ceil(np.sqrt(vehicles)))
    corners = 3_000.0 * np.array([(v % side, v // side) for v in range(vehicles)])
    stops = vehicles * STOPS_EACH
    places = np.repeat(corners, STOPS_EACH, axis=0) + draw.uniform(0, 3_000, (stops, 2))
    nodes = np.concatenate((np.full((1, 2), 1_500.0 * side), places, corners))
    metres = np.linalg.norm(nodes[:, None] - nodes[None], axis=2)
    middle = np.argsort(np.linalg.norm(corners - 1_500.0 * (side - 1), axis=1), kind="stable")
    ready = np.zeros(vehicles)
    ready[middle[:late]] = 2_700
    due = np.tile(np.arange(1, STOPS_EACH + 1) * 900, vehicles)
    return SubProblem.build(
        travel_s=metres / 8.0, node=np.arange(1, stops + 1), opens_s=0, closes_s=due + 1_800, service_s=180,
        start_node=np.arange(stops + 1, stops + vehicles + 1), ready_s=ready, end_node=0, shift_end_s=10 * 3600,
        sequences=tuple(tuple(range(v * STOPS_EACH, (v + 1) * STOPS_EACH)) for v in range(vehicles)), move_price=300,
    )  # fmt: skip


def first_plan_growth() -> list[Growth]:
    """The first plan for growing numbers of stops at risk in growing fleets, each figure the least of some rounds."""
    rows = []
    for vehicles in (10, 20, 40, 80):
        for late in (1, 2, 4, 8):
            sub = make_fleet(vehicles, late)
            cpu_ms = _least_cpu_ms(lambda sub=sub: solve(sub, Rung.FIRST))  # type: ignore[misc]
            rows.append(Growth(late * STOPS_EACH, sub.stops, cpu_ms))
    return rows


def growth_exponent(rows: list[Growth]) -> float:
    """The slope of cost over (at-risk x fleet stops) in logarithms: 1 is linear."""
    size = np.log([row.at_risk * row.fleet_stops for row in rows])
    slope, _ = np.polyfit(size, np.log([row.cpu_ms for row in rows]), 1)
    return float(slope)


def sub_problem_growth(vehicles: int = 20, late: int = 2) -> SubProblemGrowth:
    """OR-Tools on the troubled vehicles and their nearest, the search for them counted, in two sizes of fleet."""
    small, large = (_part_ms(make_fleet(size, late)) for size in (vehicles, 5 * vehicles))
    return SubProblemGrowth(small, large)


def measure_stalls(vehicles: int = 40, late: int = 4) -> list[Stall]:
    """Each rung at work as the service runs it: compiled engines in a thread, OR-Tools in its pool."""
    sub = make_fleet(vehicles, late)
    with SolverPool() as pool:
        limits = Limits(SearchBudget(work=5_000_000), Budget())
        climb(sub, ["ortools"], 1, limits, pool)  # a worker starts once
        return [
            asyncio.run(_stall(rung, lambda rung=rung: climb(sub, [rung], 1, limits, pool)))  # type: ignore[misc]
            for rung in (Rung.FIRST.value, Rung.SECOND.value, "ortools")
        ]


def _part_ms(sub: SubProblem) -> float:
    plan = solve(sub, Rung.FIRST).sequences

    def polish() -> None:
        part = Part.of(sub, plan, troubled(sub, plan))
        solve_by_ortools(part.sub, _FEW, 1, part.warm)

    return _least_cpu_ms(polish)


def _least_cpu_ms(work: Callable[[], object]) -> float:
    """The least of some rounds, after one that loads what is loaded once: other work on the machine only adds."""
    work()
    spent = []
    for _ in range(_ROUNDS):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return 1000 * min(spent)


async def _stall(rung: str, work: Callable[[], object]) -> Stall:
    """The quietest of some rounds: what other programs take from the machine is no doing of the solve."""
    busy, idle = [], []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        busy.append(await _longest_gap_ms(asyncio.get_running_loop().run_in_executor(None, work)))
        idle.append(await _longest_gap_ms(asyncio.ensure_future(asyncio.sleep(time.perf_counter() - began))))
    return Stall(rung, min(busy), min(idle))


async def _longest_gap_ms(until: "asyncio.Future[object]") -> float:
    longest, last = 0.0, time.perf_counter()
    while not until.done():
        await asyncio.sleep(_BEAT_S)
        now = time.perf_counter()
        longest, last = max(longest, now - last - _BEAT_S), now
    await until
    return 1000 * longest
