"""What is to be played: one cell for each day, seed and arm, and the key under which its run is kept."""

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from evals.arms import Arm
from evals.days import is_city
from evals.levers import Levers
from evals.people import People
from evals.profile import Profile
from forestall.errors import BadInput, Problem
from forestall.intake.vrplib import find_solution

WATCHED = "watched"
"""Not an arm: the day as it goes by itself, forecast by the service, for the reliability of what it says."""

_SOURCES = ("agent", "api", "evals", "forestall", "optimizer", "policies", "tools")
_SUFFIXES = (".py", ".yaml", ".cedar", ".cedarschema", ".json")
# What only compares and shows runs may change without their being played again; what a line of the log holds may not.
_ONLY_SHOWS = "evals/evaluation"
_LINE_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Setting:
    """What all cells of an evaluation share."""

    profile: Profile
    levers: Levers
    people: People


@dataclass(frozen=True, slots=True)
class Cell:
    """One run to be played: a day under a seed and an arm (or ``WATCHED``)."""

    day: Path
    seed: int
    arm: str

    @property
    def label(self) -> str:
        """What the evaluation calls the day."""
        name = self.day.name
        for suffix in (".gz", ".txt", ".vrp", ".json"):
            name = name.removesuffix(suffix)
        return name


def make_cells(days: Iterable[Path], seeds: Iterable[int], arms: Iterable[str]) -> list[Cell]:
    """Every day under every seed and arm, day by day, so that a day's plan is made once."""
    numbers, names = list(seeds), list(arms)
    return [Cell(day, seed, arm) for day in days for seed in numbers for arm in names]


def key_of(cell: Cell, setting: Setting) -> str:
    """The name of a run with all that it depends on: the day's content, seed, profile, arm, levers, people, code and
    the service's settings in the environment."""
    parts = [
        _LINE_FORMAT, cell.label, _digest_of_day(cell.day), cell.seed, cell.arm, setting.profile.model_dump_json(),
        setting.levers.as_json(), str(setting.people), code_version(), _settings(),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]


@cache
def code_version() -> str:
    """The hash of every source file a run depends on: a run of other code is another run."""
    root = Path(__file__).parents[2]
    digest = hashlib.sha256()
    for folder in _SOURCES:
        for path in sorted((root / folder).rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.suffix in _SUFFIXES and not name.startswith((f"{_ONLY_SHOWS}/", _RELEASES)):
                digest.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


_RELEASES = "evals/releases/"


@cache
def _digest_of_day(day: Path) -> str:
    """The hash of a day's files; the built-in city is its own name."""
    if is_city(day):
        return str(day)
    beside = find_solution(day) if day.is_file() else None
    files = sorted(path for path in day.rglob("*") if path.is_file()) if day.is_dir() else [day]
    digest = hashlib.sha256()
    for path in [*files, *([beside] if beside else [])]:
        try:
            digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
        except OSError as error:
            raise BadInput(
                "A day can't be read.", [Problem(str(path), str(error), "name a readable file, folder, or city:SEED")]
            ) from error
    return digest.hexdigest()


def _settings() -> list[tuple[str, str]]:
    """The service's settings, and what is in the file of recorded answers if they name one."""
    named = {name: value for name, value in os.environ.items() if name.startswith("FORESTALL_")}
    traces = Path(named["FORESTALL_LLM_TRACES"]) if named.get("FORESTALL_LLM_TRACES") else None
    if traces is not None and traces.is_file():
        named["FORESTALL_LLM_TRACES"] = hashlib.sha256(traces.read_bytes()).hexdigest()
    return sorted(named.items())


def read_arms(text: str) -> list[Arm]:
    """``do-nothing,forestall`` as arms, each once. Raises BadInput naming what is none."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    known = [arm.value for arm in Arm]
    problems = [
        Problem("--arms", f"{name!r} is no arm", f"use {', '.join(known)}") for name in names if name not in known
    ]
    if not names:
        problems.append(Problem("--arms", "names none", f"use {', '.join(known)}"))
    if problems:
        raise BadInput("The arms can't be read.", problems)
    return [Arm(name) for name in dict.fromkeys(names)]
