"""The figures that are told with an interval: each a ratio of two sums over day-seeds (docs/metrics.md)."""

from collections.abc import Callable, Mapping, Sequence

from evals.evaluation.bootstrap import Interval, mean_interval, ratio_interval
from evals.evaluation.pairs import GRACES, Pair

Part = Callable[[Pair], float]


def _own(name: str) -> Part:
    return lambda pair: pair.own[name]


def _nothing(name: str) -> Part:
    return lambda pair: pair.nothing[name]


def _avoided(name: str) -> Part:
    return lambda pair: pair.nothing[name] - pair.own[name]


def _attempted(pair: Pair) -> float:
    return pair.own["delivered"] + pair.own["failed"]


RATIOS: Mapping[str, tuple[Part, Part]] = {
    "on_time_rate": (_own("kept"), _own("stops")),
    "first_attempt_rate": (_own("delivered"), _attempted),
    "promise_kept": (_own("word_kept"), _own("stops")),
    "broken_avoided": (_avoided("broken"), _nothing("broken")),
    "missed_avoided": (_avoided("missed_0"), _nothing("missed_0")),
    "failed_avoided": (_avoided("failed"), _nothing("failed")),
    "harmed_of_saved": (_own("harmed"), _own("saved")),
    "over_60_ratio": (_own("over_60_min"), _nothing("over_60_min")),
    "travel_ratio": (_own("travel_s"), _nothing("travel_s")),
    "cost_per_delivery": (lambda pair: pair.own["cost_cents"] / 100, _own("delivered")),
    "messages_per_customer": (_own("messages"), _own("stops")),
    "human_decisions_per_100_stops": (lambda pair: 100 * pair.own["human_decisions"], _own("stops")),
    "resolved_alone_share": (_own("resolved_alone"), _own("handled")),
    "alarm_precision": (_own("alarms_right"), _own("alarms")),
    "alarm_recall": (_own("alarms_right"), _own("alarms_due")),
}


def intervals(pairs: Sequence[Pair]) -> dict[str, Interval]:
    """Every ratio of an arm."""
    days = [pair.day for pair in pairs]
    return {
        name: ratio_interval([part(pair) for pair in pairs], [whole(pair) for pair in pairs], days)
        for name, (part, whole) in RATIOS.items()
    }


def gap_closed(pairs: Sequence[Pair], grace_min: int = 0) -> Interval:
    """(do-nothing - arm) / (do-nothing - oracle) in missed promises; all None where no oracle was played."""
    assert grace_min in GRACES
    name = f"missed_{grace_min}"
    if not pairs or any(pair.oracle is None for pair in pairs):
        return Interval(None, None, None)
    closed = [pair.nothing[name] - pair.own[name] for pair in pairs]
    gap = [pair.nothing[name] - pair.oracle[name] for pair in pairs if pair.oracle is not None]
    return ratio_interval(closed, gap, [pair.day for pair in pairs])


def fewer_broken(pairs: Sequence[Pair]) -> Interval:
    """Promises that are not broken, against doing nothing, in a day."""
    return mean_interval([pair.nothing["broken"] - pair.own["broken"] for pair in pairs], [p.day for p in pairs])
