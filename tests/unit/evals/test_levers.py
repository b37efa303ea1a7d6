"""Levers change when and by whom things are done, never what was promised, and keep to the opening hours."""

from dataclasses import replace
from datetime import timedelta

import pytest

from evals.levers import Levers, apply_levers, read_levers
from evals.replanning import with_slack
from evals.roads import Roads
from evals.schedule import stops_by_route
from forestall.domain.plan import DayPlan
from forestall.errors import BadInput


def slack_min(plan: DayPlan) -> list[float]:
    """Minutes between each stop's expected start and its window's end, leaving as the hub opens."""
    roads, hub = Roads(plan), plan.hubs[0]
    found = []
    for stops in stops_by_route(plan).values():
        now, here = hub.opens_at.timestamp(), roads.places[hub.location.id]
        for stop in stops:
            there = roads.places[stop.location.id]
            now = max(now + roads.base_s(here, there), stop.window.opens_at.timestamp())
            found.append((stop.window.closes_at.timestamp() - now) / 60)
            now, here = now + stop.service_s, there
    return found


def leaving(plan: DayPlan, minutes: float) -> DayPlan:
    """The plan with every route leaving so long after the hub has opened."""
    departs_at = plan.hubs[0].opens_at + timedelta(minutes=minutes)
    return replace(plan, routes=tuple(replace(route, departs_at=departs_at) for route in plan.routes))


def test_every_route_leaves_so_much_earlier_and_spares_wait_to_be_called(tiny) -> None:
    plan = leaving(tiny([[(0, 60)], [(0, 60)]], spares=1).build(), 40)
    moved = apply_levers(plan, Levers(earlier_min=15))
    opens_at = plan.hubs[0].opens_at
    assert [(route.departs_at - opens_at) / timedelta(minutes=1) for route in moved.routes] == [25, 25, 40]
    assert replace(moved, routes=plan.routes) == plan


@pytest.mark.parametrize("leaves", [0, 10])
def test_nobody_leaves_before_the_hub_is_open(tiny, leaves: float) -> None:
    moved = apply_levers(leaving(tiny().build(), leaves), Levers(earlier_min=15))
    assert moved.routes[0].departs_at == moved.hubs[0].opens_at


def test_nobody_leaves_before_the_drivers_shift(tiny) -> None:
    plan = leaving(tiny().build(), 40)
    shift_start = plan.hubs[0].opens_at + timedelta(minutes=30)
    driver_id = plan.routes[0].driver_id
    drivers = tuple(replace(driver, id=driver_id, shift_start=shift_start) for driver in plan.drivers)
    assert apply_levers(replace(plan, drivers=drivers), Levers(earlier_min=15)).routes[0].departs_at == shift_start


def test_the_first_plan_made_again_leaves_room_before_each_window_ends(tiny) -> None:
    """One van has six stops by 09:10, the last with five minutes to spare; the other has none."""
    plan = tiny([[(0, 90)] * 6, [(0, 90)]]).build()
    assert min(slack_min(plan)) < 15
    again = with_slack(plan, 15 * 60)
    assert min(slack_min(again)) >= 15
    assert {stop.id for stop in again.stops} == {stop.id for stop in plan.stops}
    assert (again.orders, again.packages, again.day) == (plan.orders, plan.packages, plan.day)
    assert again.digest != plan.digest


def test_a_fleet_too_small_for_the_room_gets_a_van(tiny) -> None:
    plan = tiny([[(0, 60)] * 4]).build()  # 10 minutes each way and 5 at the door: the fourth begins at 08:55
    again = with_slack(plan, 15 * 60)
    assert len(again.routes) == len(again.vehicles) == 2
    assert min(slack_min(again)) >= 15
    assert again.routes[1].driver_id in {driver.id for driver in again.drivers}


def test_room_that_no_van_can_give_adds_none(tiny) -> None:
    plan = tiny([[(0, 20)]]).build()  # 10 minutes away: 10 to spare at best
    again = with_slack(plan, 15 * 60)
    assert len(again.routes) == 1
    assert slack_min(again) == [10]


def test_a_pinned_route_is_left_as_it_is(tiny) -> None:
    plan = tiny([[(0, 90)] * 6, [(0, 90)]]).build()
    pinned = replace(plan, stops=tuple(replace(stop, pinned=stop.id == "S1") for stop in plan.stops))
    again = with_slack(pinned, 15 * 60)
    assert [stop for stop in again.stops if stop.route_id == "R01"] == list(pinned.stops[:6])


def test_the_same_plan_and_slack_give_the_same_plan_again(tiny) -> None:
    plan = tiny([[(0, 90)] * 6, [(0, 90)]]).build()
    assert with_slack(plan, 900) == with_slack(plan, 900)


def test_levers_are_read_in_minutes() -> None:
    assert read_levers("earlier:15", 10) == Levers(15, 10)
    assert read_levers(None, 0) == Levers()


@pytest.mark.parametrize(("depart", "slack"), [("15", 0), ("earlier:", 0), ("earlier:500", 0), (None, 500)])
def test_a_lever_that_cannot_be_read_is_refused(depart: str | None, slack: int) -> None:
    with pytest.raises(BadInput):
        read_levers(depart, slack)
