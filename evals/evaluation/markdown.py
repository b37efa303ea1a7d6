"""The evaluation as Markdown: the form in which figures go into the README."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from evals.arms import Arm

Summary = Mapping[str, Any]

_COLUMNS: tuple[tuple[str, Callable[[Summary], object]], ...] = (
    ("broken", lambda arm: f"{arm['broken']} ({percent(arm['broken'], arm['stops'])})"),
    ("late", lambda arm: arm["late"]),
    ("undone", lambda arm: arm["undone"]),
    ("failed", lambda arm: arm["failed"]),
    ("moved by us", lambda arm: arm["moved_by_us"]),
    ("announced", lambda arm: arm["announced"]),
    ("saved", lambda arm: arm["saved"]),
    ("harmed", lambda arm: arm["harmed"]),
    ("over 60 min", lambda arm: arm["over_60_min"]),
    ("stops moved", lambda arm: arm["moved"]),
    ("driving", lambda arm: change(arm["intervals"]["travel_ratio"]["mean"])),
    ("messages", lambda arm: arm["messages"]),
    ("alone", lambda arm: f"{100 * arm['resolved_alone_share']:.0f} %"),
    ("decisions per 100", lambda arm: f"{arm['human_decisions_per_100_stops']:.2f}"),
    ("human min", lambda arm: f"{arm['human_minutes']:.0f}"),
    ("violations", lambda arm: arm["policy_violations"]),
)


def markdown(summary: Summary) -> str:
    """The arms side by side, what is claimed with its intervals, each day, and what has to be known beside it."""
    parts = [_arms(summary), _claims(summary), _days(summary), _notes(summary)]
    return "\n\n".join(part for part in parts if part)


def headline(summary: Summary) -> str:
    """What was played, in a line."""
    levers = summary["levers"]
    pulled = [f"{name.replace('_', ' ')} {minutes}" for name, minutes in levers.items() if minutes]
    seeds = summary["seeds"]
    numbers = f"seeds {seeds[0]} to {seeds[-1]}" if len(seeds) > 1 else f"seed {seeds[0]}"
    days = f"{summary['days']} day{'s' if summary['days'] != 1 else ''}"
    return (
        f"Profile {summary['profile']}, {days}, {numbers}, "
        f"{summary['pairs']} day-seeds{', ' + ', '.join(pulled) if pulled else ''}"
    )


def percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def change(ratio: float | None) -> str:
    """1.2 as +20 %."""
    return "-" if ratio is None else f"{100 * (ratio - 1):+.1f} %"


def share(interval: Mapping[str, float | None]) -> str:
    """``72 % (65 to 80)``; a dash where it can't be said."""
    mean, low, high = (interval[name] for name in ("mean", "low", "high"))
    if mean is None:
        return "-"
    return f"{100 * mean:.0f} %" + (
        f" ({100 * low:.0f} to {100 * high:.0f})" if low is not None and high is not None else ""
    )


def _arms(summary: Summary) -> str:
    rows = [[name, arm["stops"], *(cell(arm) for _, cell in _COLUMNS)] for name, arm in summary["arms"].items()]
    return (
        f"{headline(summary)}.\n\n{_table(['arm', 'stops', *(title for title, _ in _COLUMNS)], rows)}" if rows else ""
    )


def _claims(summary: Summary) -> str:
    rows = []
    for name, beside in summary["by_arm"].items():
        own = summary["arms"][name]["intervals"]
        rows.append([
            name, *(share(beside["gap_closed"][grace]) for grace in ("0", "5", "15")), share(own["missed_avoided"]),
            share(beside["failed_avoided"]), share(own["harmed_of_saved"]), _times(own["over_60_ratio"]),
        ])  # fmt: skip
    titles = ["arm", "gap closed", "5 min of grace", "15 min", "late and undone avoided", "failed avoided",
              "harmed of saved", "over 60 min, times doing nothing's"]  # fmt: skip
    return f"With 95 % intervals over days:\n\n{_table(titles, rows)}" if rows else ""


def _times(interval: Mapping[str, float | None]) -> str:
    mean, low, high = (interval[name] for name in ("mean", "low", "high"))
    if mean is None:
        return "-"
    return f"{mean:.2f}" + (f" ({low:.2f} to {high:.2f})" if low is not None and high is not None else "")


def _days(summary: Summary) -> str:
    """The day by day table, of doing nothing and Forestall where both were played, else of the arms there are."""
    others = [arm for arm in summary["arms"] if arm != Arm.DO_NOTHING]
    if not others or not summary["by_day"]:
        return ""
    shown = Arm.FORESTALL if Arm.FORESTALL in others else others[0]
    titles = ["day", "seeds", "stops", "broken, doing nothing", f"broken, {shown}", "saved", "harmed", "over 60 min",
              "announced", "stops moved", "driving", "messages", "decisions", "of people", "violations"]  # fmt: skip
    return _table(titles, [_day_row(day, shown) for day in summary["by_day"]])


def _day_row(day: Summary, shown: str) -> list[object]:
    nothing, own = day["arms"][Arm.DO_NOTHING], day["arms"][shown]
    stops = nothing["stops"]
    return [
        day["day"].removeprefix("ORTEC-VRPTW-ASYM-"), day["seeds"], stops,
        f"{nothing['broken']} ({percent(nothing['broken'], stops)})",
        f"{own['broken']} ({percent(own['broken'], stops)})",
        own["saved"], own["harmed"], own["over_60_min"], own["announced"], own["stops_moved"],
        change(own["travel_s"] / nothing["travel_s"] if nothing["travel_s"] else None),
        own["messages"], own["decisions"], own["human_decisions"], own["policy_violations"],
    ]  # fmt: skip


def _notes(summary: Summary) -> str:
    lines = [f"- {note}" for note in summary["notes"]]
    lines += [f"- missing: {gap['day']} seed {gap['seed']} {gap['arm']}: {gap['why']}" for gap in summary["missing"]]
    return "\n".join(lines)


def _table(titles: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    heads = list(titles)
    lines = ["| " + " | ".join(heads) + " |", "| --- " + "| ---: " * (len(heads) - 1) + "|"]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)
