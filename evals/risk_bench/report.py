"""What ``forestall bench risk`` prints: JSON for a machine, tables for a person."""

from collections.abc import Mapping
from dataclasses import asdict

from evals.risk_bench.judging import CARRY, OURS, SIMULATED
from evals.risk_bench.running import MODELS, SetResult
from optimizer.risk.learned import Metrics

KEYS = (
    "auc", "brier_skill", "ece", "log_loss", "precision_at_5", "recall_at_5", "coverage_90", "pinball", "n",
)  # fmt: skip


def as_json_values(results: Mapping[str, SetResult]) -> dict[str, object]:
    """``{"sets": {set: {horizon: metrics}}, "baselines": {"carry_over": same, "monte_carlo": same}}``."""

    def of(model: str) -> dict[str, dict[str, dict[str, object]]]:
        return {
            name: {horizon: _values(each) for horizon, each in result.by_model[model].items()}
            for name, result in results.items()
        }

    return {"sets": of(OURS), "baselines": {CARRY: of(CARRY), SIMULATED: of(SIMULATED)}}


def _values(each: Metrics) -> dict[str, object]:
    values = asdict(each)
    return {key: values[key] for key in KEYS}


def print_report(results: Mapping[str, SetResult]) -> None:
    """One plain table a set, and what a reader must know of it."""
    for name, result in results.items():
        print(f"{name} ({result.note})")
        rows: list[tuple[str, ...]] = [("horizon", "model", *KEYS)]
        for horizon in result.by_model[OURS]:
            rows += [(horizon, model, *_cells(result.by_model[model][horizon])) for model in MODELS]
        for what, by_horizon in result.variants.items():
            rows += [(horizon, f"{OURS}, {what}", *_cells(each)) for horizon, each in by_horizon.items()]
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        for row in rows:
            print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        for fact in result.facts:
            print(f"  {fact}")
        for left_out in result.left_out:
            if left_out.count:
                print(f"  {left_out.count} rows of {left_out.file} were left out")
        print()


def _cells(each: Metrics) -> list[str]:
    cells = ["-" if (value := getattr(each, key)) is None else f"{value:.3f}" for key in KEYS[:-1]]
    return [*cells, str(each.n)]
