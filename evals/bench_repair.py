"""``forestall bench repair``: which files, which seeds, whom to run; a table for people, or one JSON object."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from evals.repair_bench import custody, growth, one_route
from evals.repair_bench.case import RepairCase, make_case
from evals.repair_bench.days import Day, list_files, read_days
from evals.repair_bench.run import Outcome, require_peers, run_case, warm_up
from evals.repair_bench.rungs import RungName, engine
from evals.repair_bench.summary import with_sizes
from forestall.errors import BadInput, ForestallError, Problem

Say = Callable[..., None]

# Of the cases of the table, so many are looked at for one route alone and for growth: they would take as long again.
_ROUTES_ALONE, _FLEETS_GROWN = 12, 3
_COLUMNS = ("misses", "saved_share", "j_gap", "moved", "cpu_ms", "vroom_cpu_ratio", "vroom_quick_cpu_ratio")


def bench_repair(
    folder: Annotated[Path, typer.Argument(help="VRPLIB or Solomon files, each with its .sol plan if there is one.")],
    rungs: Annotated[str, typer.Option(help="Which engines, with commas between: first, second, ortools.")] = (
        "first,second,ortools"
    ),
    seeds: Annotated[str, typer.Option(help="Which disruptions each day meets, A-B or one number.")] = "1-3",
    peers: Annotated[bool, typer.Option("--peers", help="VROOM and PyVRP too (an extra: forestall[peers]).")] = False,
    breakdowns: Annotated[int, typer.Option(help="Breakdowns with goods staying where they are.", min=1)] = 24,
    long_runs: Annotated[int, typer.Option(help="Of these, how many are held against a long run.", min=0)] = 6,
    cache: Annotated[Path, typer.Option(help="Plans made for days without one are kept here.")] = Path("var/plans"),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout and nothing else.")] = False,
) -> None:
    """Repair seeded disruptions of real days with every engine, side by side, and print what each left and cost."""
    names, numbers = _rungs(rungs), _seeds(seeds)
    if peers:
        require_peers()
    say = Console(stderr=True, highlight=False).print
    days = _days(folder, cache, say)
    outcomes = _run(days, numbers, names, peers, say)
    report = with_sizes(outcomes) | _more(days, outcomes, names, breakdowns, long_runs, say)
    if as_json:
        sys.stdout.write(json.dumps(report) + "\n")
    else:
        _print(report)


def _rungs(text: str) -> list[RungName]:
    known = [name.value for name in RungName]
    asked = [part.strip() for part in text.split(",") if part.strip()]
    unknown = [part for part in asked if part not in known]
    if unknown or not asked:
        problem = Problem("--rungs", f"{', '.join(unknown) or 'nothing'} is no engine", f"use {', '.join(known)}")
        raise BadInput("No such engine.", [problem])
    return [RungName(part) for part in dict.fromkeys(asked)]


def _seeds(text: str) -> range:
    first, _, last = text.partition("-")
    try:
        numbers = range(int(first), int(last or first) + 1)
    except ValueError:
        numbers = range(0)
    if not numbers or numbers[0] < 0:
        raise BadInput("No seeds.", [Problem("--seeds", f"{text} is no range", "write 1-3, or one number")])
    return numbers


def _days(folder: Path, cache: Path, say: Say) -> list[Day]:
    """The days of the folder that can be used; the others are told."""
    days = []
    for day in read_days(list_files(folder), cache):
        if isinstance(day, ForestallError):
            say(f"left out: {_faults(day)}", style="yellow")
        else:
            days.append(day)
    if not days:
        problem = Problem(str(folder), "no file of it can be used", "give VRPLIB or Solomon files with time windows")
        raise BadInput("There is nothing to measure.", [problem])
    return days


def _faults(error: ForestallError) -> str:
    problems = error.problems if isinstance(error, BadInput) else ()
    return "; ".join([error.message, *(f"{p.place}: {p.message}" for p in problems[:3])])


def _run(days: list[Day], seeds: range, names: list[RungName], peers: bool, say: Say) -> list[Outcome]:
    outcomes = []
    warm_up(make_case(days[0], seeds[0]), names, peers)
    for number, day in enumerate(days, start=1):
        for seed in seeds:
            outcome = run_case(make_case(day, seed), names, peers)
            left = {name: entry.score.misses for name, entry in (outcome.rungs | outcome.peers).items()}
            say(
                f"{number}/{len(days)} {outcome.case.name}: {outcome.do_nothing.misses} misses by doing nothing, {left}"
            )
            outcomes.append(outcome)
    return outcomes


def _more(
    days: list[Day], outcomes: list[Outcome], names: list[RungName], breakdowns: int, long_runs: int, say: Say
) -> dict[str, Any]:
    """Custody, one route alone, and growth."""

    def tell(case: RepairCase, one: custody.Rescue) -> None:
        say(f"custody, {case.name}: {one.do_nothing} misses by doing nothing, {one.misses}, faults {one.faults}")

    engines = {name.value: engine(name) for name in names}
    rescues = custody.play(custody.breakdowns(days, breakdowns), engines, long_runs, tell)
    alone = one_route.routes_alone(outcome.case for outcome in outcomes)[:_ROUTES_ALONE]
    say(f"one route alone: {len(alone)}")
    of_day = {day.name: day for day in days}
    hubs = [outcome.case for outcome in outcomes if outcome.case.size == "hub"][:_FLEETS_GROWN]
    say(f"fleets grown fivefold: {len(hubs)}")
    grown = [(of_day[case.day], case) for case in hubs]
    return {
        "custody": custody.summarise(rescues),
        "one_route": one_route.summarise([one_route.measure(case) for case in alone]) if alone else None,
        "growth": {
            name.value: {
                **growth.exponent(outcomes, name.value),
                "fivefold_fleet_cpu": growth.fleet_ratio(grown, name),
            }
            for name in names
        },
    }


def _print(report: dict[str, Any]) -> None:
    for title, figures in ({"all": report} | report["sizes"]).items():
        heading = (
            f"{title}: {figures['cases']} cases of {figures['open_stops']:.0f} open stops; doing nothing leaves "
            f"{figures['do_nothing_misses']:.2f} misses, the oracle {figures['oracle_misses']:.2f}"
        )
        table = Table("", *(name.replace("_", " ") for name in _COLUMNS), title=heading, title_justify="left")
        for name, row in (figures["rungs"] | figures["peers"]).items():
            table.add_row(name, *(str(row.get(column, "")) for column in _COLUMNS))
        Console(width=120).print(table)
    for name in ("custody", "one_route", "growth"):
        for part, figures in _lines(name, report[name]):
            print(f"{part}: " + ", ".join(f"{key.replace('_', ' ')} {value}" for key, value in figures.items()))


def _lines(name: str, figures: dict[str, Any] | None) -> list[tuple[str, dict[str, Any]]]:
    """A part of the report as lines: its own figures, then those of each engine."""
    if figures is None:
        return []
    rungs = figures.get("rungs", figures if name == "growth" else {})
    own = {key: value for key, value in figures.items() if not isinstance(value, dict)}
    heading = name.replace("_", " ")
    return ([(heading, own)] if own else []) + [(f"{heading}, {rung}", row) for rung, row in rungs.items()]
