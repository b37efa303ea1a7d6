"""``forestall bench resolve``: from an event to the committed action."""

import json
import logging
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console

from evals.days import read_day
from evals.proofs.all import prove_all
from evals.resolving import Reaction, eventful, measure_day
from forestall.collector import collect_less, keep_memory


def bench_resolve(
    day: Annotated[
        Path, typer.Argument(help="A day of about 300 stops: VRPLIB with its .sol, JSON, CSV folder, or city[:SEED].")
    ] = Path("city"),
    seeds: Annotated[int, typer.Option(help="Play it under the seeds 1 to this.", min=1, max=100)] = 2,
    proofs: Annotated[
        bool, typer.Option("--proofs", help="Instead: what must never happen, tried on real processes and databases.")
    ] = False,
    size: Annotated[int, typer.Option(help="Waiting cases, and races, of the proofs.", min=1, max=10_000)] = 1000,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout and nothing else.")] = False,
) -> None:
    """Play a day full of breakdowns, late loads and hold-ups; seconds from each event to what was decided on it."""
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # it warns of steps that outlast their interval
    if proofs:
        raise typer.Exit(_prove(size, as_json))
    keep_memory()
    collect_less()
    profile = eventful()
    plan = read_day(day, profile)
    progress, began = Console(stderr=True), time.process_time()
    reactions: list[Reaction] = []
    for seed in range(1, seeds + 1):
        reactions += measure_day(plan, profile, seed)
        progress.print(f"{plan.day}: {len(plan.stops)} stops, seed {seed}: {len(reactions)} cases so far")
    report = summarise(reactions)
    if as_json:
        sys.stdout.write(json.dumps(report) + "\n")
        return
    print(f"{report['cases']} cases that an event opened, {report['automatic']} resolved alone")
    print(f"event to commit, s: half within {report['p50_s']}, 95 % within {report['p95_s']}, all in {report['max_s']}")
    cpu = [one.cpu_s for one in reactions if one.cpu_s is not None]
    if cpu:
        half, most = np.quantile(cpu, (0.5, 0.95))
        print(
            f"of it CPU seconds of this process: half within {half:.2f}, 95 % within {most:.2f}, all in {max(cpu):.2f}"
        )
    print(f"the whole play took {time.process_time() - began:.0f} CPU s")


def _prove(size: int, as_json: bool) -> int:
    """The exit code: 1 when a proof fails."""
    progress, found = Console(stderr=True), []
    for name, database, result in prove_all(size):
        found.append({"proof": name, "database": database, "holds": result.holds, **asdict(result)})
        progress.print(found[-1])
    if as_json:
        sys.stdout.write(json.dumps({"proofs": found}) + "\n")
    return 0 if all(one["holds"] for one in found) else 1


def summarise(reactions: Sequence[Reaction]) -> dict[str, object]:
    """``cases, automatic, p50_s, p95_s, max_s``; the times are null when nothing was resolved alone."""
    seconds = [one.seconds for one in reactions if one.automatic and one.seconds is not None]
    p50, p95 = np.quantile(seconds, (0.5, 0.95)) if seconds else (None, None)
    return {
        "cases": len(reactions),
        "automatic": len(seconds),
        "p50_s": None if p50 is None else round(float(p50), 3),
        "p95_s": None if p95 is None else round(float(p95), 3),
        "max_s": round(max(seconds), 3) if seconds else None,
    }
