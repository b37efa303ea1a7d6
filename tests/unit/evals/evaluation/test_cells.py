"""What a run is kept under: everything it depends on, and nothing else."""

from pathlib import Path

import pytest

from evals.evaluation import cells
from evals.evaluation.cells import Cell, Setting, key_of, make_cells, read_arms
from evals.levers import Levers
from evals.people import People
from evals.profile import load_profile
from forestall.errors import BadInput


@pytest.fixture(autouse=True)
def _fresh() -> None:
    cells._digest_of_day.cache_clear()


@pytest.fixture
def day(tmp_path: Path) -> Path:
    path = tmp_path / "day.txt.gz"
    path.write_bytes(b"one")
    return path


def key(day: Path, seed: int = 1, arm: str = "forestall", profile: str = "calm", **levers: int) -> str:
    setting = Setting(load_profile(Path(profile)), Levers(**levers), People.APPROVE)
    return key_of(Cell(day, seed, arm), setting)


def test_a_run_is_another_one_under_another_seed_arm_profile_or_lever(day: Path) -> None:
    keys = [key(day), key(day, 2), key(day, arm="do-nothing"), key(day, profile="rough"), key(day, slack_min=15)]
    assert len(set(keys)) == 5
    assert key(day) == keys[0]


def test_a_run_is_another_one_when_its_day_or_first_plan_changes(day: Path) -> None:
    before = key(day)
    (day.parent / "day.sol").write_text("Route #1: 1\n")
    cells._digest_of_day.cache_clear()
    assert key(day) != before


def test_a_run_is_another_one_under_another_setting_of_the_service(day: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = key(day)
    monkeypatch.setenv("FORESTALL_SAMPLES", "512")
    assert key(day) != before


def test_a_run_is_another_one_under_other_recorded_answers(
    day: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    traces = tmp_path / "traces.jsonl"
    monkeypatch.setenv("FORESTALL_LLM_TRACES", str(traces))
    keys = []
    for text in ("one", "other"):
        traces.write_text(text)
        keys.append(key(day))
    assert len(set(keys)) == 2


def test_a_day_is_played_whole_before_the_next(day: Path) -> None:
    other = day.with_name("other.txt")
    made = make_cells([day, other], [1, 2], ["do-nothing", "forestall"])
    assert [cell.day for cell in made] == [day] * 4 + [other] * 4
    assert [cell.label for cell in made[::4]] == ["day", "other"]


def test_arms_are_read_once_each_in_their_order() -> None:
    assert read_arms("forestall, do-nothing,forestall") == ["forestall", "do-nothing"]


@pytest.mark.parametrize("text", ["", " , ", "forestall,best"])
def test_what_is_no_arm_is_refused_with_those_there_are(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        read_arms(text)
    assert "do-nothing" in caught.value.problems[0].remedy
