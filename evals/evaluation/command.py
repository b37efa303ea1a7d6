"""``forestall eval``: read what is asked for, play it, and tell what came of it."""

import json
import os
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from evals.arms import Arm
from evals.days import is_city, list_days, read_seeds
from evals.evaluation.cells import WATCHED, Cell, Setting, key_of, make_cells, read_arms
from evals.evaluation.lines import Line
from evals.evaluation.log import RunLog
from evals.evaluation.markdown import markdown
from evals.evaluation.release import judge, read_release, release_of, service_pairs, write_release
from evals.evaluation.report import render_report
from evals.evaluation.running import run_cells
from evals.evaluation.summary import summarise, with_timings
from evals.levers import read_levers
from evals.people import People
from evals.profile import load_profile
from forestall.errors import BadInput, Problem

ALL_ARMS = ",".join(arm.value for arm in Arm)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What came of it: the object to print, the runs behind it, and whether anything is amiss."""

    summary: dict[str, Any]
    lines: Sequence[Line]
    is_sound: bool


def evaluate(
    days: Annotated[
        list[Path], typer.Option("--days", help="A folder of days, one day, or city:SEED; may be given again.")
    ],
    seeds: Annotated[str, typer.Option(help="Truths to play each day under: A-B, or one.")] = "1",
    arms: Annotated[str, typer.Option(help="What to compare, commas between; do-nothing is always played.")] = ALL_ARMS,
    profile: Annotated[str | None, typer.Option(help="A profile's name, or a YAML file. [default day]")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout and nothing else.")] = False,
    report: Annotated[Path | None, typer.Option(help="Write a self-contained HTML report here.")] = None,
    depart: Annotated[str | None, typer.Option(help="earlier:15 lets every route leave 15 minutes earlier.")] = None,
    slack: Annotated[int, typer.Option(help="Make the first plan again with so many minutes of room.", min=0)] = 0,
    people: Annotated[People, typer.Option(help="How the simulated dispatcher behaves.")] = People.APPROVE,
    log: Annotated[Path, typer.Option(help="Runs are kept here; started again, it goes on.")] = Path("var/eval.jsonl"),
    workers: Annotated[int | None, typer.Option(help="Runs played at the same time. [one a core]", min=1)] = None,
    limit: Annotated[int | None, typer.Option(help="The first so many days alone.", min=1)] = None,
    against: Annotated[Path | None, typer.Option(help="Fail where this kept result was surely better.")] = None,
    keep: Annotated[Path | None, typer.Option(help="Keep this result, for --against.")] = None,
    timings: Annotated[bool, typer.Option("--timings", help="With the CPU seconds of a run of each arm.")] = False,
) -> None:
    """Play days under several seeds and arms, and tell what acting saved and cost, with intervals.

    Exit code 1 when a run is missing or the result is surely worse than the one it is held against.
    """
    rules = load_profile(Path(profile) if profile is not None else None)
    setting = Setting(rules, read_levers(depart, slack), people)
    kept = read_release(against) if against is not None else None
    chosen = [Arm.DO_NOTHING, *(arm for arm in read_arms(arms) if arm is not Arm.DO_NOTHING)]
    numbers, files = read_seeds(seeds), _list_days(days)[:limit]
    cells = make_cells(files, numbers, chosen)
    if report is not None:
        cells += [Cell(day, numbers[0], WATCHED) for day in files]
    done = _play(cells, setting, log, workers, chosen, numbers)
    summary, is_sound = done.summary, done.is_sound
    pairs = service_pairs(done.lines, chosen)
    if kept is not None:
        verdict = judge(kept, summary, pairs)
        summary, is_sound = {**summary, "against": verdict.as_json()}, is_sound and not verdict.problems
    if keep is not None:
        write_release(keep, release_of(version("forestall"), summary, pairs))
    if report is not None:
        report.write_text(render_report(summary, done.lines), encoding="utf-8")
    _print(with_timings(summary, done.lines) if timings else summary, as_json=as_json)
    if not is_sound:
        raise typer.Exit(1)


def _play(
    cells: Sequence[Cell], setting: Setting, log: Path, workers: int | None, arms: Sequence[Arm], seeds: Sequence[int]
) -> Evaluation:
    say = Console(stderr=True, highlight=False, soft_wrap=True).print
    with closing(RunLog(log)) as runs:
        failures = run_cells(cells, setting, runs, workers or os.cpu_count() or 1, say)
        lines = runs.list([key_of(cell, setting) for cell in cells])
    return Evaluation(summarise(lines, failures, arms, seeds, setting), lines, not failures)


def _list_days(places: Sequence[Path]) -> list[Path]:
    """Folders of days taken apart, single days as they are. Raises BadInput where there is nothing to play."""
    files: list[Path] = []
    problems = []
    for place in places:
        is_folder = place.is_dir() and not any(place.glob("*.csv"))  # a folder of CSV tables is one day
        inside = list_days(place) if is_folder else []
        if is_folder and not inside:
            problems.append(Problem(str(place), "holds no day", "name a folder with .txt, .txt.gz, .vrp or .json days"))
        elif not is_folder and not place.exists() and not is_city(place):
            problems.append(Problem(str(place), "is not there", "name a folder of days, a day, or city:SEED"))
        files += inside if is_folder else [place]
    if problems:
        raise BadInput("There is nothing to play.", problems)
    return list(dict.fromkeys(files))


def _print(summary: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(summary) + "\n")
        return
    sys.stdout.write(markdown(summary) + "\n")
    if "against" in summary:
        held = summary["against"]
        words = "; ".join(held["problems"]) or "no significant loss"
        sys.stdout.write(f"\nAgainst {held['release']} on {held['pairs']} day-seeds: {words}\n")
    for arm, spent in summary.get("timings", {}).items():
        sys.stdout.write(f"{arm}: {spent['cpu_s']} CPU s a run, {spent['cpu_s_max']} at most\n")
