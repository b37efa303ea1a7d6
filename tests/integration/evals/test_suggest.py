"""The service in SUGGEST mode on a small rough day: it never acts unasked."""

import pytest

from evals.arms import Arm, play
from evals.arms.playing import play_with_service
from evals.city import build_city
from evals.metrics import describe
from evals.people import People
from evals.profile import Profile, load_profile
from evals.world import World
from forestall.domain.plan import DayPlan
from forestall.domain.vocabulary import Mode


@pytest.fixture(scope="module")
def day() -> DayPlan:
    return build_city(5, customers=24)


@pytest.fixture(scope="module")
def rough_day() -> Profile:
    profile = load_profile()
    vehicles = profile.vehicles.model_copy(update={"breakdowns": 0.4})
    return profile.model_copy(update={"vehicles": vehicles})


def test_with_nobody_there_to_answer_the_day_goes_as_it_would_by_itself(day: DayPlan, rough_day: Profile) -> None:
    nothing = play(day, Arm.DO_NOTHING, 1, rough_day)
    world = World(day, rough_day, 1)
    record = play_with_service(world, People.ABSENT, Mode.SUGGEST)
    assert record.asked > 0
    assert record.actions == {}
    assert world.ledger.visits == nothing.ledger.visits
    assert world.ledger.messages == 0


def test_a_person_was_asked_about_all_that_is_done(day: DayPlan, rough_day: Profile) -> None:
    run = play(day, Arm.SUGGEST, 1, rough_day)
    assert sum(run.record.actions.values()) > 0
    assert run.record.asked > 0
    assert describe(run, play(day, Arm.DO_NOTHING, 1, rough_day))["violations"] == []
