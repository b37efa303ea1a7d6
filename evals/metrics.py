"""The numbers of one run, alone and beside doing nothing on the same day and seed; docs/metrics.md has the formulas."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from evals.human_time import HumanWork
from evals.kpis import cost_cents, workload_of
from evals.ledger import Breach, Ledger
from evals.outcomes import Outcome, StopOutcome, list_outcomes
from forestall.domain.ids import StopId
from forestall.domain.plan import DayPlan

HOUR_S, GRACES_MIN = 3600, (5, 15)
ALARM_P_LATE = 0.5
"""The service raises an alarm for a stop when it first says that it will more likely be late, or undone, than not."""

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ServiceRecord:
    """What the service did, from its own records; all zero where there is none.

    ``handled`` cases are those in which a plan was carried out or a person had to decide; of ``cases_resolved_alone``
    no person had to. ``alarms`` (Unix seconds) by stop: the first forecast with P(late) of ``ALARM_P_LATE`` or more.
    ``told`` by stop: the newest span in which its customer was told to expect the delivery. ``expected_gain``: misses
    avoided, by the forecasts that the plans were carried out on. ``planned_after_s``: for each case in which a plan was
    carried out, the seconds from its opening to the first one. ``story``: the case that most depended on.
    """

    decisions: int = 0
    cases: int = 0
    actions: Mapping[str, int] = field(default_factory=dict)
    breaches: tuple[Breach, ...] = ()
    asked: int = 0
    parked: int = 0
    handled: int = 0
    cases_resolved_alone: int = 0
    work: HumanWork = field(default_factory=HumanWork)
    alarms: Mapping[StopId, float] = field(default_factory=dict)
    told: Mapping[StopId, tuple[float, float]] = field(default_factory=dict)
    expected_gain: float = 0.0
    planned_after_s: tuple[float, ...] = ()
    story: Mapping[str, Any] | None = None

    @property
    def human_decisions(self) -> int:
        return self.work.decisions


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


def measure(run: RunResult) -> Figures:
    """One run by itself as JSON values: counts and sums that can be added up over runs. Durations are seconds."""
    outcomes, ledger, record = run.outcomes, run.ledger, run.record
    counts = Counter(outcome.outcome for outcome in outcomes.values())
    lateness = [outcome.lateness_s for outcome in outcomes.values() if outcome.lateness_s > 0]
    broken = {stop for stop, outcome in outcomes.items() if outcome.is_broken}
    breaches = (*ledger.breaches, *record.breaches)
    delivered = counts[Outcome.KEPT] + counts[Outcome.LATE]
    load = workload_of(run.plan, ledger)
    cost = cost_cents(ledger.travel_s, load, len(outcomes) - delivered, ledger.messages, record.work.minutes)
    return {
        "stops": len(outcomes),
        "kept": counts[Outcome.KEPT],
        "late": counts[Outcome.LATE],
        "undone": counts[Outcome.UNDONE],
        "failed": counts[Outcome.FAILED],
        "moved_by_us": counts[Outcome.MOVED_BY_US],
        "cancelled": len(ledger.called_off),
        "broken": len(broken),
        "announced": len(broken & ledger.announced.keys()),
        "over_60_min": sum(late_s > HOUR_S for late_s in lateness),
        **{f"late_over_{grace}_min": sum(late_s > grace * 60 for late_s in lateness) for grace in GRACES_MIN},
        "lateness_s": round(sum(lateness)),
        "travel_s": ledger.travel_s,
        "delivered": delivered,
        "stops_moved": len(ledger.moved),
        "messages": ledger.messages,
        "word_kept": _count_words_kept(run, outcomes),
        "cases": record.cases,
        "decisions": record.decisions,
        "handled": record.handled,
        "resolved_alone": record.cases_resolved_alone,
        "human_decisions": record.human_decisions,
        "human_minutes": round(record.work.minutes, 2),
        "waiting_for_people": record.asked,
        "expected_gain": round(record.expected_gain, 4),
        "service_s": round(load.service_s),
        "shift_s": round(load.shift_s),
        "vans_used": load.vans_used,
        "zone_km2": round(load.zone_km2, 3),
        "busiest_zone": load.busiest,
        "cost_cents": round(cost),
        "policy_violations": len(breaches),
        "custody_errors": ledger.custody_errors,
        "crossed_messages": ledger.crossed,
        "parked_events": record.parked,
        "planned_after_s": [round(seconds) for seconds in record.planned_after_s],
        "actions": dict(sorted(record.actions.items())),
        "violations": [f"{breach.rule}: {breach.subject}: {breach.detail}" for breach in breaches],
    }


def describe(run: RunResult, baseline: RunResult) -> Figures:
    """``measure`` of a run, the rates that follow, and ``baseline`` doing nothing on the same day and seed beside it.

    ``on_time_rate`` = kept / stops; ``first_attempt_rate`` = delivered at the first attempt / stops attempted;
    ``saved`` = broken under the baseline and kept here, ``harmed`` the reverse.
    """
    figures = measure(run)
    pair = compare(run.outcomes, baseline.outcomes)
    return {
        "day": run.plan.day,
        "arm": run.arm,
        "seed": run.seed,
        **figures,
        **pair,
        "on_time_rate": rate(figures["kept"], figures["stops"]),
        "first_attempt_rate": rate(figures["delivered"], figures["delivered"] + figures["failed"]),
        "broken_by_doing_nothing": sum(outcome.is_broken for outcome in baseline.outcomes.values()),
        "travel_s_by_doing_nothing": baseline.ledger.travel_s,
        "wall_s": round(run.wall_s, 3),
        "cpu_s": round(run.cpu_s, 3),
    }


def compare(outcomes: Mapping[StopId, StopOutcome], baseline: Mapping[StopId, StopOutcome]) -> dict[str, int]:
    """Promises ``saved`` and ``harmed``, of the stops that both runs judge."""
    both = outcomes.keys() & baseline.keys()
    return {
        "saved": sum(baseline[stop].is_broken and not outcomes[stop].is_broken for stop in both),
        "harmed": sum(outcomes[stop].is_broken and not baseline[stop].is_broken for stop in both),
    }


def rate(part: float, whole: float) -> float:
    """A share to four places; 0 of nothing is 0."""
    return round(part / whole, 4) if whole else 0.0


def _count_words_kept(run: RunResult, outcomes: Mapping[StopId, StopOutcome]) -> int:
    """Stops at which the last thing the customer was told came true: delivered at the first attempt, and begun in the
    span told last (no later than its end), or by the promise where nothing else was told."""
    kept = 0
    for stop, outcome in outcomes.items():
        told = run.record.told.get(stop)
        if told is None or outcome.outcome not in (Outcome.KEPT, Outcome.LATE):
            kept += outcome.outcome is Outcome.KEPT
        else:
            kept += run.ledger.visits[stop].started_at <= told[1]
    return kept
