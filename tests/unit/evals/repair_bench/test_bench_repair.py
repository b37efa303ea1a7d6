"""The command: its JSON, what it says of files it can't use, and how it asks for what is missing."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from evals.bench_repair import bench_repair
from evals.repair_bench import rungs
from evals.repair_bench.case import make_case
from evals.repair_bench.days import Day
from evals.repair_bench.disruptions import Kind
from evals.repair_bench.objective import free_problem, score
from evals.repair_bench.run import run_case
from evals.repair_bench.rungs import RungName
from forestall.errors import BadInput
from optimizer.repair.engines import SearchBudget
from optimizer.repair.subproblem import Budget

ROW = {"misses", "saved_share", "j_gap", "moved", "cpu_ms"}


@pytest.fixture(autouse=True)
def small_budgets(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small town needs little search."""
    monkeypatch.setattr(rungs, "SECOND_BUDGET", SearchBudget(work=100_000))
    monkeypatch.setattr(rungs, "ORTOOLS_BUDGET", Budget(solution_limit=50, neighbour_limit=2_000, fuse_s=120.0))


def report_of(folder: Path, capsys: pytest.CaptureFixture[str], **options: Any) -> tuple[dict[str, Any], str]:
    settings = {"rungs": "first,second", "seeds": "1-2", "peers": False, "breakdowns": 3, "long_runs": 1} | options
    bench_repair(folder, cache=folder / "plans", as_json=True, **settings)
    printed = capsys.readouterr()
    report: dict[str, Any] = json.loads(printed.out)
    return report, printed.err


def test_the_json_says_what_was_measured(town_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report, _ = report_of(town_file.parent, capsys)
    assert report["cases"] == 2
    assert {"do_nothing_misses", "oracle_misses", "rungs", "peers", "custody"} <= set(report)
    assert list(report["rungs"]) == ["first", "second"]
    assert all(set(row) >= ROW for row in report["rungs"].values())
    assert report["oracle_misses"] <= report["rungs"]["second"]["misses"] <= report["do_nothing_misses"]
    assert set(report["custody"]) >= {"checked", "infeasible", "misses"}
    assert report["custody"]["checked"] > 0
    assert report["custody"]["infeasible"] == 0
    assert report["sizes"]["hub"]["cases"] == 2


def test_the_same_seeds_give_the_same_plans(town_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    once, again = (report_of(town_file.parent, capsys, seeds="4")[0] for _ in range(2))
    kept = ("misses", "j_gap", "moved")
    for name in once["rungs"]:
        assert [once["rungs"][name][key] for key in kept] == [again["rungs"][name][key] for key in kept]


def test_a_file_that_cannot_be_used_is_told_and_the_run_goes_on(
    town_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (town_file.parent / "BROKEN.txt").write_text("nothing", encoding="utf-8")
    report, told = report_of(town_file.parent, capsys, seeds="1", rungs="first")
    assert report["cases"] == 1
    assert "BROKEN.txt" in told


def test_a_folder_without_days_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(BadInput):
        report_of(tmp_path, capsys)


@pytest.mark.parametrize(("option", "value"), [("rungs", "third"), ("rungs", ""), ("seeds", "3-1"), ("seeds", "x")])
def test_an_option_that_means_nothing_is_told(
    town_file: Path, capsys: pytest.CaptureFixture[str], option: str, value: str
) -> None:
    with pytest.raises(BadInput) as told:
        report_of(town_file.parent, capsys, **{option: value})
    assert told.value.problems[0].place == f"--{option}"


def test_absent_peers_are_asked_for_with_the_way_to_install_them(
    town_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("evals.repair_bench.run.find_spec", lambda module: None)
    with pytest.raises(BadInput) as told:
        report_of(town_file.parent, capsys, peers=True)
    assert "pip install" in told.value.problems[0].remedy


def test_peers_are_scored_by_the_same_evaluator(town: Day) -> None:
    if find_spec("vroom") is None or find_spec("pyvrp") is None:
        pytest.skip("the peers are an extra and are not here")
    case = make_case(town, 1, Kind.DELAY)
    outcome = run_case(case, [RungName.FIRST], with_peers=True)
    assert set(outcome.peers) == {"vroom", "vroom_quick", "pyvrp"}
    for entry in outcome.peers.values():
        assert entry.score.violations == 0
        assert entry.score.misses >= outcome.oracle.misses


def test_the_or_tools_rung_is_never_worse_than_the_first(town: Day) -> None:
    for kind in Kind:
        sub = free_problem(make_case(town, 6, kind))
        start, polished = (score(sub, engine(sub, 1)) for engine in (rungs.first, rungs.ortools))
        assert polished.violations == 0
        assert polished.objective <= start.objective
