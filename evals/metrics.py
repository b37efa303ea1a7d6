"""The numbers of one run, alone and beside doing nothing on the same day and seed."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from evals.ledger import Breach, Ledger
from evals.outcomes import Outcome, StopOutcome, list_outcomes
from forestall.domain.ids import StopId
from forestall.domain.plan import DayPlan

HOUR_S, GRACES_MIN = 3600, (5, 15)


@dataclass(frozen=True, slots=True)
class ServiceRecord:
    """What the service did, from its own records; all zero where there is none."""

    decisions: int = 0
    cases: int = 0
    actions: Mapping[str, int] = field(default_factory=dict)
    breaches: tuple[Breach, ...] = ()
    asked: int = 0
    parked: int = 0


@dataclass(frozen=True, slots=True)
class RunResult:
    """One day played under one arm and seed.

    ``cpu_s`` are CPU seconds of this process and those it has ended. A day that was broken off is judged by the
    promises that had run out ``until`` then (Unix seconds).
    """

    plan: DayPlan
    arm: str
    seed: int
    ledger: Ledger
    record: ServiceRecord
    wall_s: float
    cpu_s: float
    until: float | None = None

    @property
    def outcomes(self) -> Mapping[StopId, StopOutcome]:
        return list_outcomes(self.plan, self.ledger, self.until)


def describe(run: RunResult, baseline: RunResult) -> dict[str, object]:
    """The report of ``run`` as JSON values, with ``baseline`` doing nothing on the same day and seed.

    ``on_time_rate`` = kept / stops; ``first_attempt_rate`` = delivered at the first attempt / stops attempted;
    ``saved`` = broken under the baseline and kept here, ``harmed`` the reverse. Durations are seconds.
    """
    outcomes, ledger, record = run.outcomes, run.ledger, run.record
    counts = Counter(outcome.outcome for outcome in outcomes.values())
    lateness = [outcome.lateness_s for outcome in outcomes.values() if outcome.lateness_s > 0]
    broken = {stop for stop, outcome in outcomes.items() if outcome.is_broken}
    broken_before = {stop for stop, outcome in baseline.outcomes.items() if outcome.is_broken}
    breaches = (*ledger.breaches, *record.breaches)
    delivered = counts[Outcome.KEPT] + counts[Outcome.LATE]
    return {
        "day": run.plan.day,
        "arm": run.arm,
        "seed": run.seed,
        "stops": len(outcomes),
        "kept": counts[Outcome.KEPT],
        "late": counts[Outcome.LATE],
        "undone": counts[Outcome.UNDONE],
        "failed": counts[Outcome.FAILED],
        "moved_by_us": counts[Outcome.MOVED_BY_US],
        "cancelled": len(ledger.called_off),
        "over_60_min": sum(late_s > HOUR_S for late_s in lateness),
        **{f"late_over_{grace}_min": sum(late_s > grace * 60 for late_s in lateness) for grace in GRACES_MIN},
        "broken": len(broken),
        "announced": len(broken & ledger.announced.keys()),
        "on_time_rate": _rate(counts[Outcome.KEPT], len(outcomes)),
        "first_attempt_rate": _rate(delivered, delivered + counts[Outcome.FAILED]),
        "lateness_s": round(sum(lateness)),
        "travel_s": ledger.travel_s,
        "saved": len(broken_before - broken),
        "harmed": len(broken - broken_before),
        "broken_by_doing_nothing": len(broken_before),
        "travel_s_by_doing_nothing": baseline.ledger.travel_s,
        "stops_moved": len(ledger.moved),
        "messages": ledger.messages,
        "actions": dict(sorted(record.actions.items())),
        "cases": record.cases,
        "decisions": record.decisions,
        "waiting_for_people": record.asked,
        "policy_violations": len(breaches),
        "violations": [f"{breach.rule}: {breach.subject}: {breach.detail}" for breach in breaches],
        "custody_errors": ledger.custody_errors,
        "crossed_messages": ledger.crossed,
        "parked_events": record.parked,
        "wall_s": round(run.wall_s, 3),
        "cpu_s": round(run.cpu_s, 3),
    }


def _rate(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
