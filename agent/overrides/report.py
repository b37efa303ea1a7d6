"""The report on overrides: who was right how often, by reason, kind of case, hub and role, and what follows from it.

By role, never by person: a figure about one worker is none of this report's business, and so a role that is filled by
fewer than three people is not told apart from others like it.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from agent.overrides.evidence import Evidence, weigh
from agent.overrides.suggestions import ALPHA, LEAST_CASES, LEAST_DAYS, Suggestion, suggest
from agent.overrides.which import OVERRIDES
from forestall.domain.overrides import OverrideScore
from forestall.store import UnitOfWork

NOBODY, FEW = "nobody", "roles of fewer than three people"
_LEAST_PEOPLE = 3

_BY: Mapping[str, Callable[[OverrideScore], str]] = {
    "verdict": lambda score: score.verdict.value,
    "reason": lambda score: score.reason.value if score.reason else "NONE",
    "case_kind": lambda score: score.case_kind.value,
    "hub": lambda score: score.hub_id,
}


@dataclass(frozen=True, slots=True)
class OverridesReport:
    """``by`` holds the evidence for each value of each of the report's headings. ``unscored`` overrides wait for their
    day to end; ``without_routes`` were about messages alone, which cannot be driven again. ``tested``: how many groups
    had cases and days enough for a rule to be looked for."""

    as_of: datetime
    since: datetime | None
    all: Evidence | None
    by: Mapping[str, Mapping[str, Evidence]]
    suggestions: tuple[Suggestion, ...]
    tested: int
    unscored: int
    without_routes: int


def read_overrides_report(uow: UnitOfWork, now: datetime, since: datetime | None = None) -> OverridesReport:
    """The overrides decided before ``now``, and after ``since``, that have been scored."""
    scores = uow.overrides.list(since, now)
    driven = [score for score in scores if score.stops]
    suggestions, tested = suggest(driven)
    names = {role: _role_name(uow, role) for role in {score.role for score in driven}}
    return OverridesReport(
        as_of=now,
        since=since,
        all=weigh(driven) if driven else None,
        by={
            **{heading: _weighed(driven, key) for heading, key in _BY.items()},
            "role": _weighed(driven, lambda score: names[score.role]),
        },
        suggestions=tuple(suggestions),
        tested=tested,
        unscored=sum(map(len, uow.overrides.list_unscored(OVERRIDES).values())),
        without_routes=len(scores) - len(driven),
    )


def _role_name(uow: UnitOfWork, role: str) -> str:
    if not role:
        return NOBODY
    return role if uow.overrides.count_people(role) >= _LEAST_PEOPLE else FEW


def _weighed(scores: Iterable[OverrideScore], key: Callable[[OverrideScore], str]) -> dict[str, Evidence]:
    groups: dict[str, list[OverrideScore]] = {}
    for score in scores:
        groups.setdefault(key(score), []).append(score)
    return {name: weigh(groups[name]) for name in sorted(groups)}


def describe_overrides_report(report: OverridesReport) -> dict[str, object]:
    """As JSON values."""
    return {
        "as_of": report.as_of.isoformat(),
        "since": report.since.isoformat() if report.since else None,
        "all": asdict(report.all) if report.all else None,
        **{f"by_{heading}": {k: asdict(v) for k, v in found.items()} for heading, found in report.by.items()},
        "suggestions": [_describe(suggestion) for suggestion in report.suggestions],
        "tested": report.tested,
        "least_cases": LEAST_CASES,
        "least_days": LEAST_DAYS,
        "alpha": ALPHA,
        "unscored": report.unscored,
        "without_routes": report.without_routes,
    }


def _describe(suggestion: Suggestion) -> dict[str, object]:
    group = suggestion.group
    return {
        "says": suggestion.says,
        "cedar": suggestion.cedar,
        "autonomy": group.autonomy.value,
        "case_kind": group.case_kind.value,
        "kinds": list(group.kinds),
        "hub": group.hub_id,
        "p_value": suggestion.p_value,
        "evidence": asdict(suggestion.evidence),
    }


def rows_of(report: OverridesReport) -> Sequence[tuple[str, ...]]:
    """For a table: heading, value, cases, right, even, wrong, promises both ways, and what each case gained."""
    found = [("all", "", report.all)] if report.all else []
    found += [(heading, name, weighed) for heading, values in report.by.items() for name, weighed in values.items()]
    return [
        (
            heading, name, str(one.cases), str(one.right), str(one.even), str(one.wrong), str(one.kept_done),
            str(one.kept_proposed), f"{one.gained:+.2f} ({one.gained_low:+.2f} to {one.gained_high:+.2f})",
        )
        for heading, name, one in found
    ]  # fmt: skip
