"""Every known set of a folder, one after the other."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evals.risk_bench.judging import CARRY, OURS, SIMULATED, baselines, learn, score
from evals.risk_bench.legs import REFERENCE_LEVELS
from evals.risk_bench.sets import SETS, TRAINING_SHARE, Prepared
from evals.risk_bench.tables import LeftOut
from forestall.errors import BadInput, Problem
from optimizer.kernel import Floats
from optimizer.risk.learned import Metrics
from optimizer.risk.learned.metrics import pinball_loss
from optimizer.risk.learned.quantiles import LEVELS

MODELS = (OURS, CARRY, SIMULATED)


@dataclass(frozen=True)
class SetResult:
    """Metrics by model and horizon; ``variants`` are ours on other inputs, ``facts`` sentences for a reader."""

    note: str
    by_model: Mapping[str, Mapping[str, Metrics]]
    variants: Mapping[str, Mapping[str, Metrics]]
    facts: Sequence[str]
    left_out: Sequence[LeftOut]


def run_sets(
    folder: Path, test: Path | None, seed: int, say: Callable[[str], None], share: float = TRAINING_SHARE
) -> dict[str, SetResult]:
    """Results by set, for the sets that are there. Raises BadInput when none is, or one cannot be used."""
    names = [name for name in SETS if (folder / name).is_dir()]
    if not names:
        problem = Problem(str(folder), "holds none of the sets", f"give a folder with {', '.join(SETS)}")
        raise BadInput("There is nothing to learn from.", [problem])
    missing = [name for name in names if test is not None and not (test / name).is_dir()]
    if missing:
        problems = [Problem(f"--test {name}", "is not there", "give the same sets as in DIR") for name in missing]
        raise BadInput("The sets to test on are not those to learn from.", problems)
    results = {}
    for name in names:
        began = time.process_time()
        results[name] = run_set(name, [folder / name, *([test / name] if test else [])], seed, share)
        for left_out in results[name].left_out:
            _tell(left_out, say)
        say(f"{name}: {time.process_time() - began:.1f} CPU s")
    return results


def run_set(name: str, folders: Sequence[Path], seed: int, share: float = TRAINING_SHARE) -> SetResult:
    """One set, split within its only folder or tested on its second."""
    prepared = SETS[name](folders, seed, share)
    task = prepared.task
    answers = learn(task, seed)
    by_model = score(task, {OURS: answers, **baselines(task)})
    variants = {what: score(other, {OURS: learn(other, seed)})[OURS] for what, other in prepared.variants.items()}
    facts = [f"{int(task.training.sum())} rows learned from"]
    if prepared.reference is not None and answers.quantiles is not None:
        facts.append(_against_reference(prepared, answers.quantiles))
    return SetResult(prepared.note, by_model, variants, facts, prepared.left_out)


def _against_reference(prepared: Prepared, quantiles: Floats) -> str:
    """The medians against each other; beyond it the levels differ, so each top quantile is held to its own word."""
    assert prepared.reference is not None
    assert prepared.task.amounts is not None
    rows = prepared.task.horizons["all"] & np.isfinite(prepared.reference).all(axis=1)
    actual, ours, theirs = prepared.task.amounts.actual[rows], quantiles[rows], prepared.reference[rows]
    mine = pinball_loss(ours[:, [LEVELS.index(0.5)]], (0.5,), actual)
    other = pinball_loss(theirs[:, [0]], REFERENCE_LEVELS[:1], actual)
    return (
        f"pinball of the median {mine:.2f} min, of the source repository's {other:.2f}; "
        f"its {REFERENCE_LEVELS[-1]:.0%} quantile held {float(np.mean(actual <= theirs[:, -1])):.1%} of the time, "
        f"our {LEVELS[-1]:.0%} {float(np.mean(actual <= ours[:, -1])):.1%}"
    )


def _tell(left_out: LeftOut, say: Callable[[str], None]) -> None:
    if left_out.count:
        say(f"{left_out.file}: {left_out.count} rows left out")
        for problem in left_out.first:
            say(f"  {problem.place}: {problem.message}; {problem.remedy}")
