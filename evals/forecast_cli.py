"""``forestall bench forecast``: how right the forecasts of simulated days are that nobody alters."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from evals.days import list_days, read_day, read_seeds
from evals.forecast_accuracy import Scored, join, report, score_day
from evals.profile import load_profile
from evals.watching import watch
from forestall.errors import BadInput, Problem
from optimizer.risk import Forecaster

_COLUMNS = ("n", "late_rate", "p_late", "auc", "brier_skill", "ece", "miss_ece", "coverage_80")
_CARRIED = ("carried auc", "skill", "ece")
_HEADINGS = ("part", "scores", "late", "said", "auc", "skill", "ece", "miss ece", "80 % held", *_CARRIED)


def bench_forecast(
    folder: Annotated[Path, typer.Argument(help="A folder of days.", exists=True, file_okay=False)],
    seeds: Annotated[str, typer.Option(help="Truths to play each day under: A-B, or one.")] = "1",
    every_min: Annotated[int, typer.Option(help="Forecast every so many minutes.", min=1)] = 10,
    samples: Annotated[int, typer.Option(help="Monte Carlo samples, a multiple of 64.", min=64)] = 256,
    profile: Annotated[Path | None, typer.Option(help="A disruption profile (YAML). [default day]")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout and nothing else.")] = False,
) -> None:
    """Play every day of a folder doing nothing, forecast it as it goes, and judge the forecasts by what came of it."""
    days = list_days(folder)
    if not days:
        problem = Problem(str(folder), "holds no day", "name a folder with .txt, .txt.gz, .vrp or .json days")
        raise BadInput("There is nothing to forecast.", [problem])
    chosen = read_seeds(seeds)
    parts = report(join(_play(days, chosen, profile, samples, every_min * 60.0)))
    if as_json:
        sys.stdout.write(json.dumps({"days": len(days), "seeds": chosen, "parts": parts}) + "\n")
    else:
        _print_table(parts)


def _play(days: list[Path], seeds: list[int], profile: Path | None, samples: int, every_s: float) -> Iterator[Scored]:
    rules, forecaster, progress = load_profile(profile), Forecaster(samples=samples), Console(stderr=True)
    for day in days:
        plan = read_day(day, rules)
        for seed in seeds:
            watched = watch(plan, rules, seed, forecaster, every_s)
            progress.print(f"{plan.day} seed {seed}: {len(watched.pictures)} forecasts")
            yield score_day(watched)


def _print_table(parts: dict[str, dict[str, object]]) -> None:
    """A line a part, whole however narrow the terminal is."""
    lines = [_HEADINGS, *(tuple(map(str, row)) for row in _rows(parts))]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADINGS))]
    for line in lines:
        print("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)))


def _rows(parts: dict[str, dict[str, object]]) -> Iterator[tuple[object, ...]]:
    for name, part in parts.items():
        carried = part["carry_over"]
        assert isinstance(carried, dict)
        yield (name, *(part[column] for column in _COLUMNS), *carried.values())
