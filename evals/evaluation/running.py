"""Playing many cells over the cores, keeping each run as it ends."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from threading import Thread

from evals.evaluation.cells import Cell, Setting, key_of
from evals.evaluation.lines import Line
from evals.evaluation.log import RunLog
from evals.evaluation.playing import Failure, play_cell
from forestall.collector import collect_less, keep_memory

Say = Callable[[str], None]


def run_cells(cells: Sequence[Cell], setting: Setting, log: RunLog, workers: int, say: Say) -> list[Failure]:
    """Play every cell that the log does not hold yet; what could not be played is returned, in the cells' order.

    A killed evaluation that is started again goes on where it was. A process that dies (out of memory, say) takes its
    pool with it: what had not ended is then played in processes of their own, which shows whose fault it was.
    """
    keys = {cell: key_of(cell, setting) for cell in cells}
    left = [cell for cell in cells if log.find(keys[cell]) is None]
    say(f"{len(cells)} runs, {len(cells) - len(left)} of them known from the log")
    failures: list[Failure] = []
    for number, (cell, result) in enumerate(_results(left, keys, setting, workers, say), start=1):
        if isinstance(result, Failure):
            failures.append(result)
            say(f"{number}/{len(left)} {_name(cell)}: MISSING, {result.why}\n{result.trace}".rstrip())
        else:
            log.add(result)
            say(f"{number}/{len(left)} {_name(cell)}: {_outcome(result)}")
    place = {cell: number for number, cell in enumerate(cells)}
    return sorted(failures, key=lambda failure: place[failure.cell])


def _results(
    cells: Sequence[Cell], keys: Mapping[Cell, str], setting: Setting, workers: int, say: Say
) -> Iterator[tuple[Cell, Line | Failure]]:
    ended: set[Cell] = set()
    try:
        for cell, result in _pooled(cells, keys, setting, workers):
            ended.add(cell)
            yield cell, result
    except BrokenProcessPool:
        left = [cell for cell in cells if cell not in ended]
        say(f"a process died; {len(left)} runs are played one by one")
        for cell in left:
            yield cell, _apart(cell, keys[cell], setting)


def _pooled(
    cells: Sequence[Cell], keys: Mapping[Cell, str], setting: Setting, workers: int
) -> Iterator[tuple[Cell, Line | Failure]]:
    with ProcessPoolExecutor(workers, get_context("spawn"), initializer=_prepare) as pool:
        futures: dict[Future[Line | Failure], Cell] = {
            pool.submit(play_cell, cell, setting, keys[cell]): cell for cell in cells
        }
        try:
            for future in as_completed(futures):
                yield futures[future], future.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _prepare() -> None:
    """A process that plays days keeps its memory as the service's own does, and ends with the one that asked for it."""
    Thread(target=_end_with_the_evaluation, daemon=True).start()
    keep_memory()
    collect_less()


def _end_with_the_evaluation() -> None:
    """Nobody would ever read what is played for an evaluation that was killed."""
    asker = parent_process()
    if asker is not None:
        asker.join()
        os._exit(1)


def _apart(cell: Cell, key: str, setting: Setting) -> Line | Failure:
    try:
        [(_, result)] = _pooled([cell], {cell: key}, setting, 1)
    except BrokenProcessPool:
        return Failure(cell, "its process died without a word (out of memory?)")
    return result


def _name(cell: Cell) -> str:
    return f"{cell.label} seed {cell.seed} {cell.arm}"


def _outcome(line: Line) -> str:
    if not line.figures:
        return f"{sum(n for n, _, _ in line.reliability)} forecasts, {line.cpu_s:.0f} CPU s"
    return f"{line.figures['broken']} of {line.figures['stops']} promises broken, {line.cpu_s:.0f} CPU s"
