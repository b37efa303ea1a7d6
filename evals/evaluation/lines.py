"""What is kept of one run: a line of the log, with everything that any comparison needs."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from evals.metrics import RunResult, measure
from evals.outcomes import Outcome, StopOutcome
from forestall.domain.ids import StopId

_LETTERS = {
    Outcome.KEPT: "K", Outcome.LATE: "L", Outcome.UNDONE: "U", Outcome.FAILED: "F", Outcome.MOVED_BY_US: "M",
}  # fmt: skip
_OUTCOMES = {letter: outcome for outcome, letter in _LETTERS.items()}


@dataclass(frozen=True, slots=True)
class Line:
    """One day under one seed and one arm; ``key`` names it with all that its figures depend on.

    ``outcomes`` by stop: a letter (kept, late, undone, failed, moved), with the seconds late. ``alarm_leads_s``: by
    stop, from its alarm to its promise's end, where that lay ahead. ``has_breakdown``: a vehicle broke down by the
    day's truth. ``reliability``: for a watched day, see ``evals.evaluation.watched``. ``cpu_s`` is no part of any
    comparison.
    """

    key: str
    day: str
    seed: int
    arm: str
    figures: Mapping[str, Any] = field(default_factory=dict)
    outcomes: Mapping[str, str] = field(default_factory=dict)
    alarm_leads_s: Mapping[str, float] = field(default_factory=dict)
    has_breakdown: bool = False
    story: Mapping[str, Any] | None = None
    reliability: tuple[tuple[int, float, int], ...] = ()
    cpu_s: float = 0.0

    def as_text(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))

    @property
    def judged(self) -> dict[StopId, StopOutcome]:
        return {StopId(stop): _decode(text) for stop, text in self.outcomes.items()}


def read_line(text: str) -> Line:
    """A line of the log. ValueError when it is none (a log cut off in the middle of one)."""
    try:
        fields = json.loads(text)
        reliability = tuple((int(n), float(p), int(late)) for n, p, late in fields.pop("reliability"))
        return Line(**fields, reliability=reliability)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not a line of this log: {error}") from error


def line_of(key: str, day: str, run: RunResult, has_breakdown: bool) -> Line:
    """What is kept of a run; ``day`` is what the evaluation calls its day."""
    ends = {order.id: order.promise.closes_at.timestamp() for order in run.plan.orders}
    by_stop = {stop.id: ends[stop.order_id] for stop in run.plan.stops if stop.order_id is not None}
    leads = {stop: by_stop[stop] - at for stop, at in run.record.alarms.items() if stop in by_stop}
    return Line(
        key=key,
        day=day,
        seed=run.seed,
        arm=run.arm,
        figures=measure(run),
        outcomes={stop: _encode(outcome) for stop, outcome in run.outcomes.items()},
        alarm_leads_s={stop: round(lead) for stop, lead in leads.items() if lead > 0},
        has_breakdown=has_breakdown,
        story=run.record.story,
        cpu_s=round(run.cpu_s, 3),
    )


def _encode(outcome: StopOutcome) -> str:
    late = f"{outcome.lateness_s:g}" if outcome.lateness_s > 0 else ""
    return f"{_LETTERS[outcome.outcome]}{late}"


def _decode(text: str) -> StopOutcome:
    return StopOutcome(_OUTCOMES[text[0]], float(text[1:] or 0))
