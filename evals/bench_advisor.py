"""``forestall bench advisor``: that a language model which is down, slow or hostile does no harm."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from evals.advised_days import WITHOUT, AdvisedDay, play_advised
from evals.days import read_day
from evals.profile import load_profile


def bench_advisor(
    day: Annotated[
        Path,
        typer.Argument(help="A day: VRPLIB with its .sol beside it, JSON, CSV folder, or city[:SEED[xCUSTOMERS]]."),
    ] = Path("city:1x40"),
    seed: Annotated[int, typer.Option(help="Which truth the day has in store.", min=0)] = 13,
    profile: Annotated[
        Path, typer.Option(help="A disruption profile (YAML), or the name of one in evals/profiles.")
    ] = Path("breakdowns"),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout and nothing else.")] = False,
) -> None:
    """Play a day without a language model, and beside one that misbehaves in one way at a time.

    The day played by default is a small one on which a model is asked three times: two vans break down.

    Exit code 1 where a useless one changed the day, where a rule was broken, where what a model preferred was carried
    out without a person's answer, or where no model was ever asked, which would prove nothing.
    """
    rules = load_profile(profile)
    plan = read_day(day, rules)
    progress = Console(stderr=True, highlight=False, soft_wrap=True)
    progress.print(f"{plan.day}: {len(plan.stops)} stops, {len(plan.routes)} routes, seed {seed}")
    days: list[AdvisedDay] = []
    for one in play_advised(plan, rules, seed):
        days.append(one)
        progress.print(_line(one))
    holds = proves(days)
    if as_json:
        rows = [{**asdict(one), "holds": one.holds} for one in days]
        sys.stdout.write(json.dumps({"day": plan.day, "seed": seed, "holds": holds, "models": rows}) + "\n")
    else:
        for one in days:
            print(_line(one))
        print("no harm done" if holds else "NOT PROVED: see above" if _was_asked(days) else "NOT PROVED: never asked")
    raise typer.Exit(0 if holds else 1)


def proves(days: Sequence[AdvisedDay]) -> bool:
    """Whether every day holds, and every model really was to be asked on it."""
    return all(one.holds for one in days) and _was_asked(days)


def _was_asked(days: Sequence[AdvisedDay]) -> bool:
    return all(one.consulted > 0 for one in days if one.model != WITHOUT)


def _line(one: AdvisedDay) -> str:
    if one.model == WITHOUT:
        return f"{one.model}: {len(one.violations)} rules broken"
    changed = f"differs in {', '.join(one.differs)}" if one.differs else "the same day"
    return (
        f"{'ok  ' if one.holds else 'HARM'} {one.model}: to be asked {one.consulted} times, {one.requests} requests,"
        f" used {one.used} ({one.reordered} in another order), waited {one.longest_wait_s:.2f} s at most; {changed};"
        f" {len(one.violations)} rules broken, {one.alone} carried out without an answer"
    )
