"""The evaluation as one HTML file that needs nothing else: for a buyer, who did not play the days."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from evals.arms import Arm
from evals.evaluation import plots
from evals.evaluation.lines import Line
from evals.evaluation.markdown import change, headline, percent
from evals.evaluation.pairs import ORACLE
from evals.outcomes import Outcome
from forestall.domain.ids import StopId

_TEMPLATES = Path(__file__).parent
_WORDS = {
    Outcome.KEPT: "kept", Outcome.LATE: "late", Outcome.UNDONE: "undone", Outcome.FAILED: "nobody there",
    Outcome.MOVED_BY_US: "moved to another time",
}  # fmt: skip

Shown = dict[str, Any]


def render_report(summary: Mapping[str, Any], lines: Sequence[Line]) -> str:
    """The page. ``summary`` is the evaluation's JSON, ``lines`` the runs behind it (for one case's story)."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"change": change, "clock": plots.clock}
    arms = [arm for arm in summary["arms"] if arm != Arm.DO_NOTHING]
    shown = Arm.FORESTALL if Arm.FORESTALL in arms else next(iter(arms), None)
    page = environment.get_template("report.html.j2")
    return page.render(
        summary=summary,
        headline=headline(summary),
        percent=percent,
        shown=shown,
        has_oracle=ORACLE in summary["arms"],
        plots=_plots(summary, shown),
        story=_story(lines),
    )


def _plots(summary: Mapping[str, Any], shown: str | None) -> dict[str, Markup]:
    """What can be drawn of these runs, by name; the drawing escapes its own texts."""
    drawn = {}
    if summary["reliability"] is not None and summary["reliability"]["ece"] is not None:
        drawn["reliability"] = plots.plot_reliability(summary["reliability"])
    if shown is not None and summary["by_day"]:
        drawn["gap"] = plots.plot_gap_by_day(summary, shown)
    if any(arm["kpis"]["cost_per_delivery"] is not None for arm in summary["arms"].values()):
        drawn["cost"] = plots.plot_cost(summary)
    return {name: Markup(text) for name, text in drawn.items()}  # noqa: S704


def _story(lines: Sequence[Line]) -> Shown | None:
    """The case in which acting was expected to keep most promises, with what then came of its stops."""
    told = [line for line in lines if line.arm == Arm.FORESTALL and line.story is not None]
    if not told:
        return None
    best = max(told, key=lambda line: (line.story or {})["gain"])
    assert best.story is not None
    nothing = next(
        (one for one in lines if (one.day, one.seed, one.arm) == (best.day, best.seed, Arm.DO_NOTHING)), None
    )
    return {
        **best.story,
        "day": best.day,
        "seed": best.seed,
        "plot": Markup(plots.plot_timeline(best.story["events"])),  # noqa: S704
        "stops": [
            {**stop, "nothing": _word(nothing, stop["stop"]), "own": _word(best, stop["stop"])}
            for stop in best.story["stops"]
        ],
    }


def _word(line: Line | None, stop: str) -> str:
    """What became of a stop, in words; a dash for one that is no promise."""
    outcome = line.judged.get(StopId(stop)) if line is not None else None
    if outcome is None:
        return "-"
    late = f" by {outcome.lateness_s / 60:.0f} min" if outcome.lateness_s > 0 else ""
    return f"{_WORDS[outcome.outcome]}{late}"
