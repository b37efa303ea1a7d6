"""Lines of a log made up for tests: counts by outcome, without a day played."""

from collections.abc import Callable

import pytest

from evals.evaluation.lines import Line


def _line(day: str, seed: int, arm: str, outcomes: str, **figures: float) -> Line:
    """``outcomes``: a letter for each stop (K kept, L a minute late, U undone, F failed, M moved by us)."""
    counts = {name: outcomes.count(letter) for name, letter in zip(_NAMES, "KLUFM", strict=True)}
    stops = {f"S{number}": "L60" if letter == "L" else letter for number, letter in enumerate(outcomes)}
    delivered = counts["kept"] + counts["late"]
    numbers = {
        "stops": len(outcomes), "broken": len(outcomes) - counts["kept"], "delivered": delivered, **counts,
        **dict.fromkeys(_ZEROS, 0), "travel_s": 1000, "cost_cents": 1000 * delivered, "word_kept": counts["kept"],
        "shift_s": 36_000, "service_s": 100, "zone_km2": 4.0, "planned_after_s": [], **figures,
    }  # fmt: skip
    return Line(f"{day}/{seed}/{arm}", day, seed, arm, numbers, stops)


_NAMES = ("kept", "late", "undone", "failed", "moved_by_us")
_ZEROS = (
    "announced", "over_60_min", "late_over_5_min", "late_over_15_min", "lateness_s", "stops_moved", "messages", "cases",
    "decisions", "handled", "resolved_alone", "human_decisions", "human_minutes", "expected_gain", "busiest_zone",
    "policy_violations", "cancelled", "custody_errors", "parked_events",
)  # fmt: skip


@pytest.fixture
def line() -> Callable[..., Line]:
    return _line
