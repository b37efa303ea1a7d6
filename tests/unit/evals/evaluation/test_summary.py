"""From runs to the JSON: who is compared with whom, and what is said where something is missing."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evals.evaluation.cells import Cell, Setting
from evals.evaluation.lines import Line
from evals.evaluation.markdown import markdown
from evals.evaluation.playing import Failure
from evals.evaluation.report import render_report
from evals.evaluation.summary import summarise, with_timings
from evals.levers import Levers
from evals.people import People
from evals.profile import load_profile

KEYS = {
    "stops", "broken", "announced", "late", "failed", "moved_by_us", "on_time_rate", "first_attempt_rate", "lateness_s",
    "travel_s", "saved", "harmed", "moved", "messages", "human_minutes", "policy_violations", "resolved_alone_share",
    "undone", "over_60_min",
}  # fmt: skip
ARMS = ["do-nothing", "forestall", "oracle"]

MakeLine = Callable[..., Line]


@pytest.fixture
def setting() -> Setting:
    return Setting(load_profile(), Levers(), People.APPROVE)


@pytest.fixture
def lines(line: MakeLine) -> list[Line]:
    """Three days of two seeds: doing nothing misses 4, forestall 2 (one of them kept before), the oracle 1."""
    return [
        one
        for day in ("a", "b", "c")
        for seed in (1, 2)
        for one in (
            line(day, seed, "do-nothing", "KKKLLUUF"),
            line(day, seed, "forestall", "KKLKKKUF"),
            line(day, seed, "oracle", "KKKKKKUF"),
        )
    ]


def test_the_json_has_the_shape_that_was_promised(lines: list[Line], setting: Setting) -> None:
    summary = summarise(lines, [], ARMS, [1, 2], setting)
    assert {"profile", "days", "seeds", "arms", "gap_closed", "failed_avoided"} <= summary.keys()
    assert list(summary["arms"]) == ARMS
    assert all(arm.keys() >= KEYS for arm in summary["arms"].values())
    assert summary["gap_closed"].keys() == summary["failed_avoided"].keys() == {"mean", "low", "high"}


def test_sums_are_over_days_and_seeds_and_the_gap_is_of_sums(lines: list[Line], setting: Setting) -> None:
    summary = summarise(lines, [], ARMS, [1, 2], setting)
    own = summary["arms"]["forestall"]
    assert (own["stops"], own["broken"], own["saved"], own["harmed"]) == (48, 18, 18, 6)
    assert summary["gap_closed"] == {"mean": 0.6667, "low": 0.6667, "high": 0.6667}  # (24 - 12) / (24 - 6)
    assert summary["failed_avoided"]["mean"] == 0.0


def test_the_order_in_which_runs_end_changes_nothing(lines: list[Line], setting: Setting) -> None:
    one = summarise(lines, [], ARMS, [1, 2], setting)
    assert one == summarise(sorted(lines, key=lambda line: line.key, reverse=True), [], ARMS, [1, 2], setting)


def test_moving_everybody_to_another_day_closes_no_gap(line: MakeLine, setting: Setting) -> None:
    runs = [
        line("a", seed, arm, outcomes)
        for seed in (1, 2)
        for arm, outcomes in (("do-nothing", "KKUU"), ("forestall", "KKMM"), ("oracle", "KKKK"))
    ]
    summary = summarise(runs, [], ARMS, [1, 2], setting)
    assert summary["gap_closed"]["mean"] == 0.0
    assert summary["arms"]["forestall"]["saved"] == 0


def test_arms_are_compared_on_the_days_that_all_of_them_have(lines: list[Line], setting: Setting) -> None:
    left = [one for one in lines if (one.day, one.seed, one.arm) != ("b", 1, "forestall")]
    failure = Failure(Cell(Path("b.txt"), 1, "forestall"), "KeyError: 'x'")
    summary = summarise(left, [failure], ARMS, [1, 2], setting)
    assert summary["pairs"] == 5
    assert {arm["stops"] for arm in summary["arms"].values()} == {40}
    assert summary["missing"] == [{"day": "b", "seed": 1, "arm": "forestall", "why": "KeyError: 'x'"}]
    assert any("1 runs are missing" in note for note in summary["notes"])
    assert "missing: b seed 1 forestall: KeyError: 'x'" in markdown(summary)


def test_without_the_oracle_there_is_no_gap_and_that_is_said(lines: list[Line], setting: Setting) -> None:
    summary = summarise([one for one in lines if one.arm != "oracle"], [], ARMS[:2], [1, 2], setting)
    assert summary["gap_closed"] == {"mean": None, "low": None, "high": None}
    assert any("oracle" in note for note in summary["notes"])
    assert summary["failed_avoided"]["mean"] == 0.0


def test_an_arm_without_any_run_is_left_out_and_named(lines: list[Line], setting: Setting) -> None:
    failure = Failure(Cell(Path("a.txt"), 1, "oracle"), "ValueError: no")
    some = [one for one in lines if one.arm != "oracle"]
    summary = summarise(some, [failure], ARMS, [1, 2], setting)
    assert summary["arms"].keys() == {"do-nothing", "forestall"}
    assert summary["pairs"] == 6
    assert any("no run at all of oracle" in note for note in summary["notes"])


def test_nothing_played_is_told_and_not_divided_by(setting: Setting) -> None:
    summary = summarise([], [Failure(Cell(Path("a.txt"), 1, "do-nothing"), "no")], ARMS[:1], [1], setting)
    assert (summary["arms"], summary["pairs"], summary["gap_closed"]["mean"]) == ({}, 0, None)
    assert "missing: a seed 1 do-nothing: no" in markdown(summary)
    assert "missing" in render_report(summary, [])


def test_sixty_pairs_make_a_claim(line: MakeLine, setting: Setting) -> None:
    def notes(days: int) -> list[str]:
        runs = [line(f"d{k}", 1, arm, "KKU") for k in range(days) for arm in ARMS[:2]]
        return summarise(runs, [], ARMS[:2], [1], setting)["notes"]

    assert any("too few" in note for note in notes(59))
    assert not any("too few" in note for note in notes(60))


def test_days_with_a_breakdown_are_told_apart(lines: list[Line], setting: Setting) -> None:
    broken = [replace(one, has_breakdown=one.day == "a") for one in lines]
    strata = summarise(broken, [], ARMS, [1, 2], setting)["breakdowns"]
    assert (strata["with"]["pairs"], strata["without"]["pairs"]) == (2, 4)
    assert strata["with"]["gap_closed"]["mean"] == 0.6667


def test_clocks_are_told_only_when_asked_for(lines: list[Line], setting: Setting) -> None:
    summary = summarise(lines, [], ARMS, [1, 2], setting)
    assert "cpu_s" not in str(summary)
    assert with_timings(summary, lines)["timings"]["forestall"]["runs"] == 6


def test_the_table_names_each_day_and_arm(lines: list[Line], setting: Setting) -> None:
    text = markdown(summarise(lines, [], ARMS, [1, 2], setting))
    assert "| forestall | 48 | 18 (37.5 %) |" in text
    assert "| b | 2 | 16 | 10 (62.5 %) | 6 (37.5 %) | 6 | 2 |" in text
    assert "67 % (67 to 67)" in text


def test_the_report_needs_nothing_from_elsewhere_and_escapes_what_it_shows(lines: list[Line], setting: Setting) -> None:
    failure = Failure(Cell(Path("<b>.txt"), 1, "forestall"), "<script>alert(1)</script>")
    watched = Line("w", "a", 1, "watched", reliability=((90, 4.5, 4),) + ((0, 0.0, 0),) * 8 + ((10, 9.6, 9),))
    summary = summarise([*lines, watched], [failure], ARMS, [1, 2], setting)
    page = render_report(summary, lines)
    assert "<script" not in page
    assert "http" not in page
    assert page.count("<svg") == 3
    assert summary["reliability"]["ece"] == pytest.approx((0.5 + 0.6) / 100)


def test_the_report_tells_one_case_with_what_came_of_its_stops(lines: list[Line], setting: Setting) -> None:
    story: dict[str, Any] = {
        "cause": "Vehicle broke down", "status": "resolved", "gain": 2.0,
        "events": [{"at": 1772468160, "what": "opened", "text": "opened & seen"}],
        "stops": [{"stop": "S3", "before": 0.9, "after": 0.1}],
    }  # fmt: skip
    told = [replace(one, story=story) if one.key == "b/2/forestall" else one for one in lines]
    page = render_report(summarise(told, [], ARMS, [1, 2], setting), told)
    assert "opened &amp; seen" in page
    assert "late by 1 min" in page  # S3 if nobody acts; kept under forestall
