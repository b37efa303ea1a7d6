"""What the last release did, and whether this code does significantly worse on the same day-seeds.

Kept is a small JSON for each evaluation: broken promises of doing nothing and of Forestall by day and seed. A day-seed
on which doing nothing breaks another number than then is another day: the simulation has changed, and what was kept
says nothing about it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from evals.arms import Arm
from evals.evaluation.bootstrap import Interval, mean_interval
from evals.evaluation.pairs import Pair, put_side_by_side
from forestall.errors import BadInput, Problem

_COMPARABLE = 0.9  # of the kept day-seeds, the least that must still be the same days


class _Kept(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class KeptRun(_Kept):
    """Broken promises of one day-seed."""

    day: str
    seed: int
    stops: int
    nothing: int
    broken: int


class Release(_Kept):
    """An evaluation as it was when ``release`` was made."""

    release: str
    profile: str
    levers: dict[str, int]
    runs: tuple[KeptRun, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """``more_broken``: promises broken a day-seed more than then. ``problems`` are why the gate is shut; none: open."""

    release: str
    pairs: int
    more_broken: Interval
    problems: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "release": self.release,
            "pairs": self.pairs,
            "more_broken_a_day": self.more_broken.as_json(),
            "problems": list(self.problems),
        }


def read_release(path: Path) -> Release:
    """A kept evaluation. Raises BadInput when the file is none."""
    try:
        return Release.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError, ValueError) as error:
        problem = Problem(str(path), str(error), "name a file that forestall eval --keep has written")
        raise BadInput("The last release's result can't be read.", [problem]) from error


def release_of(name: str, summary: dict[str, Any], pairs: Sequence[Pair]) -> Release:
    """This evaluation, to be kept under the release's name."""
    runs = tuple(
        KeptRun(
            day=pair.day, seed=pair.seed, stops=round(pair.own["stops"]), nothing=round(pair.nothing["broken"]),
            broken=round(pair.own["broken"]),
        )
        for pair in pairs
    )  # fmt: skip
    return Release(release=name, profile=summary["profile"], levers=summary["levers"], runs=runs)


def write_release(path: Path, release: Release) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(release.model_dump(), indent=1) + "\n", encoding="utf-8")


def judge(release: Release, summary: dict[str, Any], pairs: Sequence[Pair]) -> Verdict:
    """Shut for: another setting, days that are no longer the same, more promises broken than chance explains, or any
    violation of policy."""
    then = {(run.day, run.seed): run for run in release.runs}
    both = [(pair, then[pair.day, pair.seed]) for pair in pairs if (pair.day, pair.seed) in then]
    same = [(pair, run) for pair, run in both if _is_same_day(pair, run)]
    more = mean_interval([pair.own["broken"] - run.broken for pair, run in same], [pair.day for pair, _ in same])
    return Verdict(release.release, len(same), more, tuple(_problems(release, summary, pairs, len(same), more)))


def _is_same_day(pair: Pair, run: KeptRun) -> bool:
    return (pair.own["stops"], pair.nothing["broken"]) == (run.stops, run.nothing)


def _problems(release: Release, summary: dict[str, Any], pairs: Sequence[Pair], same: int, more: Interval) -> list[str]:
    problems = []
    if (summary["profile"], summary["levers"]) != (release.profile, release.levers):
        problems.append(f"{release.release} was kept for profile {release.profile} and levers {release.levers}")
    if same < _COMPARABLE * len(release.runs):
        problems.append(
            f"only {same} of the {len(release.runs)} kept day-seeds were played and are still the same days: "
            "play them all, or keep a new result where the simulation has changed"
        )
    if more.low is not None and more.low > 0:
        problems.append(f"{more.mean:.2f} promises a day-seed more are broken than by {release.release}, surely")
    violations = round(sum(pair.own["policy_violations"] for pair in pairs))
    if violations:
        problems.append(f"{violations} violations of policy")
    return problems


def service_pairs(summary_lines: Sequence[Any], arms: Sequence[str]) -> Sequence[Pair]:
    """Forestall's day-seeds beside doing nothing."""
    return put_side_by_side(summary_lines, arms).pairs.get(Arm.FORESTALL, ())
