"""A small day played through the real service: what it does is right, on record, and the same every time."""

import pytest

from evals.arms import Arm, play
from evals.city import build_city
from evals.metrics import RunResult, describe
from evals.people import People
from evals.profile import Profile, load_profile
from forestall.domain.plan import DayPlan

UNREPEATABLE = {"wall_s", "cpu_s"}


@pytest.fixture(scope="module")
def day() -> DayPlan:
    return build_city(5, customers=60)


@pytest.fixture(scope="module")
def rough_day() -> Profile:
    """Enough goes wrong on a small day for every path to be taken."""
    profile = load_profile()
    vehicles = profile.vehicles.model_copy(update={"breakdowns": 0.25})
    loads = profile.late_loads.model_copy(update={"rate": 0.3})
    return profile.model_copy(update={"vehicles": vehicles, "late_loads": loads})


@pytest.fixture(scope="module")
def nothing(day: DayPlan, rough_day: Profile) -> RunResult:
    return play(day, Arm.DO_NOTHING, 1, rough_day)


@pytest.fixture(scope="module")
def forestall(day: DayPlan, rough_day: Profile) -> RunResult:
    return play(day, Arm.FORESTALL, 1, rough_day)


def test_the_service_breaks_fewer_promises_than_doing_nothing(forestall: RunResult, nothing: RunResult) -> None:
    report = describe(forestall, nothing)
    assert report["broken"] < report["broken_by_doing_nothing"]
    assert report["saved"] > report["harmed"]


def test_every_decision_is_allowed_and_on_record(forestall: RunResult, nothing: RunResult) -> None:
    report = describe(forestall, nothing)
    assert report["decisions"] > 0
    assert report["violations"] == []
    assert report["custody_errors"] == 0


def test_the_service_understands_everything_the_field_says(forestall: RunResult) -> None:
    assert forestall.record.parked == 0


def test_the_same_day_again_gives_the_same_decisions(
    day: DayPlan, rough_day: Profile, forestall: RunResult, nothing: RunResult
) -> None:
    again = describe(play(day, Arm.FORESTALL, 1, rough_day), nothing)
    first = describe(forestall, nothing)
    assert {k: v for k, v in again.items() if k not in UNREPEATABLE} == {
        k: v for k, v in first.items() if k not in UNREPEATABLE
    }


@pytest.mark.parametrize("people", [People.VETO, People.ABSENT])
def test_without_a_yes_nothing_that_needs_one_is_done(
    day: DayPlan, rough_day: Profile, nothing: RunResult, people: People
) -> None:
    report = describe(play(day, Arm.FORESTALL, 1, rough_day, people), nothing)
    assert report["violations"] == []
