"""What happens is the same under every arm, and one disruption changes nothing of another's draws."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals.newcomers import list_newcomers
from evals.profile import Profile, load_profile
from evals.signals import Device
from evals.truth import Truth
from evals.world import World
from forestall.domain.plan import DayPlan
from tests.unit.evals.conftest import TinyDay
from tests.unit.evals.test_world import instruction, run_to

# Every part of a profile with something switched on or changed in it.
PARTS: dict[str, dict[str, Any]] = {
    "travel": {"route_sd": 0.3, "leg_sd": 0.5},
    "parking": {"usual_min": 2, "sd": 0.7},
    "hold_ups": {"rate": 0.9},
    "slow_regions": {"count": 3},
    "late_loads": {"rate": 0.9},
    "outages": {"count": 2},
    "closures": {"count": 3},
    "newcomers": {"rate": 0.5},
    "customers": {"no_shows": 0.5, "opt_outs": 0.5, "cancellations": 0.5, "free_words": 0.5},
    "vehicles": {"breakdowns": 0.5, "lost_signals": 0.5, "drivers_away": 0.5, "false_attempts": 0.5},
    "signals": {"lost": 0.5, "delayed": 0.5},
    "carriers": {"withdrawals": 1, "declines": 0.5},
}
EXOGENOUS = {"road_closed", "driver_unavailable", "order_created", "order_cancelled", "carrier_capacity"}


def everything_on() -> Profile:
    profile = load_profile()
    changed = {part: getattr(profile, part).model_copy(update=fields) for part, fields in PARTS.items()}
    return profile.model_copy(update=changed)


def answers(plan: DayPlan, profile: Profile) -> dict[str, object]:
    """What the truth says, by the part of the profile that it comes from."""
    truth = Truth(plan, profile, seed=5)
    noon = (truth.shifts["V01"].leaves + truth.shifts["V01"].returns) / 2
    orders, places = [order.id for order in plan.orders], list(truth.roads.places)
    return {
        "signals": [Device(v.id, profile.signals, truth.draws, 0.0).every_s for v in plan.vehicles],
        "carriers": [truth.withdraws_at(carrier.id) for carrier in plan.carriers],
        "travel": [(truth.route_factor(v.id), truth.leg_factor(places[0], places[1])) for v in plan.vehicles],
        "service": [truth.service_s(stop.id, 300) for stop in plan.stops],
        "parking": [truth.parking_s(place, 300) for place in places],
        "hold_ups": [truth.hold_up(vehicle.id) for vehicle in plan.vehicles],
        "slow_regions": truth.slow_regions,
        "late_loads": [truth.late_load(route) for route in plan.routes],
        "outages": truth.outages,
        "closures": truth.closures,
        "newcomers": list_newcomers(plan, profile.newcomers, truth),
        "customers": [
            (truth.households.is_absent(o, noon), truth.households.opts_out(o), truth.cancels_at(o, noon))
            for o in orders
        ],
        "vehicles": [
            (truth.breaks_down_at(route.vehicle_id), truth.lost_signal(route.vehicle_id), truth.away(route))
            for route in plan.routes
        ]
        + [truth.is_false_attempt(stop.id) for stop in plan.stops],
    }


@pytest.mark.parametrize("part", PARTS)
def test_changing_one_disruption_leaves_every_other_as_it_was(tiny, part: str) -> None:
    """From the default day, and with all the rest switched on."""
    plan = tiny([[(0, 600)] * 6] * 6).build()
    default, rough = load_profile(), everything_on()
    for profile, other in ((default, rough), (rough, default)):
        before = answers(plan, profile)
        after = answers(plan, profile.model_copy(update={part: getattr(other, part)}))
        del before[part], after[part]
        assert before == after


orders_given = st.lists(
    st.tuples(st.integers(1, 200), st.integers(1, 3), st.permutations(range(1, 7)), st.booleans()), max_size=8
)


@settings(max_examples=25, deadline=None)
@given(orders_given, orders_given)
def test_what_the_service_says_changes_nothing_that_it_does_not_decide(one: Any, other: Any) -> None:
    """Words of hubs, streets, drivers, carriers and customers are the same; so is every service at the same stop."""
    first, second = played(one), played(other)
    assert exogenous(first) == exogenous(second)
    for stop_id in first.ledger.visits.keys() & second.ledger.visits.keys():
        ours, theirs = first.ledger.visits[stop_id], second.ledger.visits[stop_id]
        if ours.finished_at and theirs.finished_at and not ours.failed and not theirs.failed:
            assert ours.finished_at - ours.started_at == theirs.finished_at - theirs.started_at


def played(instructions: list[tuple[int, int, list[int], bool]]) -> World:
    """A rough day of three routes, whose drivers are sent their own stops in other orders now and then."""
    world = World(TinyDay([[(0, 500)] * 6] * 3, spares=1).build(), everything_on(), 5)
    for version, (minute, route, order, by_voice) in enumerate(sorted(instructions), start=2):
        run_to(world, minute)
        stops = [f"S{6 * (route - 1) + k}" for k in order]
        world.receive_driver_effect(instruction(world, f"R{route:02d}", version, stops), by_voice=by_voice)
    world.run_to(world.ends_at)
    return world


def exogenous(world: World) -> list[tuple[str, str, str, str]]:
    told = [e for e in world.take_events() if e["type"].removeprefix("forestall.") in EXOGENOUS]
    return sorted((e["type"], e["subject"], e["time"], str(e["data"])) for e in told)
