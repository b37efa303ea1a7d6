"""Playing one cell, in a process of its own pool; what went wrong comes back as words, so that the others go on."""

import traceback
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from evals.arms import Arm, play
from evals.days import read_day
from evals.evaluation.cells import WATCHED, Cell, Setting
from evals.evaluation.lines import Line, line_of
from evals.evaluation.watched import watch_day
from evals.levers import apply_levers
from evals.profile import Profile
from evals.truth import Truth
from forestall.domain.plan import DayPlan
from forestall.errors import BadInput, ForestallError


@dataclass(frozen=True, slots=True)
class Failure:
    """A cell that has no run, and why: ``why`` in one line, ``trace`` for whoever has to mend it."""

    cell: Cell
    why: str
    trace: str = ""


def play_cell(cell: Cell, setting: Setting, key: str) -> Line | Failure:
    """The cell's run. Whatever it raises becomes a Failure: one arm that is broken must not cost all other runs."""
    try:
        plan = _plan(cell.day, setting)
        if cell.arm == WATCHED:
            return watch_day(key, cell.label, plan, setting.profile, cell.seed)
        run = play(plan, Arm(cell.arm), cell.seed, setting.profile, setting.people)
        return line_of(key, cell.label, run, has_breakdown(plan, setting.profile, cell.seed))
    except ForestallError as error:
        return Failure(cell, _words(error))
    except Exception as error:  # whatever an arm raises: told in full, counted as missing, and the exit code says so
        return Failure(cell, f"{type(error).__name__}: {error}", traceback.format_exc())


def has_breakdown(plan: DayPlan, profile: Profile, seed: int) -> bool:
    """Whether the truth has a vehicle with stops break down: these days are told apart, as few of them weigh much."""
    truth = Truth(plan, profile, seed)
    planned = {stop.route_id for stop in plan.stops}
    return any(truth.breaks_down_at(route.vehicle_id) is not None for route in plan.routes if route.id in planned)


@lru_cache(maxsize=2)  # cells come day by day
def _plan(day: Path, setting: Setting) -> DayPlan:
    return apply_levers(read_day(day, setting.profile), setting.levers)


def _words(error: ForestallError) -> str:
    problems = error.problems if isinstance(error, BadInput) else ()
    return "; ".join([error.message, *(f"{one.place} {one.message} ({one.remedy})" for one in problems)])
