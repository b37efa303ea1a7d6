"""The day's truth belongs to (seed, day, entity): no arm, and no order of asking, can change it."""

import math
import random
from collections.abc import Callable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from evals.draws import Draws, student_t4
from evals.profile import Profile, load_profile
from evals.truth import Truth


def test_asking_in_another_order_gives_the_same_answers(tiny) -> None:
    plan, profile = tiny([[(0, 60)] * 6, [(0, 60)] * 6]).build(), load_profile()
    questions = [
        *(lambda t, v=v.id: (v, t.breaks_down_at(v), t.hold_up(v), t.route_factor(v)) for v in plan.vehicles),
        *(lambda t, s=s.id: (s, t.service_s(s, 300)) for s in plan.stops),
        *(lambda t, o=o: (o.id, t.households.is_absent(o.id, o.promise.opens_at.timestamp())) for o in plan.orders),
        *(lambda t, o=o.id: (o, t.households.carelessness(o), t.households.is_helped_if_asked(o)) for o in plan.orders),
        *(lambda t, s=s: (s.id, t.parking_s(s.location.id, 300), t.is_false_attempt(s.id)) for s in plan.stops),
        *(lambda t, r=r: (r.id, t.away(r), t.misses_message(r.id, 2), t.reads_after_s(r.id, 2)) for r in plan.routes),
        lambda t: (t.outages, t.closures, t.slow_regions),
        *(lambda t, r=r: (r.id, t.late_load(r)) for r in plan.routes),
        *(
            lambda t, a=a.location.id, b=b.location.id: (a, b, t.leg_factor(a, b))
            for a in plan.stops
            for b in plan.stops
        ),
    ]
    first = Truth(plan, profile, seed=3)
    answers = {question: question(first) for question in questions}
    shuffled = list(questions)
    random.Random(1).shuffle(shuffled)
    second = Truth(plan, profile, seed=3)
    assert all(question(second) == answers[question] for question in shuffled)


def test_another_seed_and_another_day_are_another_truth(tiny) -> None:
    plan = tiny().build()
    factors = {
        Truth(plan, load_profile(), seed=1).leg_factor("n1", "n2"),
        Truth(plan, load_profile(), seed=2).leg_factor("n1", "n2"),
        Truth(replace(plan, day="another"), load_profile(), seed=1).leg_factor("n1", "n2"),
    }
    assert len(factors) == 3


def test_rates_come_out_as_the_profile_says() -> None:
    draws = Draws(1, "day")
    assert 0.09 < sum(draws.happens(0.1, "x", str(k)) for k in range(10_000)) / 10_000 < 0.11


def test_route_factors_have_mean_one_and_the_given_spread() -> None:
    draws = Draws(1, "day")
    logs = [math.log(draws.lognormal(0.1, "route", str(k))) for k in range(10_000)]
    mean = sum(math.exp(x) for x in logs) / len(logs)
    spread = math.sqrt(sum((x - sum(logs) / len(logs)) ** 2 for x in logs) / len(logs))
    assert abs(mean - 1) < 0.005
    assert abs(spread - 0.1) < 0.003


def test_the_heavy_tail_is_student_t_with_four_degrees_of_freedom() -> None:
    # from any table of the t distribution
    assert abs(student_t4(0.975) - 2.776) < 1e-3
    assert abs(student_t4(0.95) - 2.132) < 1e-3
    assert abs(student_t4(0.75) - 0.741) < 1e-3


@given(st.floats(min_value=1e-12, max_value=1 - 1e-12))
def test_the_heavy_tail_is_symmetric_and_finite(share: float) -> None:
    value = student_t4(share)
    assert math.isfinite(value)
    assert math.copysign(1, value) == math.copysign(1, share - 0.5) or value == 0


def test_hour_factors_move_evenly_between_the_middles_of_hours(tiny, still: Profile, change: Callable) -> None:
    hours = tuple([1.0] * 9 + [2.0] + [1.0] * 14)  # slow from 9 to 10 local, which is UTC in March in Lisbon
    truth = Truth(tiny().build(), change(still, "travel", hour_of_day=hours), seed=1)
    midnight = truth.shifts["V01"].leaves - 8 * 3600
    assert truth.hour_factor(midnight + 9.5 * 3600) == 2.0
    assert truth.hour_factor(midnight + 9.0 * 3600) == 1.5
    assert truth.hour_factor(midnight + 8.0 * 3600) == 1.0


def test_a_slow_region_slows_legs_that_touch_it_and_only_while_it_lasts(tiny, still: Profile, change: Callable) -> None:
    profile = change(still, "slow_regions", count=1, share=0.25)
    truth = Truth(tiny([[(0, 60)] * 7]).build(), profile, seed=1)
    (region,) = truth.slow_regions
    inside = next(iter(region.locations))
    far = next(place for place in truth.roads.places if place not in region.locations)
    farther = next(p for p in reversed(truth.roads.places) if p not in region.locations and p != far)
    place = truth.roads.places
    assert len(region.locations) == 2
    assert truth.region_factor(place[inside], place[far], region.during.start) == 1.5
    assert truth.region_factor(place[inside], place[far], region.during.end) == 1.0
    assert truth.region_factor(place[far], place[farther], region.during.start) == 1.0
