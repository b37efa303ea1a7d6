"""``forestall bench sweep``: what a sweep of so many stops costs."""

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer

from evals.sweep_accuracy import measure_accuracy
from evals.sweep_bench import measure
from optimizer.kernel import SEARCH_SAMPLES


def _check_samples(samples: int) -> int:
    if samples % SEARCH_SAMPLES:
        raise typer.BadParameter(f"{samples} is not a multiple of {SEARCH_SAMPLES}")
    return samples


def bench_sweep(
    stops: Annotated[int, typer.Option(help="Open stops of the made-up state.", min=1, max=1_000_000)] = 100_000,
    samples: Annotated[
        int, typer.Option(help="Monte Carlo samples, a multiple of 64.", min=64, max=8192, callback=_check_samples)
    ] = 512,
    accuracy: Annotated[
        bool, typer.Option("--accuracy", help="Also the error of P(late) against 100,000 samples, on the city's day.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout and nothing else.")] = False,
) -> None:
    """Measure a sweep of a made-up state: CPU seconds of one core, peak memory, one route's what-if."""
    figures = measure(stops, samples)
    errors = measure_accuracy(samples) if accuracy else None
    if as_json:
        sys.stdout.write(json.dumps(asdict(figures) | (asdict(errors) if errors else {})) + "\n")
        return
    print(f"{stops:,} stops, {samples} samples, one core")
    compiled, plain = figures.propagate_cpu_s, figures.propagate_numpy_cpu_s
    print(f"propagation: {compiled:.3f} CPU s; numpy: {plain:.3f}; ratio {plain / compiled:.1f}")
    print(f"the whole sweep: {figures.sweep_cpu_s:.2f} CPU s, {figures.peak_mb:.0f} MB at its peak")
    print(f"a route's what-if: {figures.what_if_ms:.3f} CPU ms")
    if errors:
        print(f"P(late) against 100,000 samples: off by {errors.p_error_mean:.4f}, p99 {errors.p_error_p99:.4f}")
