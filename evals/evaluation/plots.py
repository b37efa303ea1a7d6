"""The report's plots, drawn from the summary and one case's story."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from evals.arms import Arm
from evals.evaluation.pairs import ORACLE
from evals.evaluation.svg import Scale, bar, dot, figure, label, line, path

Summary = Mapping[str, Any]

_WIDTH = 640
_TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def plot_reliability(reliability: Summary) -> str:
    """What was said against what came: the area of a dot is its number of scores, and the diagonal is perfect."""
    x, y = Scale(0, 1, 60, 400), Scale(0, 1, 350, 20)
    parts = [line(x.at(0), y.at(0), x.at(1), y.at(1), "guide")]
    for tick in _TICKS:
        parts += [line(x.at(tick), 350, x.at(tick), 355), label(x.at(tick), 370, f"{tick:.0%}", anchor="middle")]
        parts += [line(55, y.at(tick), 60, y.at(tick)), label(50, y.at(tick) + 4, f"{tick:.0%}", anchor="end")]
    parts += [line(60, 350, 400, 350), line(60, 350, 60, 20)]
    known = [one for one in reliability["bins"] if one["scores"]]
    parts.append(path([(x.at(one["said"]), y.at(one["came"])) for one in known], "trace arm-forestall"))
    most = max((one["scores"] for one in known), default=1)
    for one in known:
        hint = f"said {one['said']:.1%}, came {one['came']:.1%}, {one['scores']} forecasts"
        radius = 3 + 9 * (one["scores"] / most) ** 0.5
        parts.append(dot(x.at(one["said"]), y.at(one["came"]), radius, "fill arm-forestall", hint))
    parts += [label(230, 395, "P(late) as forecast", anchor="middle"), label(60, 12, "share that was late")]
    error = reliability["ece"]
    parts += [
        label(430, 60, f"ECE {error:.3f}", "big"),
        label(430, 84, f"{sum(one['scores'] for one in known):,} forecasts"),
        label(430, 104, f"on {reliability['days']} days nobody altered"),
    ]
    return figure(_WIDTH, 405, f"Reliability of P(late), expected calibration error {error:.3f}", parts)


def plot_gap_by_day(summary: Summary, arm: str) -> str:
    """By day, the share of the gap to the oracle that the arm closed; of doing nothing's misses without an oracle."""
    rows = sorted(
        ((_closed(day["arms"], arm), day) for day in summary["by_day"]), key=lambda row: (-(row[0] or 0), row[1]["day"])
    )
    x, height = Scale(-0.5, 1.25, 170, 470), 30 + 20 * len(rows)
    parts = [line(x.at(share), 22, x.at(share), height, "guide") for share in (-0.5, 0.0, 0.5, 1.0)]
    parts += [label(x.at(share), 14, f"{share:.0%}", anchor="middle") for share in (-0.5, 0.0, 0.5, 1.0)]
    for number, (closed, day) in enumerate(rows):
        top, arms = 26 + 20 * number, day["arms"]
        left, right = sorted((x.at(0), x.at(closed or 0.0)))
        kind = "fill arm-forestall" if (closed or 0) >= 0 else "fill worse"
        parts += [label(160, top + 11, _short(day["day"]), anchor="end"), bar(left, top, right - left, 14, kind)]
        best = f", oracle {arms[ORACLE]['missed_0']}" if ORACLE in arms else ""
        words = f"{arms[Arm.DO_NOTHING]['missed_0']} → {arms[arm]['missed_0']}{best}"
        parts.append(label(480, top + 11, words))
    parts.append(line(x.at(0), 22, x.at(0), height))
    return figure(_WIDTH, height + 4, "Share of the gap closed, by day", parts)


def plot_cost(summary: Summary) -> str:
    """Each arm's on-time rate against what a delivery costs: up and to the left is better."""
    points = {
        name: (arm["kpis"]["cost_per_delivery"], arm["on_time_rate"], arm["intervals"]["on_time_rate"])
        for name, arm in summary["arms"].items()
        if arm["kpis"]["cost_per_delivery"] is not None
    }
    costs, rates = [cost for cost, _, _ in points.values()], [rate for _, rate, _ in points.values()]
    lows = [span["low"] for _, _, span in points.values() if span["low"] is not None]
    highs = [span["high"] for _, _, span in points.values() if span["high"] is not None]
    x = Scale(*_around(costs, 0.25), 70, 470)
    y = Scale(*_around([*rates, *lows, *highs], 0.005), 300, 20)
    parts = [line(70, 300, 470, 300), line(70, 300, 70, 20)]
    for step in range(5):
        cost, rate = x.low + step / 4 * (x.high - x.low), y.low + step / 4 * (y.high - y.low)
        parts += [line(x.at(cost), 300, x.at(cost), 305), label(x.at(cost), 320, f"€ {cost:.2f}", anchor="middle")]
        parts += [line(65, y.at(rate), 70, y.at(rate)), label(60, y.at(rate) + 4, f"{rate:.1%}", anchor="end")]
    for name, (cost, rate, span) in points.items():
        if span["low"] is not None and span["high"] is not None:
            parts.append(line(x.at(cost), y.at(span["low"]), x.at(cost), y.at(span["high"]), f"whisker arm-{name}"))
        parts.append(dot(x.at(cost), y.at(rate), 6, f"fill arm-{name}", f"{name}: € {cost:.2f}, {rate:.1%} on time"))
    for number, (name, (cost, rate, _)) in enumerate(points.items()):  # the key, beside the plot: names never collide
        top = 40 + 34 * number
        parts += [dot(495, top, 6, f"fill arm-{name}"), label(508, top + 4, name)]
        parts.append(label(508, top + 18, f"{rate:.1%}, € {cost:.2f}", "small"))
    parts += [label(270, 345, "cost of a delivery", anchor="middle"), label(70, 12, "on time")]
    return figure(_WIDTH, 355, "On-time rate against the cost of a delivery, by arm", parts)


_LANES = ("opened", "planned", "asked", "decided", "sent", "closed")


def plot_timeline(events: Sequence[Mapping[str, Any]]) -> str:
    """One case from its opening on, a lane for each kind of event; the same events stand in words beside it."""
    first, last = events[0]["at"], max(events[-1]["at"], events[0]["at"] + 60)
    x = Scale(first, last, 90, 620)
    parts = []
    for lane, name in enumerate(_LANES):
        top = 24 + 28 * lane
        parts += [label(80, top + 4, name, anchor="end"), line(90, top, 620, top, "guide")]
    for event in events:
        top = 24 + 28 * _LANES.index(event["what"])
        parts.append(
            dot(x.at(event["at"]), top, 6, f"fill event-{event['what']}", f"{clock(event['at'])} {event['text']}")
        )
    bottom = 24 + 28 * len(_LANES)
    for step in range(5):
        at = first + step / 4 * (last - first)
        parts += [
            line(x.at(at), bottom - 14, x.at(at), bottom - 9),
            label(x.at(at), bottom + 6, clock(at), anchor="middle"),
        ]
    return figure(_WIDTH, bottom + 14, "Timeline of one case", parts)


def clock(at: float) -> str:
    """A moment as a buyer reads it, in UTC."""
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M")


def _closed(arms: Mapping[str, Mapping[str, int]], arm: str) -> float | None:
    """The share closed on one day; None where there was nothing to close."""
    nothing = arms[Arm.DO_NOTHING]["missed_0"]
    gap = nothing - arms[ORACLE]["missed_0"] if ORACLE in arms else nothing
    return (nothing - arms[arm]["missed_0"]) / gap if gap > 0 else None


def _around(values: Sequence[float], least: float) -> tuple[float, float]:
    """A span with some room about the values."""
    low, high = min(values), max(values)
    room = max(0.15 * (high - low), least)
    return low - room, high + room


def _short(day: str) -> str:
    return day.removeprefix("ORTEC-VRPTW-ASYM-")[:22]
