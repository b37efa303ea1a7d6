"""Just enough of SVG for the report's plots: text in, text out, colours by class so that the page's theme decides."""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps ``low`` to ``high`` evenly onto pixels ``start`` to ``end``; what lies outside is drawn at the edge."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + min(1.0, max(0.0, share)) * (self.end - self.start), 1)


def figure(width: int, height: int, title: str, parts: Iterable[str]) -> str:
    """A picture that scales with its column and is named for who can't see it."""
    inner = "\n".join(parts)
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{escape(title)}">\n{inner}\n</svg>'


def line(x1: float, y1: float, x2: float, y2: float, kind: str = "axis") -> str:
    return f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" class="{kind}"/>'


def bar(x: float, y: float, width: float, height: float, kind: str) -> str:
    return f'<rect x="{x:g}" y="{y:g}" width="{max(width, 0.5):g}" height="{height:g}" rx="2" class="{kind}"/>'


def dot(x: float, y: float, radius: float, kind: str, hint: str = "") -> str:
    told = f"<title>{escape(hint)}</title>" if hint else ""
    return f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" class="{kind}">{told}</circle>'


def path(points: Iterable[tuple[float, float]], kind: str) -> str:
    steps = " ".join(f"{'L' if place else 'M'}{x:g} {y:g}" for place, (x, y) in enumerate(points))
    return f'<path d="{steps}" class="{kind}"/>'


def label(x: float, y: float, text: str, kind: str = "label", anchor: str = "start") -> str:
    return f'<text x="{x:g}" y="{y:g}" class="{kind}" text-anchor="{anchor}">{escape(text)}</text>'
