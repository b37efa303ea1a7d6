"""The short form of the regression gate: a few small days of the built-in city, held against the last release's.

The long form is ``make eval``. After a change of the simulation itself, ``make eval-keep`` keeps new results.
"""

import json
from pathlib import Path

import pytest

import evals
from evals.evaluation.command import evaluate
from evals.evaluation.release import read_release
from evals.people import People

KEPT = Path(evals.__file__).parent / "releases" / "quick.json"


def test_no_promise_is_surely_broken_that_the_last_release_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    release = read_release(KEPT)
    assert release.runs
    evaluate(
        sorted({Path(run.day) for run in release.runs}),
        seeds=f"{min(run.seed for run in release.runs)}-{max(run.seed for run in release.runs)}",
        arms="do-nothing,forestall", profile=release.profile, as_json=True, report=None, depart=None, slack=0,
        people=People.APPROVE, log=tmp_path / "runs.jsonl", workers=1, limit=None, against=KEPT, keep=None,
        timings=False,
    )  # fmt: skip
    held = json.loads(capsys.readouterr().out)["against"]
    assert (held["pairs"], held["problems"]) == (len(release.runs), [])
