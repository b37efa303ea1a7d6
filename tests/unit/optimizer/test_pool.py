"""One contract for both solvers, and what only the pool must keep: the other threads moving, and dead workers."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import numpy as np
import pytest

from forestall.errors import Unavailable
from optimizer.repair.ortools_routing import solve
from optimizer.repair.pool import InProcessSolver, Solver, SolverPool
from optimizer.repair.subproblem import Budget, SolveStatus, SubProblem

UNHURRIED_S = 120.0  # a fuse that no busy machine burns down: what ends these searches are their counts
SMALL = Budget(solution_limit=40, neighbour_limit=2_000, fuse_s=UNHURRIED_S)


def make_day(seed: int, stops: int = 16) -> SubProblem:
    draw = np.random.default_rng(seed)
    places = draw.uniform(0, 20_000, (stops + 1, 2))
    opens = draw.integers(0, 4 * 3600, stops)
    return SubProblem.build(
        travel_s=np.linalg.norm(places[:, None] - places[None], axis=2) * 0.15,
        node=np.arange(1, stops + 1),
        opens_s=opens,
        closes_s=opens + 3600,
        service_s=120,
        start_node=0,
        ready_s=[0, 0],
        end_node=0,
        shift_end_s=12 * 3600,
        sequences=(tuple(range(stops // 2)), tuple(range(stops // 2, stops))),
    )


@pytest.fixture(scope="module")
def pool() -> Iterator[SolverPool]:
    with SolverPool() as pool:
        yield pool


@pytest.fixture(params=["in process", "pool"])
def solver(request: pytest.FixtureRequest, pool: SolverPool) -> Solver:
    return pool if request.param == "pool" else InProcessSolver()


class TestContract:
    def test_the_answer_is_that_of_a_plain_solve(self, solver: Solver) -> None:
        found = solver.solve(make_day(1), SMALL, 1)
        assert found.status is SolveStatus.IMPROVED
        assert found.sequences == solve(make_day(1), SMALL, 1).sequences

    def test_jobs_handed_in_together_are_all_answered(self, solver: Solver) -> None:
        answers = [solver.submit(make_day(seed), SMALL, 1) for seed in range(3)]
        assert [a.result(UNHURRIED_S).sequences for a in answers] == [
            solve(make_day(seed), SMALL, 1).sequences for seed in range(3)
        ]

    @pytest.mark.parametrize("make", [InProcessSolver, SolverPool])
    def test_a_closed_solver_says_so_and_may_be_closed_again(self, make: type[InProcessSolver | SolverPool]) -> None:
        solver = make()
        solver.close()
        solver.close()
        with pytest.raises(Unavailable, match="closed"):
            solver.submit(make_day(1), SMALL, 1).result(UNHURRIED_S)


class TestPool:
    def test_no_process_is_started_before_there_is_work(self) -> None:
        with SolverPool() as idle:
            assert idle.worker_pids() == ()

    def test_a_pool_of_nobody_is_refused(self) -> None:
        with pytest.raises(ValueError, match="0 workers"):
            SolverPool(workers=0)

    def test_a_worker_killed_at_rest_is_replaced(self, pool: SolverPool) -> None:
        pool.solve(make_day(1), SMALL, 1)
        killed = _kill_workers(pool)
        assert pool.solve(make_day(1), SMALL, 1).sequences == solve(make_day(1), SMALL, 1).sequences
        assert not set(killed) & set(pool.worker_pids())

    def test_a_job_whose_worker_is_killed_is_tried_again(self, pool: SolverPool) -> None:
        pool.solve(make_day(1), SMALL, 1)
        answer = pool.submit(make_day(2, 60), Budget(10_000, 20_000, UNHURRIED_S), 1)
        time.sleep(0.1)
        _kill_workers(pool)
        assert answer.result(UNHURRIED_S).status is SolveStatus.IMPROVED

    def test_a_job_that_meets_it_twice_fails_clearly_and_the_next_is_served(self, pool: SolverPool) -> None:
        pool.solve(make_day(1), SMALL, 1)
        answer = pool.submit(make_day(2, 60), Budget(10_000, 10**9, UNHURRIED_S), 1)
        deadline = time.monotonic() + UNHURRIED_S
        while not answer.done() and time.monotonic() < deadline:
            _kill_workers(pool)
            time.sleep(0.2)
        with pytest.raises(Unavailable, match="twice"):
            answer.result(1)
        assert pool.solve(make_day(1), SMALL, 1).status is SolveStatus.IMPROVED

    def test_a_worker_can_be_started_before_there_is_work(self) -> None:
        with SolverPool() as pool:
            pool.start()
            (early,) = pool.worker_pids()
            assert pool.solve(make_day(1), SMALL, 1).status is SolveStatus.IMPROVED
            assert pool.worker_pids() == (early,)

    def test_a_closed_pool_starts_nobody(self) -> None:
        pool = SolverPool()
        pool.close()
        pool.start()
        assert pool.worker_pids() == ()

    def test_nobody_waits_for_ever(self, pool: SolverPool, monkeypatch: pytest.MonkeyPatch) -> None:
        """Behind a long job the wait ends, and the job given up leaves the queue to those who still wait."""
        pool.solve(make_day(1), SMALL, 1)
        monkeypatch.setattr("optimizer.repair.pool._START_S", 0.0)
        blockers = [pool.submit(make_day(2, 60), Budget(10_000, 10**9, 1.0), 1) for _ in range(3)]
        with pytest.raises(Unavailable, match="in time"):
            pool.solve(make_day(1), Budget(60, 4_000, 0.1), 1)
        assert [blocker.result(UNHURRIED_S).replayable for blocker in blockers] == [False] * 3
        assert pool.submit(make_day(1), SMALL, 1).result(UNHURRIED_S).status is SolveStatus.IMPROVED

    def test_other_threads_keep_moving_while_it_solves(self, pool: SolverPool) -> None:
        """A solve in this process would leave the ticker a turn or two before it and none within."""
        pool.solve(make_day(1), SMALL, 1)
        ticks = 0
        is_ticking, is_over = threading.Event(), threading.Event()

        def tick() -> None:
            nonlocal ticks
            while not is_over.wait(0.002):
                ticks += 1
                is_ticking.set()

        ticker = threading.Thread(target=tick)
        ticker.start()
        assert is_ticking.wait(UNHURRIED_S)
        before = ticks
        found = pool.solve(make_day(2, 60), Budget(10_000, 30_000, UNHURRIED_S), 1)
        within = ticks - before
        is_over.set()
        ticker.join()
        assert found.cpu_s > 0.2
        assert within > 20


def _kill_workers(pool: SolverPool) -> tuple[int, ...]:
    pids = pool.worker_pids()
    for pid in pids:
        with suppress(ProcessLookupError):  # the pool has buried it since
            os.kill(pid, signal.SIGKILL)
    return pids
