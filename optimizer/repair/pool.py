"""Where solves run. OR-Tools holds the interpreter lock for a whole solve, so the real solver is a process pool."""

import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import get_context
from types import TracebackType
from typing import Protocol, Self

from forestall.errors import Unavailable
from optimizer.repair.subproblem import Budget, Sequences, SubProblem, SubSolution

_START_S = 10.0
"""A worker starts in 2 to 3 s, nearly all of it imports; on a busy machine it may take three times as long."""


class Solver(Protocol):
    """Solves sub-problems. ``InProcessSolver`` and ``SolverPool`` keep the same promises, but for the waiting."""

    def submit(
        self, sub: SubProblem, budget: Budget, seed: int, warm: Sequences | None = None
    ) -> "Future[SubSolution]":
        """Begin a solve, from ``warm`` if given (see ``ortools_routing``).

        The future raises Unavailable when there is nobody to do it."""
        ...

    def solve(self, sub: SubProblem, budget: Budget, seed: int, warm: Sequences | None = None) -> SubSolution:
        """A solve, waited for, but not for ever. Raises Unavailable."""
        ...

    def close(self) -> None:
        """Wait for what is under way and take no more. May be called twice."""
        ...


class InProcessSolver:
    """Solves at once, here, stopping every other thread meanwhile: for tests and offline work."""

    def __init__(self) -> None:
        self._is_closed = False

    def submit(
        self, sub: SubProblem, budget: Budget, seed: int, warm: Sequences | None = None
    ) -> "Future[SubSolution]":
        done: Future[SubSolution] = Future()
        try:
            done.set_result(self.solve(sub, budget, seed, warm))
        except Unavailable as error:
            done.set_exception(error)
        return done

    def solve(self, sub: SubProblem, budget: Budget, seed: int, warm: Sequences | None = None) -> SubSolution:
        if self._is_closed:
            raise Unavailable("The solver is closed.")
        return _solve(sub, budget, seed, warm)

    def close(self) -> None:
        self._is_closed = True


class SolverPool:
    """Solves in ``workers`` processes, started with the first job. Safe to share between threads.

    A worker that dies takes the pool with it: the pool is built anew and each job it had is tried once more. A job
    that meets that twice fails with Unavailable, and the next one finds a fresh pool. Workers are spawned, so a
    script that uses this needs the usual ``if __name__ == "__main__"`` guard.
    """

    def __init__(self, workers: int = 1) -> None:
        if workers < 1:
            raise ValueError(f"a pool of {workers} workers")
        self._workers = workers
        self._lock = threading.Lock()
        self._executor: ProcessPoolExecutor | None = None
        self._retired: list[ProcessPoolExecutor] = []
        self._is_closed = False

    def start(self) -> None:
        """Have a worker start now, at a moment when nobody waits for it; returns at once. Needless but for the wait."""
        executor = self._get_executor()
        if executor is not None:
            with suppress(BrokenProcessPool, RuntimeError):  # the first job will find out and build the pool anew
                executor.submit(_is_up)

    def submit(
        self, sub: SubProblem, budget: Budget, seed: int, warm: Sequences | None = None
    ) -> "Future[SubSolution]":
        """As promised by ``Solver``. A future cancelled before its turn takes its job out of the queue."""
        answer: Future[SubSolution] = Future()
        self._try(_Job(sub, budget, seed, warm, answer), retries=1)
        return answer

    def solve(self, sub: SubProblem, budget: Budget, seed: int, warm: Sequences | None = None) -> SubSolution:
        """A solve, waited for as long as its fuse burns and a worker starts; longer in a queue is Unavailable."""
        answer = self.submit(sub, budget, seed, warm)
        try:
            return answer.result(budget.fuse_s + _START_S)
        except TimeoutError:
            answer.cancel()
            raise Unavailable("The solver did not answer in time.") from None

    def worker_pids(self) -> tuple[int, ...]:
        """The processes at work now, for the operator and the tests."""
        with self._lock:
            return tuple(self._executor._processes or ()) if self._executor else ()

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            executors = [*self._retired, *([self._executor] if self._executor else [])]
            self._retired, self._executor = [], None
        for executor in executors:
            executor.shutdown(wait=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _try(self, job: "_Job", retries: int) -> None:
        executor = self._get_executor()
        if executor is None:
            job.fail(Unavailable("The solver is closed."))
            return
        try:
            attempt = executor.submit(_solve, job.sub, job.budget, job.seed, job.warm)
        except (BrokenProcessPool, RuntimeError):
            # Broken, or shut down by close() since we got it: both are told apart by the next attempt.
            self._broke(executor, job, retries)
            return
        job.on_cancel(attempt.cancel)
        attempt.add_done_callback(lambda done: self._settle(executor, job, retries, done))

    def _settle(self, executor: ProcessPoolExecutor, job: "_Job", retries: int, done: "Future[SubSolution]") -> None:
        if done.cancelled():
            return  # by the asker, who has gone
        error = done.exception()
        if error is None:
            job.succeed(done.result())
        elif isinstance(error, BrokenProcessPool):
            self._broke(executor, job, retries)
        else:
            job.fail(error)

    def _broke(self, executor: ProcessPoolExecutor, job: "_Job", retries: int) -> None:
        with self._lock:
            if self._executor is executor:
                self._executor = None
                # Not shut down here: this may be its own thread, which cannot wait for itself.
                self._retired.append(executor)
        if retries:
            self._try(job, retries - 1)
        else:
            job.fail(Unavailable("The solver's worker process died twice on this job."))

    def _get_executor(self) -> ProcessPoolExecutor | None:
        with self._lock:
            if self._executor is None and not self._is_closed:
                self._executor = ProcessPoolExecutor(self._workers, mp_context=get_context("spawn"), initializer=_warm)
            return self._executor


class _Job:
    """A solve asked for, and the future its asker holds."""

    def __init__(
        self,
        sub: SubProblem,
        budget: Budget,
        seed: int,
        warm: Sequences | None,
        answer: "Future[SubSolution]",
    ) -> None:
        self.sub, self.budget, self.seed, self.warm, self._answer = sub, budget, seed, warm, answer

    def on_cancel(self, act: Callable[[], object]) -> None:
        """Call ``act`` when the asker gives up."""
        self._answer.add_done_callback(lambda answer: act() if answer.cancelled() else None)

    def succeed(self, solution: SubSolution) -> None:
        if self._answer.set_running_or_notify_cancel():
            self._answer.set_result(solution)

    def fail(self, error: BaseException) -> None:
        if self._answer.set_running_or_notify_cancel():
            self._answer.set_exception(error)


def _warm() -> None:
    """In a new worker: pay for the import now, and leave Ctrl-C to the parent, which closes the pool."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    import optimizer.repair.ortools_routing  # noqa: F401


def _is_up() -> None:
    """The smallest job: its only use is that a worker must be there to do it."""


def _solve(sub: SubProblem, budget: Budget, seed: int, warm: Sequences | None) -> SubSolution:
    # Imported where it runs: the parent process has no use for OR-Tools.
    from optimizer.repair.ortools_routing import solve

    return solve(sub, budget, seed, warm)
