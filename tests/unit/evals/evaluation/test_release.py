"""The gate: what the last release did may not be surely undone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from evals.evaluation.cells import Setting
from evals.evaluation.lines import Line
from evals.evaluation.release import (
    Release,
    Verdict,
    judge,
    read_release,
    release_of,
    service_pairs,
    write_release,
)
from evals.evaluation.summary import summarise
from evals.levers import Levers
from evals.people import People
from evals.profile import load_profile
from forestall.errors import BadInput

ARMS = ["do-nothing", "forestall"]
THEN = ["KKKU", "KKKK", "KKLU", "KKKK", "KKKU", "KKKK"]  # a day each, 2 of 4 broken if nobody acts

MakeLine = Callable[..., Line]


@pytest.fixture
def setting() -> Setting:
    return Setting(load_profile(), Levers(), People.APPROVE)


@pytest.fixture
def hold(line: MakeLine, setting: Setting) -> Callable[..., Verdict]:
    """``hold(outcomes, nothing=…)``: these days held against those of then."""

    def _summary(days: list[str], nothing: str, **figures: float) -> tuple[dict[str, Any], Any]:
        lines = [
            one
            for number, outcomes in enumerate(days)
            for one in (
                line(f"d{number}", 1, "do-nothing", nothing),
                line(f"d{number}", 1, "forestall", outcomes, **figures),
            )
        ]
        return summarise(lines, [], ARMS, [1], setting), service_pairs(lines, ARMS)

    then = release_of("1.0", *_summary(THEN, "KKUU"))

    def _hold(days: list[str], nothing: str = "KKUU", **figures: float) -> Verdict:
        return judge(then, *_summary(days, nothing, **figures))

    return _hold


def test_the_same_result_opens_the_gate(hold: Callable[..., Verdict]) -> None:
    verdict = hold(THEN)
    assert (verdict.pairs, verdict.more_broken.mean, verdict.problems) == (6, 0.0, ())


def test_a_loss_that_chance_explains_opens_it(hold: Callable[..., Verdict]) -> None:
    verdict = hold(["KKUU", "KKKK", "KKKK", "KKKK", "KKUU", "KKKK"])
    assert verdict.more_broken.mean == 0.0
    assert verdict.problems == ()


def test_a_sure_loss_shuts_it(hold: Callable[..., Verdict]) -> None:
    verdict = hold(["KKUU", "KKKU", "KUUU", "KKKU", "KKUU", "KKKU"])
    assert verdict.more_broken.mean == 1.0
    assert "1.00 promises a day-seed more are broken than by 1.0" in verdict.problems[0]


def test_a_gain_opens_it(hold: Callable[..., Verdict]) -> None:
    assert hold(["KKKK"] * 6).problems == ()


def test_a_violation_shuts_it(hold: Callable[..., Verdict]) -> None:
    assert hold(THEN, policy_violations=1).problems == ("6 violations of policy",)


def test_days_that_are_no_longer_the_same_say_nothing_and_shut_it(hold: Callable[..., Verdict]) -> None:
    verdict = hold(THEN, nothing="KUUU")
    assert verdict.pairs == 0
    assert "keep a new result" in verdict.problems[0]


def test_days_that_were_not_played_shut_it(hold: Callable[..., Verdict]) -> None:
    assert "only 3 of the 6" in hold(THEN[:3]).problems[0]


def test_another_profile_shuts_it(line: MakeLine) -> None:
    release = Release(release="1.0", profile="calm", levers=Levers().as_json(), runs=())
    setting = Setting(load_profile(), Levers(), People.APPROVE)
    lines = [line("a", 1, arm, "KK") for arm in ARMS]
    verdict = judge(release, summarise(lines, [], ARMS, [1], setting), service_pairs(lines, ARMS))
    assert "profile calm" in verdict.problems[0]


def test_a_kept_result_is_read_as_it_was_written(tmp_path: Path) -> None:
    release = Release(release="1.0", profile="calm", levers={"slack_min": 15}, runs=())
    write_release(tmp_path / "new" / "kept.json", release)
    assert read_release(tmp_path / "new" / "kept.json") == release


@pytest.mark.parametrize("text", ["", "{}", '{"release": "1", "profile": "x", "levers": {}, "runs": [], "more": 1}'])
def test_a_file_that_is_no_kept_result_is_named(text: str, tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    path.write_text(text)
    with pytest.raises(BadInput) as caught:
        read_release(path)
    assert caught.value.problems[0].place == str(path)
