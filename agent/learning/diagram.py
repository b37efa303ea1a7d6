"""Reliability diagrams as inline SVG, and the report as HTML: no script, no font, nothing fetched.

Colours and lines follow the page around them (``currentColor`` and classes), every diagram says in words what it shows,
and a table beside it has the same numbers.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from html import escape

from agent.learning.in_force import COLD_START
from agent.learning.kinds import WORDS
from agent.learning.report import Point, Reliability, Report, lead_words, say_in_force
from forestall.domain.learning import DriftState, StoredModel

_SIZE, _LEFT, _BOTTOM, _RIGHT = 240, 54, 28, 18  # the plotted square, and the room for labels, in units of the view box
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)

_STYLE = """
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 0 auto; padding: 1rem; }
table { border-collapse: collapse; } caption { text-align: left; font-weight: 600; }
th, td { text-align: left; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid; font-weight: normal; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.reliability { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; margin-bottom: 2rem; }
.reliability svg { width: 19rem; max-width: 100%; height: auto; } .reliability > div { flex: 1 1 18rem; min-width: 0; }
.scroll { overflow-x: auto; } .worse { font-weight: 700; } .figures :is(th, td) { white-space: nowrap; }
.models td:last-child { white-space: normal; min-width: 16rem; }
.sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
"""


def render_page(report: Report) -> str:
    """The report as one HTML file that stands alone."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Calibration · Forestall</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        f"{render_body(report)}\n</main>\n</body>\n</html>\n"
    )


def render_body(report: Report) -> str:
    """The report's content, for a page that has its own head."""
    as_of = _minute(report.as_of)
    named = "; ".join(
        f"{WORDS[one.kind]} by <strong>{escape(one.used or COLD_START)}</strong>" for one in report.in_force
    )
    refused = [one for one in report.in_force if one.refusals]
    return "\n".join(
        [
            "<h1>Calibration of the forecast</h1>",
            f"<p>As of {escape(as_of)} UTC, over {report.window_days:g} days. In force: {named}. "
            "When the forecast says 30 %, three in ten should be late: points on the dashed line keep their "
            "word, points above it were too hopeful. Bars are what chance alone allows (95 %). Stops that somebody "
            "acted on after the score are left out.</p>",
            *(f'<p class="worse">In force: {escape(say_in_force(one))}.</p>' for one in refused),
            _drift_section(report.drift),
            *(_reliability_section(one) for one in report.diagrams),
            "" if report.diagrams else "<p>No finished stop has been graded yet.</p>",
            _models_section(report.models),
        ]
    )


def reliability_svg(one: Reliability, name: str) -> str:
    """The diagram; ``name`` is unique on the page. Areas of the points grow with the number of scores."""
    most = max(point.n for point in one.points)
    marks = "".join(_mark(point, most) for point in one.points)
    grid = "".join(_tick(value) for value in _TICKS)
    x0, y0, x1, y1 = *_at(0, 0), *_at(1, 1)
    return (
        f'<svg viewBox="0 0 {_LEFT + _SIZE + _RIGHT} {_SIZE + _BOTTOM + 12}" role="img" '
        f'aria-labelledby="{name}-title {name}-text" fill="none" stroke="currentColor" font-size="11">'
        f'<title id="{name}-title">{escape(_heading(one))}</title>'
        f'<desc id="{name}-text">{escape(_in_words(one))}</desc>'
        f'{grid}<line x1="{x0}" y1="{y0}" x2="{x1}" y2="{y1}" stroke-dasharray="4 4"/>{marks}'
        f'<text x="{_LEFT + _SIZE / 2}" y="{_SIZE + _BOTTOM + 8}" text-anchor="middle" fill="currentColor" '
        'stroke="none">said: P(late)</text>'
        f'<text transform="translate(10 {_SIZE / 2 + 6}) rotate(-90)" text-anchor="middle" fill="currentColor" '
        'stroke="none">came: share late</text></svg>'
    )


def _at(x: float, y: float) -> tuple[float, float]:
    return round(_LEFT + x * _SIZE, 1), round(6 + (1 - y) * _SIZE, 1)


def _tick(value: float) -> str:
    (x, bottom), (left, y) = _at(value, 0), _at(0, value)
    right, top = _LEFT + _SIZE, 6
    return (
        f'<line x1="{x}" y1="{bottom}" x2="{x}" y2="{top}" opacity=".2"/>'
        f'<line x1="{left}" y1="{y}" x2="{right}" y2="{y}" opacity=".2"/>'
        f'<text x="{x}" y="{bottom + 14}" text-anchor="middle" fill="currentColor" stroke="none">{value:.0%}</text>'
        f'<text x="{left - 4}" y="{y + 4}" text-anchor="end" fill="currentColor" stroke="none">{value:.0%}</text>'
    )


def _mark(point: Point, most: int) -> str:
    x, y = _at(point.said, point.came)
    low, high = _at(0, point.low)[1], _at(0, point.high)[1]
    radius = round(2 + 5 * (point.n / most) ** 0.5, 1)
    return (
        f'<line x1="{x}" y1="{low}" x2="{x}" y2="{high}"/>'
        f'<circle cx="{x}" cy="{y}" r="{radius}" fill="currentColor" stroke="none"/>'
    )


def _heading(one: Reliability) -> str:
    return f"{one.hub_id or 'All hubs'}, {lead_words(one.lead_min)} ahead"


def _in_words(one: Reliability) -> str:
    points = "; ".join(f"said {point.said:.0%}, came {point.came:.0%} of {point.n}" for point in one.points)
    return f"Reliability of {one.model} over {one.standing.n} stops: {points}."


def _reliability_section(one: Reliability) -> str:
    name = f"r-{'all' if one.hub_id is None else ''.join(c if c.isalnum() else '-' for c in one.hub_id)}-{one.lead_min}"
    judged = one.standing
    coverage = "–" if judged.coverage is None else f"{judged.coverage:.1%} (at least {judged.coverage_limit:.1%})"
    rows = [
        (f"{point.said:.1%}", f"{point.came:.1%}", f"{point.low:.1%} to {point.high:.1%}", str(point.n))
        for point in one.points
    ]
    return (
        f'<section class="panel"><h2 id="{name}">{escape(_heading(one))}</h2><div class="reliability">'
        f"{reliability_svg(one, name)}<div>"
        f"<p>{escape(one.model)}: ECE {judged.ece:.3f} (at most {judged.ece_limit:.3f}), "
        f"arrival interval held {coverage}, {judged.n} stops.</p>"
        + _table("What was said and what came", ("said", "came late", "by chance", "stops"), rows, name)
        + "</div></div></section>"
    )


def _drift_section(states: Sequence[DriftState]) -> str:
    rows = [
        (
            state.hub_id,
            lead_words(state.lead_min),
            "drifting: a person decides" if state.is_drifting else "calibrated",
            _minute(state.since),
            f"{state.ece:.3f} / {state.ece_limit:.3f}",
            "–" if state.coverage is None else f"{state.coverage:.1%} / {state.coverage_limit:.1%}",
            str(state.n),
        )
        for state in states
    ]
    headings = ("hub", "ahead", "stands", "since", "ECE / at most", "interval held / at least", "stops")
    table = (
        _table("Drift by hub and lead time", headings, rows, "drift", is_named=False)
        if rows
        else "<p>Not yet judged.</p>"
    )
    return f'<section class="panel"><h2>Drift</h2>{table}</section>'


def _models_section(models: Sequence[StoredModel]) -> str:
    rows = [
        (
            model.id,
            WORDS[model.kind],
            model.status.value.lower(),
            _minute(model.trained_at),
            f"{model.trained_on.get('scores')} scores",
            _minute(model.decided_at) if model.decided_at else "–",
            model.decided_by or "–",
            model.why or "–",
        )
        for model in models
    ]
    headings = ("model", "foretells", "status", "trained", "on", "promoted", "by", "because")
    table = (
        _table("Models", headings, rows, "models", is_named=False)
        if rows
        else "<p>None has been trained: cold start.</p>"
    )
    return f'<section class="panel models"><h2>Models</h2>{table}</section>'


def _minute(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%d %H:%M")


def _table(
    caption: str, headings: Sequence[str], rows: Iterable[Sequence[str]], name: str, *, is_named: bool = True
) -> str:
    """``is_named``: the caption is shown, not only read out (where a heading above says the same)."""
    shown = "" if is_named else ' class="sr"'
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in headings)
    body = "".join(
        "<tr>"
        + f'<th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="scroll figures" tabindex="0" role="region" aria-label="{escape(caption)} ({name})">'
        f"<table><caption{shown}>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
