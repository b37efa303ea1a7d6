"""``forestall bench growth``: how the repair's cost grows, and how long a solve keeps the event loop waiting."""

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer

from evals.repair_growth import first_plan_growth, growth_exponent, measure_stalls, sub_problem_growth


def bench_growth(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout and nothing else.")] = False,
) -> None:
    """Measure the first plan in growing fleets, a sub-problem in two of them, and the event loop beside every rung."""
    rows, part, stalls = first_plan_growth(), sub_problem_growth(), measure_stalls()
    if as_json:
        report = {
            "first": [asdict(row) for row in rows],
            "first_exponent": growth_exponent(rows),
            "sub_problem": {**asdict(part), "ratio": part.ratio},
            "stalls": [asdict(stall) for stall in stalls],
        }
        sys.stdout.write(json.dumps(report) + "\n")
        return
    for row in rows:
        print(f"first plan, {row.at_risk} stops at risk of {row.fleet_stops}: {row.cpu_ms:.2f} CPU ms")
    print(f"first plan grows with (at risk x fleet stops) to the power of {growth_exponent(rows):.2f}")
    print(f"sub-problem: {part.small_ms:.0f} CPU ms; fleet five times as large: {part.large_ms:.0f}; {part.ratio:.2f}")
    for stall in stalls:
        print(f"event loop, {stall.rung}: kept waiting {stall.stall_ms:.0f} ms at most; idle {stall.idle_ms:.0f}")
