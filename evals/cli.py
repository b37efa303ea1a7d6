"""The commands that play days: ``forestall simulate``, ``demo`` and ``bench city`` (mounted by ``forestall.cli``)."""

import json
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from evals.arms import Arm, play
from evals.benchmarks import run_benchmarks
from evals.days import read_day
from evals.demo import run_demo
from evals.metrics import describe
from evals.people import People
from evals.profile import load_profile
from evals.rehearsal import rehearse as rehearse_days
from forestall.settings import Settings

ProfileOption = Annotated[
    Path | None,
    typer.Option("--profile", help="A disruption profile (YAML), or the name of one in evals/profiles. [default]"),
]
PeopleOption = Annotated[
    People, typer.Option("--people", help="The simulated dispatcher: approves, vetoes, or never answers.")
]
_HEADLINES = (
    "stops", "kept", "late", "undone", "failed", "moved_by_us", "broken", "broken_by_doing_nothing", "saved", "harmed",
    "over_60_min", "announced", "on_time_rate", "first_attempt_rate", "lateness_s", "travel_s", "stops_moved",
    "messages", "cases", "decisions", "waiting_for_people", "policy_violations", "wall_s", "cpu_s",
)  # fmt: skip


def simulate(
    day: Annotated[
        Path, typer.Argument(help="A day: VRPLIB with its .sol beside it, JSON, CSV folder, or city[:SEED].")
    ],
    arm: Annotated[Arm, typer.Option(help="What watches over the day.")] = Arm.FORESTALL,
    seed: Annotated[int, typer.Option(help="Which truth the day has in store.", min=0)] = 1,
    profile: ProfileOption = None,
    people: PeopleOption = People.APPROVE,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout and nothing else.")] = False,
) -> None:
    """Play a day in virtual time through the service's own ingest, and print what became of its promises."""
    rules = load_profile(profile)
    plan = read_day(day, rules)
    progress = Console(stderr=True)
    progress.print(f"{plan.day}: {len(plan.stops)} stops, {len(plan.routes)} routes, arm {arm}, seed {seed}")
    baseline = play(plan, Arm.DO_NOTHING, seed, rules)
    run = baseline if arm is Arm.DO_NOTHING else play(plan, arm, seed, rules, people)
    report = describe(run, baseline)
    if as_json:
        sys.stdout.write(json.dumps(report) + "\n")
    else:
        _print_table(report)


def bench_city(
    seed: Annotated[int, typer.Option(help="Which city.", min=0)] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout and nothing else.")] = False,
) -> None:
    """Measure the engines on the city's day, each beside a baseline in the same run."""
    comparisons = run_benchmarks(seed)
    if as_json:
        rows = [{**asdict(comparison), "ratio": comparison.ratio} for comparison in comparisons]
        sys.stdout.write(json.dumps({"city": seed, "comparisons": rows}) + "\n")
        return
    for one in comparisons:
        print(f"{one.name}: {one.ours:.4g} {one.unit}; {one.baseline_name}: {one.baseline:.4g}; ratio {one.ratio:.2f}")


def rehearse(
    day: Annotated[list[Path], typer.Argument(help="Days to take in turn: VRPLIB, JSON, CSV folder, or city[:SEED].")],
    days: Annotated[int, typer.Option(help="How many days to play.", min=1, max=400)] = 1,
    first: Annotated[int, typer.Option(help="Days after the plan's own date that the first one is.", min=0)] = 0,
    seed: Annotated[int, typer.Option(help="Which truth; every day has one of its own.", min=0)] = 1,
    profile: ProfileOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout and nothing else.")] = False,
) -> None:
    """Play days one after another into the configured database, watched and never acted on, for the risk model."""
    rules = load_profile(profile)
    plans = [read_day(one, rules) for one in day]
    progress = Console(stderr=True)
    played = []
    for one in rehearse_days(plans, rules, Settings(), first, days, seed):
        progress.print(f"{one.day}: {one.late} of {one.stops} stops late, {one.frames} forecasts kept")
        played.append(asdict(one))
    if as_json:
        sys.stdout.write(json.dumps({"days": played}) + "\n")


def demo(
    port: Annotated[int, typer.Option(help="Port of the server that is started.", min=1, max=65535)] = 8000,
    rate: Annotated[float, typer.Option(help="Virtual seconds for each real one.", min=1, max=600)] = 60.0,
    seed: Annotated[int, typer.Option(help="Which city, and which truth its day has in store.", min=0)] = 1,
    profile: ProfileOption = None,
    minutes: Annotated[float | None, typer.Option(help="End after so many virtual minutes.", min=1)] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Keep the server's data here. [a temporary folder]")] = None,
) -> None:
    """Play the built-in city's day in quick time against a real server. Approve and veto at the printed address."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ended from outside, the server is ended too
    report = run_demo(
        port, rate, seed, load_profile(profile), minutes, data_dir, say=lambda text: print(text, flush=True)
    )
    _print_table(report)


def _print_table(report: dict[str, object]) -> None:
    table = Table(title=f"{report['day']}, arm {report['arm']}, seed {report['seed']}", show_header=False)
    for key in _HEADLINES:
        table.add_row(key.replace("_", " "), str(report[key]))
    actions = report["actions"]
    assert isinstance(actions, dict)
    for kind, count in actions.items():
        table.add_row(f"  {kind}", str(count))
    violations = report["violations"]
    assert isinstance(violations, list)
    for violation in violations:
        table.add_row("violation", str(violation))
    Console().print(table)
