"""From runs to the evaluation's one JSON object: per arm what became of the promises, and how sure that is."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from evals.arms import Arm
from evals.evaluation.cells import WATCHED, Setting
from evals.evaluation.lines import Line
from evals.evaluation.pairs import GRACES, ORACLE, Comparison, Pair, leads_min, put_side_by_side
from evals.evaluation.playing import Failure
from evals.evaluation.ratios import fewer_broken, gap_closed, intervals
from evals.evaluation.watched import add_up, calibration_error
from evals.metrics import rate

Summary = dict[str, Any]

ENOUGH_PAIRS = 60
_SUSPECT = 0.9  # of the gap closed, above which the oracle or the day must have given something away
_SUMS = (
    "stops", "broken", "announced", "late", "failed", "moved_by_us", "lateness_s", "travel_s", "saved", "harmed",
    "messages", "policy_violations", "undone", "over_60_min", "kept", "cases", "decisions", "human_decisions",
    "cancelled", "custody_errors", "parked_events",
)  # fmt: skip


def summarise(
    lines: Sequence[Line], failures: Sequence[Failure], arms: Sequence[str], seeds: Sequence[int], setting: Setting
) -> Summary:
    """The JSON of ``forestall eval``. The same runs give the same object: no clock is in it."""
    compared = put_side_by_side(lines, arms)
    service = compared.pairs.get(Arm.FORESTALL, ())
    missing = [_missing(failure) for failure in failures]
    return {
        "profile": setting.profile.name,
        "days": len({line.day for line in lines}),
        "seeds": list(seeds),
        "levers": setting.levers.as_json(),
        "pairs": compared.size,
        "arms": {arm: _arm(compared, arm) for arm in compared.pairs},
        "gap_closed": gap_closed(service).as_json(),
        "failed_avoided": _failed_avoided(service),
        "grace": {str(grace): gap_closed(service, grace).as_json() for grace in GRACES},
        "by_arm": {arm: _against(pairs) for arm, pairs in compared.pairs.items() if arm != Arm.DO_NOTHING},
        "breakdowns": _strata(service),
        "by_day": _by_day(compared),
        "reliability": _reliability(lines),
        "missing": missing,
        "notes": _notes(compared, arms, missing),
    }


def with_timings(summary: Summary, lines: Sequence[Line]) -> Summary:
    """The summary with the CPU seconds of a run of each arm: what no second run prints the same."""
    spent: dict[str, list[float]] = {}
    for line in lines:
        spent.setdefault(line.arm, []).append(line.cpu_s)
    timings = {
        arm: {"runs": len(each), "cpu_s": round(sum(each) / len(each), 1), "cpu_s_max": round(max(each), 1)}
        for arm, each in sorted(spent.items())
    }
    return {**summary, "timings": timings}


def _arm(compared: Comparison, arm: str) -> Summary:
    pairs, lines = compared.pairs[arm], compared.lines[arm]
    total = {name: _whole(sum(pair.own[name] for pair in pairs)) for name in _SUMS}
    sums = {
        name: sum(pair.own[name] for pair in pairs)
        for name in ("delivered", "handled", "resolved_alone", "stops_moved", "human_minutes", "word_kept")
    }
    return {
        **total,
        "moved": _whole(sums["stops_moved"]),
        "unannounced": total["broken"] - total["announced"],
        "on_time_rate": rate(total["kept"], total["stops"]),
        "first_attempt_rate": rate(sums["delivered"], sums["delivered"] + total["failed"]),
        "human_minutes": round(sums["human_minutes"], 2),
        "resolved_alone_share": rate(sums["resolved_alone"], sums["handled"]),
        "missed": {str(grace): _whole(sum(pair.own[f"missed_{grace}"] for pair in pairs)) for grace in GRACES},
        "promise_kept": rate(sums["word_kept"], total["stops"]),
        "messages_per_customer": rate(total["messages"], total["stops"]),
        "alerts_per_100_stops": rate(100 * total["cases"], total["stops"]),
        "human_decisions_per_100_stops": rate(100 * total["human_decisions"], total["stops"]),
        "avoidable_loss_avoided": {
            "expected": round(sum(pair.own["expected_gain"] for pair in pairs), 2),
            "realised": total["saved"] - total["harmed"],
        },
        "alarms": _alarms(compared, arm),
        "kpis": _kpis(pairs, lines),
        "intervals": {name: interval.as_json() for name, interval in intervals(pairs).items()},
    }


def _whole(value: float) -> int:
    return round(value)


def _alarms(compared: Comparison, arm: str) -> Summary:
    pairs, beside = compared.pairs[arm], compared.lines[Arm.DO_NOTHING]
    raised, right, due = (_whole(sum(p.own[name] for p in pairs)) for name in ("alarms", "alarms_right", "alarms_due"))
    leads = [lead for own, nothing in zip(compared.lines[arm], beside, strict=True) for lead in leads_min(own, nothing)]
    return {
        "raised": raised,
        "right": right,
        "due": due,
        "precision": rate(right, raised) if raised else None,
        "recall": rate(right, due) if due and raised else None,
        "lead_min": round(median(leads), 1) if leads else None,
    }


def _kpis(pairs: Sequence[Pair], lines: Sequence[Line]) -> Summary:
    """The six of the design; money in euros under the rates of ``evals.kpis``."""

    def total(name: str) -> float:
        return sum(pair.own[name] for pair in pairs)

    waits = [seconds / 60 for line in lines for seconds in line.figures["planned_after_s"]]
    return {
        "cost_per_delivery": round(total("cost_cents") / 100 / total("delivered"), 2) if total("delivered") else None,
        "on_time_rate": rate(total("kept"), total("stops")),
        "first_attempt_rate": rate(total("delivered"), total("delivered") + total("failed")),
        "fleet_utilisation": rate(total("travel_s") + total("service_s"), total("shift_s")),
        "deliveries_per_km2": rate(total("delivered"), total("zone_km2")),
        "busiest_zone": _whole(max((pair.own["busiest_zone"] for pair in pairs), default=0)),
        "planning_cycle_min": round(median(waits), 1) if waits else None,
    }


def _against(pairs: Sequence[Pair]) -> Summary:
    """An arm beside doing nothing and the oracle."""
    return {
        "gap_closed": {str(grace): gap_closed(pairs, grace).as_json() for grace in GRACES},
        "failed_avoided": _failed_avoided(pairs),
        "broken_fewer_a_day": fewer_broken(pairs).as_json(),
    }


def _failed_avoided(pairs: Sequence[Pair]) -> dict[str, float | None]:
    return intervals(pairs)["failed_avoided"].as_json()


def _strata(pairs: Sequence[Pair]) -> Summary:
    """Day-seeds on which a vehicle broke down, and the others, apart: few of the first weigh much."""
    strata = {"with": [p for p in pairs if p.has_breakdown], "without": [p for p in pairs if not p.has_breakdown]}
    return {
        name: {
            "pairs": len(some),
            "missed_by_doing_nothing": _whole(sum(pair.nothing["missed_0"] for pair in some)),
            "missed": _whole(sum(pair.own["missed_0"] for pair in some)),
            "gap_closed": gap_closed(some).as_json(),
        }
        for name, some in strata.items()
    }


def _by_day(compared: Comparison) -> list[Summary]:
    """Each day over its seeds: what every arm missed and broke, for the report and the table."""
    days = sorted({pair.day for pairs in compared.pairs.values() for pair in pairs})
    return [
        {
            "day": day,
            "seeds": len({p.seed for p in compared.pairs[Arm.DO_NOTHING] if p.day == day}),
            "arms": {
                arm: _sums_of([pair for pair in pairs if pair.day == day]) for arm, pairs in compared.pairs.items()
            },
        }
        for day in days
    ]


_DAY_SUMS = ("stops", "broken", "missed_0", "failed", "saved", "harmed", "over_60_min", "announced", "stops_moved",
             "travel_s", "messages", "decisions", "human_decisions", "policy_violations")  # fmt: skip


def _sums_of(pairs: Sequence[Pair]) -> Mapping[str, int]:
    return {name: _whole(sum(pair.own[name] for pair in pairs)) for name in _DAY_SUMS}


def _reliability(lines: Sequence[Line]) -> Summary | None:
    """What the service said of days that nobody altered; None where none was watched."""
    watched = [line.reliability for line in lines if line.arm == WATCHED]
    if not watched:
        return None
    bins = add_up(watched)
    error = calibration_error(bins)
    return {
        "days": len(watched),
        "ece": None if error is None else round(error, 4),
        "bins": [
            {"scores": n, "said": round(said / n, 4) if n else None, "came": round(late / n, 4) if n else None}
            for n, said, late in bins
        ],
    }


def _missing(failure: Failure) -> Summary:
    cell = failure.cell
    return {"day": cell.label, "seed": cell.seed, "arm": str(cell.arm), "why": failure.why}


def _notes(compared: Comparison, arms: Sequence[str], missing: Sequence[Summary]) -> list[str]:
    """What a reader has to know before he believes a figure."""
    notes = []
    if compared.size < ENOUGH_PAIRS:
        notes.append(f"{compared.size} paired day-seeds are too few for a claim: at least {ENOUGH_PAIRS} make one")
    if compared.size and len({pair.day for pair in compared.pairs[Arm.DO_NOTHING]}) < 2:
        notes.append("one day alone: intervals are over its seeds and say nothing of other days")
    if ORACLE not in compared.pairs:
        notes.append("no run of the oracle: gap_closed is null")
    if Arm.FORESTALL not in compared.pairs:
        notes.append("no run of forestall: gap_closed and failed_avoided, which are its, are null")
    if (mean := gap_closed(compared.pairs.get(Arm.FORESTALL, ())).mean) is not None and mean > _SUSPECT:
        notes.append(f"more than {_SUSPECT:.0%} of the gap closed: suspect the oracle, or a leak")
    if missing:
        absent = [arm for arm in arms if arm not in compared.pairs]
        gone = f"; no run at all of {', '.join(absent)}" if absent else ""
        notes.append(f"{len(missing)} runs are missing: day-seeds without one are in no figure{gone}")
    return notes
