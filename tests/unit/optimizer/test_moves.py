"""The compiled search steps against plain enumeration."""

from hashlib import sha256
from itertools import combinations, permutations
from pathlib import Path

import numpy as np
import pytest

import optimizer
from optimizer.repair import moves
from optimizer.repair.draft import old_ranks, rules_of
from optimizer.repair.moves import best_insertion, improve_order, moved_count, order_holds
from optimizer.repair.repairer import Repairer


@pytest.fixture(scope="module")
def repairer() -> Repairer:
    return Repairer()


def array(*stops: int) -> np.ndarray:
    return np.array(stops, dtype=np.int64)


@pytest.mark.parametrize("seed", range(6))
def test_a_short_route_gets_its_best_order(town, travel, repairer, seed) -> None:
    town.fleet(seed, routes=2, stops=6, spare=False)
    problem = repairer.prepare(town.snapshot("08:40"), travel).search
    rules, rank, churn = rules_of(problem), old_ranks(problem, 0), 60.0
    best = min(
        problem.cost(0, order) + churn * moved_count(array(*order), 6, rank)
        for order in permutations(problem.sequences[0])
        if order_holds(rules, 0, array(*order), 6)
    )
    found = array(*problem.sequences[0])
    cost, _ = improve_order(problem.world, problem.drive, rules, 0, found, rank, churn, 20, 40_000, 1)
    assert cost == pytest.approx(best)
    assert cost == pytest.approx(problem.cost(0, found) + churn * moved_count(found, 6, rank))


@pytest.mark.parametrize("seed", range(6))
def test_a_stop_goes_where_it_costs_least(town, travel, repairer, seed) -> None:
    town.fleet(seed, routes=4, stops=6, spare=False)
    problem = repairer.prepare(town.snapshot("08:40"), travel).search
    rules, stop, old = rules_of(problem), problem.sequences[0][0], problem.sequences[2]
    rules = rules._replace(capacity=np.full_like(rules.capacity, 99.0))
    trials = [(*old[:at], stop, *old[at:]) for at in range(len(old) + 1)]
    costs = [problem.cost(2, t) if order_holds(rules, 2, array(*t), 7) else np.inf for t in trials]
    cost, at = best_insertion(problem.world, problem.drive, rules, 2, array(*old), stop, np.inf)
    assert cost == pytest.approx(min(costs))
    assert costs[at] == pytest.approx(cost)


def test_a_stop_too_many_is_not_inserted(town, travel, repairer) -> None:
    town.fleet(1, routes=4, stops=6, spare=False)
    problem = repairer.prepare(town.snapshot("08:40"), travel).search
    rules = rules_of(problem)
    full = rules._replace(capacity=np.zeros_like(rules.capacity))
    found = best_insertion(
        problem.world, problem.drive, full, 2, array(*problem.sequences[2]), problem.sequences[0][0], np.inf
    )
    assert found == (np.inf, -1)


@pytest.mark.parametrize("order", list(permutations(range(5)))[::7])
def test_moved_stops_are_the_fewest_that_explain_an_order(order: tuple[int, ...]) -> None:
    rising = max(len(kept) for n in range(6) for kept in combinations(order, n) if list(kept) == sorted(kept))
    assert moved_count(array(*order), 5, np.arange(5)) == 5 - rising


def test_newcomers_do_not_count_as_moved() -> None:
    assert moved_count(array(0, 3, 1, 4, 2), 5, array(0, 1, 2, -1, -1)) == 0


def test_nothing_gets_in_front_of_a_pinned_stop(town, travel, repairer) -> None:
    route = town.route("R1")
    for name, pinned in (("A", False), ("B", True), ("C", False)):
        town.stop(route, name, town.place(name, 2, 2), pinned=pinned)
    problem = repairer.prepare(town.snapshot(), travel)
    a, b, c = problem.sequences[0]
    rules = rules_of(problem)
    assert order_holds(rules, 0, array(a, b, c), 3)
    assert not order_holds(rules, 0, array(a, c, b), 3)
    assert not order_holds(rules, 0, array(b, a, c), 3)


def test_compiled_moves_are_made_anew_when_the_kernel_changes() -> None:
    """numba looks at a function's own file alone, and would go on with the old kernel inside: change both."""
    kernel = Path(optimizer.__file__).parent / "kernel.py"
    digest = sha256(kernel.read_bytes()).hexdigest()[:12]
    assert digest == moves.KERNEL, f"the kernel changed: set KERNEL in optimizer/repair/moves.py to {digest!r}"
