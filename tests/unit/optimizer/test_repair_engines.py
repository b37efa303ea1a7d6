"""Our own engines: within every rule, never worse, repeatable, priced as the judge prices, optimal where known."""

import dataclasses
import itertools
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.repair import engines
from optimizer.repair.engines import Rung, SearchBudget, first, second, solve
from optimizer.repair.engines.first import insert_all, relieve_late
from optimizer.repair.engines.layout import routes_of, sequences_of, tables_of
from optimizer.repair.engines.second import total_price
from optimizer.repair.evaluation import evaluate, fitting_start
from optimizer.repair.subproblem import Sequences, SolveStatus, SubProblem

SHORT = SearchBudget(work=4_000)


def make_any(seed: int, most_stops: int = 14) -> SubProblem:
    """Anything a repair could meet: modes, traffic, rests, pins, hand-overs, goods in a van's hands, codes, full vans,
    shifts long over."""
    draw = np.random.default_rng(seed)
    vehicles, stops, modes = int(draw.integers(1, 5)), int(draw.integers(1, most_stops)), int(draw.integers(1, 3))
    owner, order = draw.integers(-1, vehicles, stops), draw.permutation(stops)
    sequences = tuple(tuple(int(s) for s in order if owner[s] == v) for v in range(vehicles))
    opens = draw.integers(0, 20_000, stops)
    paired = int(draw.integers(0, stops // 2 + 1)) if draw.random() < 0.5 else 0
    pairs = tuple((int(order[2 * i]), int(order[2 * i + 1])) for i in range(paired))
    held = (owner >= 0) & (draw.random(stops) < 0.3) & (draw.random() < 0.5)
    held[[stop for pair in pairs for stop in pair]] = False
    excluded = draw.choice([0, 0, 0, 1, 5], (stops, vehicles))
    excluded[held] = 1
    excluded[np.flatnonzero(held), owner[held]] = 0
    rested = draw.random() < 0.3
    return SubProblem.build(
        travel_s=draw.uniform(0, 3000, (modes, stops, stops)),
        node=draw.integers(0, stops, stops),
        opens_s=opens,
        closes_s=opens + draw.integers(0, 5000, stops),
        service_s=draw.integers(0, 600, stops),
        setup_s=draw.choice([0, 180], stops),
        start_node=draw.integers(0, stops, vehicles),
        ready_s=draw.integers(0, 5000, vehicles),
        end_node=draw.integers(0, stops, vehicles),
        shift_end_s=draw.integers(0, 40_000, vehicles),
        sequences=sequences,
        lateness_price=draw.choice([0, 1, 10], stops),
        miss_price=draw.choice([0, 1800], stops),
        undone_price=draw.choice([0, 500, 36_000], stops),
        move_price=draw.choice([0, 300], stops),
        demand=draw.integers(0, 5, (stops, 2)),
        capacity=draw.integers(0, 25, (vehicles, 2)),
        excluded=excluded,
        pairs=pairs,
        held=held,
        profile=draw.integers(0, modes, vehicles),
        hours=draw.uniform(0.5, 2.0, draw.choice([0, 0, 5])),
        segment=_pins(draw, sequences, stops) if draw.random() < 0.4 else 0,
        break_after_s=draw.choice([3000, 10_000, np.inf], vehicles) if rested else np.inf,
        break_s=draw.integers(0, 2000, vehicles),
        since_break_s=draw.integers(0, 5000, vehicles),
        drive_limit_s=draw.choice([8000, 20_000, np.inf], vehicles) if rested else np.inf,
        visit_price=draw.choice([0, 0, 50]),
        churn_price=draw.choice([0, 0, 120]),
        carrier_price=draw.choice([0, 0, 30], vehicles),
    )


def _pins(draw: np.random.Generator, sequences: Sequences, stops: int) -> list[int]:
    """Some stops of each sequence pinned, as a problem of the live service numbers them."""
    segment = [0] * stops
    for sequence in sequences:
        current = 0
        for stop in sequence:
            pinned = int(draw.random() < 0.2)
            segment[stop] = current + pinned
            current += 2 * pinned
    return segment


def _shortest(travel_s: np.ndarray) -> np.ndarray:
    shortest = travel_s.copy()
    for via in range(travel_s.shape[1]):
        shortest = np.minimum(shortest, shortest[:, :, via, None] + shortest[:, None, via, :])
    return shortest


def best_by_enumeration(sub: SubProblem) -> float:
    """J of the best feasible plan of all there are, for the smallest problems."""
    best = np.inf
    for owners in itertools.product(range(-1, sub.vehicles), repeat=sub.stops):
        groups = [[s for s in range(sub.stops) if owners[s] == v] for v in range(sub.vehicles)]
        for orders in itertools.product(*(itertools.permutations(group) for group in groups)):
            result = evaluate(sub, tuple(orders))
            if result.is_feasible:
                best = min(best, result.objective)
    return best


def check_promises(sub: SubProblem, rung: Rung, seed: int) -> None:
    answer = solve(sub, rung, SHORT, seed)
    result = evaluate(sub, answer.sequences)
    assert result.violations == ()
    assert answer.objective == result.objective
    start = evaluate(sub, fitting_start(sub)[0])
    assert answer.start_objective == start.objective
    assert result.objective <= start.objective
    assert (answer.status is SolveStatus.KEPT) == (answer.sequences == fitting_start(sub)[0])


@settings(max_examples=1200, deadline=None, derandomize=True)
@given(st.integers(0, 10**9))
def test_the_first_rung_keeps_every_rule_and_is_never_worse_than_its_start(seed: int) -> None:
    check_promises(make_any(seed), Rung.FIRST, seed)


@settings(max_examples=800, deadline=None, derandomize=True)
@given(st.integers(0, 10**9))
def test_the_second_rung_keeps_every_rule_and_is_never_worse_than_its_start(seed: int) -> None:
    check_promises(make_any(seed), Rung.SECOND, seed)


@settings(max_examples=500, deadline=None, derandomize=True)
@given(st.integers(0, 10**9))
def test_the_engines_price_a_plan_as_the_judge_does(seed: int) -> None:
    sub = make_any(seed)
    tables = tables_of(sub, 0.0, gathered=bool(seed % 2))
    routes = routes_of(tables, fitting_start(sub)[0])
    rng = np.ones(1, dtype=np.uint64)
    before = evaluate(sub, fitting_start(sub)[0]).objective
    assert total_price(tables, routes) == pytest.approx(before, abs=1e-6)
    insert_all(tables, routes, rng)
    relieve_late(tables, routes, rng, 100)
    after = evaluate(sub, sequences_of(routes.seq, routes.loads["size"]))
    assert after.is_feasible
    assert total_price(tables, routes) == pytest.approx(after.objective, abs=1e-6)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, 10**9))
def test_the_second_rung_finds_the_best_of_all_plans_of_a_tiny_problem(seed: int) -> None:
    sub = make_any(seed, most_stops=5)
    # moves as dear as the search holds them to be, and no way shorter for its detour
    sub = dataclasses.replace(sub, move_price=np.full(sub.stops, 300.0), travel_s=_shortest(sub.travel_s))
    assert solve(sub, Rung.SECOND, SearchBudget(100_000), 1).objective == pytest.approx(best_by_enumeration(sub))


class TestAnswers:
    def test_the_same_problem_budget_and_seed_give_the_same_plan(self) -> None:
        for rung in Rung:
            one, two = (solve(make_any(7), rung, SHORT, 3) for _ in range(2))
            assert (one.sequences, one.evaluation, one.iterations, one.work, one.engine) == (
                two.sequences, two.evaluation, two.iterations, two.work, two.engine,
            )  # fmt: skip
            assert one.replayable

    def test_an_answer_the_fuse_cut_short_says_so(self) -> None:
        assert not solve(make_any(7), Rung.SECOND, SearchBudget(10**8, fuse_s=1e-6)).replayable

    def test_a_budget_allows_something(self) -> None:
        with pytest.raises(ValueError, match="allow something"):
            SearchBudget(work=0)


def test_compiled_engines_are_made_anew_when_what_they_are_made_of_changes() -> None:
    """numba looks at a function's own file alone, and would go on with the old code inside: change all."""
    folder = Path(engines.__file__).parent
    for name, told in (("route.py", first.ROUTE), ("first.py", second.FIRST)):
        digest = sha256((folder / name).read_bytes()).hexdigest()[:12]
        assert digest == told, f"{name} changed: put {digest!r} into the file that is compiled from it"
