"""Every story of the scenario suite ends as it should, and would not if what it turns on were left out."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from evals.scenarios.expectation import ASPECTS, Expected, differences
from evals.scenarios.state import FinalState
from evals.scenarios.story import STORIES, play, story
from evals.scenarios.suite import Outcome, choose_stories, pass_hat_k, run_stories
from forestall.cli.commands import make_app

# One of each kind of thing that can be left out: what happens, what a carrier says, what people answer.
TELLING = (
    "a standby spare called up",
    "a carrier that says no and then yes",
    "an approved rescue is carried out once",
)


@pytest.mark.parametrize("name", list(STORIES))
def test_the_story_ends_as_it_should(name):
    [outcome] = run_stories([STORIES[name]])
    assert outcome.faults == ()
    assert outcome.passed


@pytest.mark.parametrize("name", TELLING)
def test_without_what_it_turns_on_it_does_not(name):
    [outcome] = run_stories([STORIES[name]], turned_off=True)
    assert outcome.passes == 0
    assert outcome.faults != ()


def test_the_suite_has_at_least_forty_stories_each_told_in_words():
    assert len(STORIES) >= 40
    assert all(len(one.text.split()) >= 8 for one in STORIES.values())


@pytest.fixture(scope="module")
def an_ending():
    return play(STORIES["a standby spare called up"])


@pytest.mark.parametrize(
    ("aspect", "wrong"),
    [
        ("cases", Expected(cases=["VEHICLE_BREAKDOWN RESOLVED"])),
        ("cases", Expected(verdicts=[])),
        ("cases", Expected(tenders=["OPEN"])),
        ("deliveries", Expected(stops={"S001": "COMPLETED R01"})),
        ("deliveries", Expected(open={"R77": 1})),
        ("deliveries", Expected(order={"RSP1": ["S001"]})),
        ("deliveries", Expected(custody={"P001": "CUSTOMER O001"})),
        ("deliveries", Expected(to_do=5)),
        ("deliveries", Expected(meetings=["V01 V02 PLANNED"])),
        ("outbox", Expected(sent={})),
        ("outbox", Expected(unsent={"eta_update pending": 1})),
        ("outbox", Expected(told={"route_changed": ["D02"]})),
        ("events", Expected(parked=1)),
        ("noted", Expected(noted={"status": 200})),
    ],
)
def test_an_expectation_that_is_not_met_is_told(an_ending, aspect, wrong):
    told = {name: differences(name, wrong, an_ending.state, an_ending.noted) for name in ASPECTS}
    assert len(told.pop(aspect)) == 1
    assert not any(told.values())


def test_what_no_story_may_end_with_fails_any_story(an_ending):
    broken: FinalState = replace(an_ending.state, unsound=("the audit chain is broken at record 1",))
    assert differences("soundness", Expected(), broken, {}) == ["the audit chain is broken at record 1"]


def test_pass_hat_k_is_the_chance_that_k_playings_in_a_row_pass():
    one = next(iter(STORIES.values()))
    outcomes = [Outcome(one, trials=4, passes=4), Outcome(one, trials=4, passes=2)]
    assert pass_hat_k(outcomes, 1) == pytest.approx((1 + 2 / 4) / 2)
    assert pass_hat_k(outcomes, 2) == pytest.approx((1 + 1 / 6) / 2)
    assert pass_hat_k(outcomes, 4) == pytest.approx(1 / 2)
    with pytest.raises(ValueError, match="5 times"):
        pass_hat_k(outcomes, 5)


def test_a_name_is_given_once_and_a_story_has_words():
    with pytest.raises(ValueError, match="two stories"):
        story(next(iter(STORIES)), Expected(), turns_on="answers")(lambda scene: None)
    with pytest.raises(ValueError, match="no text"):
        story("untold", Expected(), turns_on="answers")(lambda scene: None)


def test_stories_are_chosen_by_part_of_their_name_or_by_theme():
    assert [one.name for one in choose_stories(["16 parcels"])] == ["a breakdown with 16 parcels aboard"]
    assert {one.theme for one in choose_stories(["carriers"])} == {"carriers"}


def test_the_command_prints_one_object_and_fails_when_a_story_does():
    arguments = ["eval-scenarios", "a standby spare", "--json"]
    told = CliRunner().invoke(make_app(), arguments, standalone_mode=False)
    body = json.loads(told.stdout)
    assert (body["count"], body["passed"], body["pass_hat_k"]) == (1, 1, {"1": 1.0})
