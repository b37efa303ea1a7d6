"""``forestall bench risk`` (mounted by ``forestall.cli``)."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from evals.risk_bench.report import as_json_values, print_report
from evals.risk_bench.running import run_sets


def bench_risk(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder of data sets, each in a folder of its own.")],
    test: Annotated[
        Path | None,
        typer.Option(help="The same sets' later days: learn from all of DIR, judge on these. [the last 30 % of DIR]"),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the draws and of the trees.", min=0)] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout and nothing else.")] = False,
) -> None:
    """Learn from older days, judge on newer ones, beside carrying the present state forward and the simulation alone.

    Nothing of a judged day is learned from before that day is over; trees are grown once, on the older days alone.
    """
    results = run_sets(folder, test, seed, say=lambda text: print(text, file=sys.stderr, flush=True))
    if as_json:
        sys.stdout.write(json.dumps(as_json_values(results)) + "\n")
    else:
        print_report(results)
