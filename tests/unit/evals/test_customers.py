"""What a text does to the customer it reaches, and what he writes back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from evals.outcomes import Outcome, list_outcomes
from evals.profile import Profile
from evals.world import World
from forestall.domain.ids import ContactId
from tests.unit.evals.test_world import OPENS, instruction, run_to

CONFIRM = {"1": "will_be_there", "2": "safe_place", "3": "another_day"}


@pytest.fixture
def out(still: Profile, change: Callable[..., Profile]) -> Profile:
    """Everybody is out, and whoever is asked in time would rather name a place for the parcel."""
    return change(still, "customers", no_shows=1, helped_if_asked=1, safe_place=1, answers=1)


def world_of(tiny: Any, profile: Profile) -> World:
    """One route that leaves at minute 60 for a single stop, so that there is time to ask."""
    plan = tiny([[(0, 300)]]).build()
    later = tuple(replace(route, departs_at=OPENS + timedelta(minutes=60)) for route in plan.routes)
    orders = tuple(replace(order, contact_id=ContactId(f"C-{order.id}")) for order in plan.orders)
    return World(replace(plan, routes=later, orders=orders), profile, 1)


def text(world: World, template: str = "confirm_presence", minute: float = 0, **choices: str) -> None:
    run_to(world, minute)
    world.receive_text(template, {"order_id": "O1", "stop_id": "S1", "choices": choices or CONFIRM})


def replies(world: World, until: float = 300) -> list[str]:
    run_to(world, until)
    said = [event for event in world.take_events() if event["type"] == "forestall.customer_reply"]
    assert all(event["subject"] == "O1" for event in said)
    return [event["data"]["choice"] for event in said]


def tell_driver(world: World, minute: float, *, safe_place: bool) -> None:
    run_to(world, minute)
    told = instruction(world, "R01", 2, ["S1"], departs_min=60)
    told["stops"][0]["safe_place"] = safe_place
    world.receive_driver_effect(told)


def outcome(world: World) -> Outcome:
    run_to(world, 400)
    return list_outcomes(world.plan, world.ledger)["S1"].outcome


def test_a_parcel_is_left_where_the_customer_said_and_the_driver_was_told(tiny, out: Profile) -> None:
    world = world_of(tiny, out)
    text(world)
    assert replies(world, 20) == ["2"]
    tell_driver(world, 20, safe_place=True)
    assert outcome(world) is Outcome.KEPT
    assert world.ledger.breaches == []


def test_a_driver_who_was_not_told_of_the_place_finds_nobody_in(tiny, out: Profile) -> None:
    world = world_of(tiny, out)
    text(world)
    tell_driver(world, 20, safe_place=False)
    assert outcome(world) is Outcome.FAILED


def test_a_place_that_nobody_named_is_a_breach_and_no_delivery(tiny, out: Profile) -> None:
    world = world_of(tiny, out)
    tell_driver(world, 20, safe_place=True)
    assert [breach.rule for breach in world.ledger.breaches] == ["safe-place-unasked"]
    assert outcome(world) is Outcome.FAILED


def test_who_is_asked_where_no_place_is_offered_comes_home(tiny, out: Profile) -> None:
    world = world_of(tiny, out)
    text(world, **{"1": "will_be_there"})
    assert replies(world, 20) == ["1"]
    assert outcome(world) is Outcome.KEPT


def test_a_question_that_comes_too_late_helps_nobody(tiny, out: Profile) -> None:
    world = world_of(tiny, out)
    text(world, minute=50, **{"1": "will_be_there"})  # the driver is there at 70, half an hour's notice is needed
    assert outcome(world) is Outcome.FAILED


def test_who_can_not_be_helped_may_choose_another_day(tiny, out: Profile, change: Callable[..., Profile]) -> None:
    world = world_of(tiny, change(out, "customers", helped_if_asked=0, accepts_reschedule=1))
    text(world)
    assert replies(world, 20) == ["3"]
    assert world.ledger.rescheduled == {"O1"}


def test_who_wants_no_texts_says_stop_once(tiny, out: Profile, change: Callable[..., Profile]) -> None:
    world = world_of(tiny, change(out, "customers", opt_outs=1))
    text(world)
    text(world, "eta_update", 1, **{"1": "fine"})
    assert replies(world, 30) == ["STOP"]
    assert world.ledger.breaches == []  # the second text was on its way before the word had come


def test_a_text_after_stop_is_a_breach(tiny, out: Profile, change: Callable[..., Profile]) -> None:
    world = world_of(tiny, change(out, "customers", opt_outs=1))
    text(world)
    run_to(world, 20)
    world.note_told(world.now)
    text(world, "eta_update", 30, **{"1": "fine"})
    assert [breach.rule for breach in world.ledger.breaches] == ["opted-out"]


def test_some_write_words_instead_of_digits(tiny, out: Profile, change: Callable[..., Profile]) -> None:
    world = world_of(tiny, change(out, "customers", free_words=1))
    text(world)
    (words,) = replies(world, 20)
    assert words not in CONFIRM
    assert len(words.split()) > 1


def test_some_say_nothing(tiny, still: Profile, change: Callable[..., Profile]) -> None:
    world = world_of(tiny, change(still, "customers", answers=0))
    text(world)
    text(world, "eta_update", 1, **{"1": "fine"})
    assert replies(world) == []
