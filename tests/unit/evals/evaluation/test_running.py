"""Many runs over the cores: what fails is told, and the others go on."""

import json
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import typer

from evals.evaluation.cells import WATCHED, Cell, Setting
from evals.evaluation.command import evaluate
from evals.evaluation.lines import Line
from evals.evaluation.log import RunLog
from evals.evaluation.playing import Failure, play_cell
from evals.evaluation.running import run_cells
from evals.levers import Levers
from evals.people import People
from evals.profile import load_profile
from forestall.errors import BadInput
from forestall.intake import plan_document


@pytest.fixture
def setting() -> Setting:
    return Setting(load_profile(), Levers(), People.APPROVE)


@pytest.fixture
def day(tiny, tmp_path: Path) -> Path:
    path = tmp_path / "tiny.json"
    path.write_text(json.dumps(plan_document(tiny([[(0, 60)] * 3]).build())))
    return path


@pytest.fixture
def unreadable(tmp_path: Path) -> Path:
    path = tmp_path / "windowless.txt"
    path.write_text("NAME : x\nTYPE : CVRP\nDIMENSION : 2\n")
    return path


def test_a_run_is_kept_with_what_became_of_every_stop(day: Path, setting: Setting) -> None:
    line = play_cell(Cell(day, 1, "do-nothing"), setting, "k")
    assert isinstance(line, Line)
    assert (line.key, line.day, line.seed, line.arm) == ("k", "tiny", 1, "do-nothing")
    assert line.outcomes.keys() == {"S1", "S2", "S3"}


def test_a_watched_day_gives_what_was_said_and_what_came(day: Path, setting: Setting) -> None:
    line = play_cell(Cell(day, 1, WATCHED), setting, "k")
    assert isinstance(line, Line)
    assert len(line.reliability) == 10
    assert all(late <= n and said <= n for n, said, late in line.reliability)
    assert sum(n for n, _, _ in line.reliability) > 0


def test_a_day_that_cannot_be_read_is_a_failure_in_words(unreadable: Path, setting: Setting) -> None:
    failure = play_cell(Cell(unreadable, 1, "do-nothing"), setting, "k")
    assert isinstance(failure, Failure)
    assert "windowless.txt" in failure.why
    assert failure.trace == ""


def test_an_arm_that_raises_is_a_failure_with_its_trace(day: Path, setting: Setting) -> None:
    failure = play_cell(Cell(day, 1, "no such arm"), setting, "k")
    assert isinstance(failure, Failure)
    assert failure.why.startswith("ValueError: 'no such arm'")
    assert "Traceback" in failure.trace


def test_the_other_runs_go_on_and_nothing_is_played_twice(
    day: Path, unreadable: Path, setting: Setting, tmp_path: Path
) -> None:
    cells = [Cell(unreadable, 1, "do-nothing"), Cell(day, 1, "do-nothing"), Cell(day, 2, "do-nothing")]
    said: list[str] = []
    with closing(RunLog(tmp_path / "log.jsonl")) as log:
        failures = run_cells(cells, setting, log, 1, said.append)
    assert [failure.cell for failure in failures] == cells[:1]
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) == 2
    with closing(RunLog(tmp_path / "log.jsonl")) as log:
        run_cells(cells, setting, log, 1, said.append)
    assert "3 runs, 2 of them known from the log" in said


def _evaluate(*days: Path, **options: Any) -> None:
    given = {
        "seeds": "1", "arms": "do-nothing", "profile": "calm", "as_json": True, "report": None, "depart": None,
        "slack": 0, "people": People.APPROVE, "workers": 1, "limit": None, "against": None, "keep": None,
        "timings": False,
    }  # fmt: skip
    evaluate(list(days), **{**given, **options})


def test_a_missing_run_is_in_the_json_and_the_exit_code(
    day: Path, unreadable: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log.jsonl"
    with pytest.raises(typer.Exit) as caught:
        _evaluate(day, unreadable, log=log)
    assert caught.value.exit_code == 1
    summary = json.loads(capsys.readouterr().out)
    assert [gap["day"] for gap in summary["missing"]] == ["windowless"]
    assert summary["arms"]["do-nothing"]["stops"] == 3
    _evaluate(day, log=log)  # nothing is missing: it ends well, and from the log
    assert json.loads(capsys.readouterr().out)["arms"] == summary["arms"]


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({"seeds": "3-1"}, "--seeds"),
        ({"arms": "best"}, "--arms"),
        ({"depart": "later:15"}, "--depart"),
        ({"depart": "earlier:999"}, "--depart"),
        ({"slack": 999}, "--slack"),
        ({"against": Path("nowhere.json")}, "nowhere.json"),
    ],
)
def test_what_cannot_be_read_is_told_before_anything_is_played(
    options: dict[str, Any], place: str, day: Path, tmp_path: Path
) -> None:
    with pytest.raises(BadInput) as caught:
        _evaluate(day, log=tmp_path / "log.jsonl", **options)
    assert caught.value.problems[0].place == place
    assert not (tmp_path / "log.jsonl").exists()


def test_places_without_days_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        _evaluate(tmp_path, tmp_path / "nowhere", log=tmp_path / "log.jsonl")
    assert [problem.message for problem in caught.value.problems] == ["holds no day", "is not there"]


ASKER = """
import os, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from evals.evaluation.running import _prepare

if __name__ == "__main__":
    pool = ProcessPoolExecutor(1, get_context("spawn"), initializer=_prepare)
    print(pool.submit(os.getpid).result(), flush=True)
    pool.submit(time.sleep, 600)
    time.sleep(600)
"""


def test_an_evaluation_that_is_killed_takes_its_processes_along(tmp_path: Path):
    script = tmp_path / "asker.py"
    script.write_text(ASKER)
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as asker:
        assert asker.stdout is not None
        player = Path(f"/proc/{int(asker.stdout.readline())}")
        assert player.exists()
        asker.kill()
    for _ in range(200):
        if not is_running(player):
            return
        time.sleep(0.05)
    pytest.fail("it plays on for nobody")


def is_running(process: Path) -> bool:
    """Whether it has not ended, reaped or not."""
    try:
        return "State:\tZ" not in (process / "status").read_text()
    except FileNotFoundError:
        return False
