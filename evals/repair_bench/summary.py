"""From outcomes to the figures that are printed: means per case, by engine and by size."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

from evals.repair_bench.run import Entry, Outcome

Figures = dict[str, Any]


def summarise(outcomes: Sequence[Outcome]) -> Figures:
    """Means per case. ``saved_share`` is of the misses the oracle saves; ``j_gap`` over the least J of anybody."""
    do_nothing = _mean(outcome.do_nothing.misses for outcome in outcomes)
    oracle = _mean(outcome.oracle.misses for outcome in outcomes)
    return {
        "cases": len(outcomes),
        "do_nothing_misses": round(do_nothing, 3),
        "oracle_misses": round(oracle, 3),
        "open_stops": round(_mean(len(outcome.case.visits) for outcome in outcomes), 1),
        "rungs": _engines(outcomes, lambda outcome: outcome.rungs, do_nothing - oracle),
        "peers": _engines(outcomes, lambda outcome: outcome.peers, do_nothing - oracle),
    }


def with_sizes(outcomes: Sequence[Outcome]) -> Figures:
    """The figures of all cases, and of the hub's and the large ones apart."""
    by_size = {size: [o for o in outcomes if o.case.size == size] for size in ("hub", "large")}
    sizes = {size: summarise(some) for size, some in by_size.items() if some}
    return {**summarise(outcomes), "sizes": sizes}


def _engines(
    outcomes: Sequence[Outcome], of: Callable[[Outcome], Mapping[str, Entry]], savable: float
) -> dict[str, Figures]:
    return {name: _figures(outcomes, name, of, savable) for name in of(outcomes[0])}


def _figures(
    outcomes: Sequence[Outcome], name: str, of: Callable[[Outcome], Mapping[str, Entry]], savable: float
) -> Figures:
    entries = [of(outcome)[name] for outcome in outcomes]
    saved = _mean(o.do_nothing.misses - e.score.misses for o, e in zip(outcomes, entries, strict=True))
    gaps = (e.score.objective / o.best_objective - 1 for o, e in zip(outcomes, entries, strict=True))
    figures: Figures = {
        "misses": round(_mean(entry.score.misses for entry in entries), 3),
        "saved_share": round(saved / savable, 4) if savable > 0 else 1.0,
        "j_gap": round(_mean(gaps), 4),
        "moved": round(_mean(entry.score.moved for entry in entries), 2),
        "cpu_ms": round(1000 * _mean(entry.cpu_s for entry in entries), 3),
        "infeasible": sum(entry.score.violations > 0 for entry in entries),
    }
    for peer in ("vroom", "vroom_quick"):
        theirs = [outcome.peers[peer].cpu_s for outcome in outcomes if peer in outcome.peers]
        if theirs:
            figures[f"{peer}_cpu_ratio"] = round(_mean(theirs) / _mean(entry.cpu_s for entry in entries), 1)
    return figures


def _mean(values: Iterable[float]) -> float:
    return fmean(values)
