"""Other carriers of the simulated day: they answer in time, the same in every run, and are not passed over."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from evals.carriers import Carriers
from evals.draws import Draws
from evals.feed import Envelope, Feed
from evals.profile import Carriers as Rules
from evals.profile import Profile
from evals.world import World
from forestall.domain.ids import CarrierId, StopId
from forestall.domain.network import Carrier
from forestall.domain.plan import DayPlan
from forestall.domain.vocabulary import CarrierKind

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
GIG = CarrierId("GIG")


def tender(number: int = 1, minutes: float = 10) -> dict[str, Any]:
    return {
        "tender_id": f"T-{number}",
        "carrier_id": GIG,
        "stop_ids": [f"S{number}"],
        "answer_by": (NOW + timedelta(minutes=minutes)).isoformat(),
    }


def with_gig(plan: DayPlan) -> DayPlan:
    """The day with its last vehicle a gig carrier's, which has to be asked."""
    *own, last = plan.vehicles
    gig = Carrier(GIG, "Couriers", CarrierKind.GIG, answers_within_s=600.0)
    return replace(plan, carriers=(*plan.carriers, gig), vehicles=(*own, replace(last, carrier_id=GIG)))


def answers(plan: DayPlan, rules: Rules, count: int, seed: int = 1) -> list[Envelope]:
    feed = Feed("test", {})
    carriers = Carriers(plan, Draws(seed, "tiny"), rules, feed)
    for number in range(1, count + 1):
        carriers.receive("tender", tender(number), NOW.timestamp())
    return feed.take((NOW + timedelta(minutes=10)).timestamp())


def test_they_accept_in_time_unless_the_profile_says_otherwise(tiny, still: Profile) -> None:
    said = answers(with_gig(tiny().build()), still.carriers, 40)
    assert [event["data"] for event in said] == [{"accepted": True}] * 40
    assert {event["type"] for event in said} == {"forestall.tender_answer"}


def test_some_decline_and_some_say_nothing(tiny) -> None:
    said = answers(with_gig(tiny().build()), Rules(declines=0.5, silent=0.25, withdrawals=0, share_of_routes=0), 400)
    yes = sum(event["data"]["accepted"] for event in said)
    assert 270 <= len(said) <= 330
    assert 120 <= yes <= 180


def test_what_they_say_is_the_same_in_every_run(tiny) -> None:
    plan, rules = with_gig(tiny().build()), Rules(declines=0.5, silent=0.25, withdrawals=0, share_of_routes=0)
    assert answers(plan, rules, 50) == answers(plan, rules, 50) != answers(plan, rules, 50, seed=2)


def test_a_report_asks_nothing_of_a_carrier(tiny, still: Profile) -> None:
    feed = Feed("test", {})
    Carriers(with_gig(tiny().build()), Draws(1, "tiny"), still.carriers, feed).receive("stops_delayed", {}, 0.0)
    assert feed.take(NOW.timestamp()) == []


def instruction_for_gig(world: World) -> dict[str, Any]:
    stop = world.plan.stops[0]
    entry = {
        "stop_id": stop.id, "kind": stop.kind, "order_id": stop.order_id, "location_id": stop.location.id,
        "opens_at": stop.window.opens_at.isoformat(), "closes_at": stop.window.closes_at.isoformat(),
        "service_s": stop.service_s, "transfer_from": None, "transfer_to": None, "package_ids": [],
    }  # fmt: skip
    route = world.plan.routes[-1]
    return {
        "route_id": route.id, "plan_version": 2, "departs_at": route.departs_at.isoformat(), "stops": [entry],
    }  # fmt: skip


def test_driving_anothers_stop_unasked_is_a_breach_and_with_a_yes_is_none(tiny, still: Profile) -> None:
    plan = with_gig(tiny(routes=[[(0, 600)]], spares=1).build())
    plan = replace(plan, routes=tuple(replace(r, departs_at=NOW) for r in plan.routes))
    for agreed in (False, True):
        world = World(plan, still, 1)
        world.run_to(world.opens_at + 60)
        if agreed:
            ask = tender() | {"answer_by": (NOW - timedelta(minutes=30)).isoformat(), "stop_ids": [StopId("S1")]}
            world.receive_carrier_effect("tender", ask)
            world.run_to(world.opens_at + 1800)
        world.receive_driver_effect(instruction_for_gig(world))
        rules = {breach.rule for breach in world.ledger.breaches}
        assert ("carrier-unasked" in rules) is not agreed
