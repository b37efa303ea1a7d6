"""Runs put side by side: an arm, doing nothing and the oracle on the same day and seed, as columns of numbers.

Arms are compared on the same day-seeds: one that lacks the run of any arm is left out of every figure. An arm that has
no run at all is left out itself.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evals.arms import Arm
from evals.evaluation.cells import WATCHED
from evals.evaluation.lines import Line
from evals.metrics import compare
from evals.outcomes import Outcome

ORACLE = "oracle"
GRACES = (0, 5, 15)
Columns = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Pair:
    """One day-seed under one arm, ``own``, beside doing nothing and, where it was played, the oracle."""

    day: str
    seed: int
    has_breakdown: bool
    own: Columns
    nothing: Columns
    oracle: Columns | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """``pairs`` by arm, the same day-seeds in the same order under each; ``lines`` the runs behind them."""

    pairs: Mapping[str, Sequence[Pair]]
    lines: Mapping[str, Sequence[Line]]

    @property
    def size(self) -> int:
        """How many day-seeds are compared."""
        return max((len(pairs) for pairs in self.pairs.values()), default=0)


def put_side_by_side(lines: Sequence[Line], arms: Sequence[str]) -> Comparison:
    """The runs of these arms, those of a watched day apart."""
    table: dict[tuple[str, int], dict[str, Line]] = defaultdict(dict)
    for line in lines:
        if line.arm != WATCHED:
            table[line.day, line.seed][line.arm] = line
    present = [arm for arm in arms if any(arm in row for row in table.values())]
    whole = [(key, row) for key, row in sorted(table.items()) if all(arm in row for arm in present)]
    if Arm.DO_NOTHING not in present:
        whole = []
    pairs = {arm: [_pair(day, seed, row, arm) for (day, seed), row in whole] for arm in present}
    return Comparison(pairs, {arm: [row[arm] for _, row in whole] for arm in present})


def _pair(day: str, seed: int, row: Mapping[str, Line], arm: str) -> Pair:
    nothing, oracle = row[Arm.DO_NOTHING], row.get(ORACLE)
    return Pair(
        day=day,
        seed=seed,
        has_breakdown=nothing.has_breakdown,
        own=_columns(row[arm], nothing),
        nothing=_columns(nothing, nothing),
        oracle=_columns(oracle, nothing) if oracle is not None else None,
    )


def _columns(line: Line, nothing: Line) -> Columns:
    numbers = {name: float(value) for name, value in line.figures.items() if isinstance(value, int | float)}
    return numbers | _missed(numbers) | compare(line.judged, nothing.judged) | _alarms(line, nothing)


def _missed(numbers: Columns) -> dict[str, float]:
    """Late by more than the grace, undone, or moved to another time because of us: what a better plan could have kept.
    Failed attempts are apart: no route touches them."""
    late = {0: numbers["late"], **{grace: numbers[f"late_over_{grace}_min"] for grace in GRACES[1:]}}
    return {f"missed_{grace}": late[grace] + numbers["undone"] + numbers["moved_by_us"] for grace in GRACES}


def _alarms(line: Line, nothing: Line) -> dict[str, float]:
    """An alarm is right when the stop is late or undone if nobody acts: the day that was forecast."""
    due = {stop for stop, one in nothing.judged.items() if one.outcome in (Outcome.LATE, Outcome.UNDONE)}
    raised = line.alarm_leads_s.keys() & nothing.judged.keys()
    return {"alarms": len(raised), "alarms_right": len(raised & due), "alarms_due": len(due)}


def leads_min(line: Line, nothing: Line) -> list[float]:
    """Minutes from alarm to the promise's end, of the alarms that were right."""
    due = {stop for stop, one in nothing.judged.items() if one.outcome in (Outcome.LATE, Outcome.UNDONE)}
    return [lead / 60 for stop, lead in sorted(line.alarm_leads_s.items()) if stop in due]
