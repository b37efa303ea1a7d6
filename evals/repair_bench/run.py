"""Running the pool on cases, side by side: every plan scored by the evaluator, every solve timed in CPU seconds."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec

from evals.repair_bench.case import RepairCase
from evals.repair_bench.hard_windows import complete
from evals.repair_bench.objective import Score, free_problem, score
from evals.repair_bench.rungs import Engine, RungName, engine, long_second
from forestall.errors import BadInput, Problem
from optimizer.repair.evaluation import fitting_start
from optimizer.repair.subproblem import Sequences, SubProblem

ENGINE_SEED = 1
PYVRP_S = 1.0
"""PyVRP has a CPU second, or as much as our dearest rung took: ours are limited by counts, and on a busy machine a
second buys less."""


# What is over in a blink is timed several times, and the middle one counts.
_BLINK_S = 0.05
_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Entry:
    """One engine's or peer's plan for a case."""

    score: Score
    cpu_s: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case with everybody's plan for it; ``pool`` are those who only count towards the oracle."""

    case: RepairCase
    do_nothing: Score
    rungs: dict[str, Entry]
    peers: dict[str, Entry]
    pool: dict[str, Entry]

    @property
    def oracle(self) -> Score:
        """Fewest misses, then least J, of all."""
        scores = [entry.score for entry in (*self.rungs.values(), *self.peers.values(), *self.pool.values())]
        return min([self.do_nothing, *scores], key=lambda one: (one.misses, one.objective))

    @property
    def best_objective(self) -> float:
        entries = (*self.rungs.values(), *self.peers.values(), *self.pool.values())
        return min(entry.score.objective for entry in entries)


def require_peers() -> None:
    """Raises BadInput with the way to install them unless the peers are there."""
    wanted = {"vroom": "pyvroom", "pyvrp": "pyvrp"}
    missing = [package for module, package in wanted.items() if find_spec(module) is None]
    if missing:
        remedy = "pip install 'forestall[peers]', or make bench-repair"
        raise BadInput(
            "The peers are not installed.", [Problem("--peers", f"there is no {' and no '.join(missing)}", remedy)]
        )


def run_case(case: RepairCase, rungs: Sequence[RungName], with_peers: bool) -> Outcome:
    """Everybody on one case, goods moving freely."""
    sub = free_problem(case)
    entries, peers = _measured(case, sub, rungs, with_peers)
    return Outcome(
        case=case,
        do_nothing=score(sub, fitting_start(sub)[0]),
        rungs=entries,
        peers=peers,
        pool={"long": _timed(case, sub, long_second)},
    )


def warm_up(case: RepairCase, rungs: Sequence[RungName], with_peers: bool) -> None:
    """Everybody once, uncounted: code is compiled and loaded at its first use."""
    _measured(case, free_problem(case), rungs, with_peers)


def _measured(
    case: RepairCase, sub: SubProblem, rungs: Sequence[RungName], with_peers: bool
) -> tuple[dict[str, Entry], dict[str, Entry]]:
    entries = {name.value: _timed(case, sub, engine(name)) for name in rungs}
    pyvrp_s = max([PYVRP_S, *(entry.cpu_s for entry in entries.values())])
    return entries, _run_peers(case, pyvrp_s) if with_peers else {}


def _timed(case: RepairCase, sub: SubProblem, solve: Engine) -> Entry:
    plan, cpu_s = in_cpu_time(lambda: solve(sub, ENGINE_SEED))
    return Entry(_scored(case, plan), cpu_s)


def in_cpu_time(work: Callable[[], Sequences]) -> tuple[Sequences, float]:
    """What the work gives, and its CPU seconds in this process."""
    spent: list[float] = []
    while True:
        began = time.process_time()
        plan = work()
        spent.append(time.process_time() - began)
        if spent[-1] > _BLINK_S or len(spent) == _ROUNDS:
            return plan, sorted(spent)[len(spent) // 2]


def _run_peers(case: RepairCase, pyvrp_s: float) -> dict[str, Entry]:
    from evals.repair_bench import pyvrp_peer, vroom_peer

    answers = {
        "vroom": vroom_peer.solve(case, vroom_peer.THOROUGH),
        "vroom_quick": vroom_peer.solve(case, vroom_peer.QUICK),
        "pyvrp": pyvrp_peer.solve(case, pyvrp_s, ENGINE_SEED),
    }
    return {name: Entry(_scored(case, complete(case, plan)), cpu_s) for name, (plan, cpu_s) in answers.items()}


def _scored(case: RepairCase, plan: Sequences) -> Score:
    """The plan's score. One that breaks a hard rule can't be driven: it counts as nothing served, and is shown."""
    sub = free_problem(case)
    result = score(sub, plan)
    if not result.violations:
        return result
    return replace(score(sub, tuple(() for _ in plan)), violations=result.violations)
