"""Who is in when belongs to the customer and the hour, and to no arm."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from statistics import mean

from hypothesis import given, settings
from hypothesis import strategies as st

from evals.draws import Draws
from evals.households import Households, between_hours
from evals.profile import Customers, Profile, load_profile
from tests.unit.evals.conftest import TinyDay

NINE = datetime(2026, 3, 2, 9, tzinfo=UTC).timestamp()
HOUR = 3600.0


def homes(plan, rules: Customers, seed: int = 1) -> Households:
    return Households(plan, rules, Draws(seed, plan.day), seed, lambda instant: instant % 86_400 / HOUR)


def test_as_many_are_out_as_the_profile_says(tiny, still: Profile, change: Callable) -> None:
    plan = tiny([[(0, 900)] * 100] * 10).build()
    rules = change(still, "customers", no_shows=0.1, no_show_sd=0.8).customers
    shares = [mean(homes(plan, rules, seed).is_absent(o.id, NINE) for o in plan.orders) for seed in range(10)]
    assert 0.09 < mean(shares) < 0.11


def test_the_default_day_has_about_three_in_a_hundred_out_in_its_working_hours(tiny) -> None:
    plan, rules = tiny([[(0, 900)] * 100] * 10).build(), load_profile().customers
    found = [
        homes(plan, rules, seed).is_absent(order.id, NINE + hour * HOUR)
        for seed in range(5)
        for order in plan.orders
        for hour in range(10)
    ]
    assert 0.027 < mean(found) < 0.034


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 20), st.floats(0, 24 * HOUR), st.floats(0, 24 * HOUR))
def test_whoever_is_in_at_a_bad_hour_is_in_at_a_better_one(seed: int, one: float, other: float) -> None:
    rules = load_profile().customers.model_copy(update={"no_shows": 0.3})
    plan = TinyDay([[(0, 900)] * 20]).build()
    household = homes(plan, rules, seed)
    better, worse = sorted((one, other), key=lambda instant: between_hours(rules.absent_by_hour, instant / HOUR))
    for order in plan.orders:
        assert household.is_absent(order.id, worse) >= household.is_absent(order.id, better)


def test_a_customers_ways_last_from_day_to_day(tiny) -> None:
    rules, plan = load_profile().customers, tiny().build()
    tomorrow = replace(plan, day="tomorrow")
    assert [homes(plan, rules).carelessness(o.id) for o in plan.orders] == [
        homes(tomorrow, rules).carelessness(o.id) for o in plan.orders
    ]
    assert len({homes(plan, rules).carelessness(o.id) for o in plan.orders}) == len(plan.orders)
