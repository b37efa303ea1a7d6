"""Shrunken rates, and that they know the past alone."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.risk.learned.rates import learn_rates, rates_as_of


def attempts(seed: int, rows: int = 60):
    rng = np.random.default_rng(seed)
    hub, door = rng.integers(0, 3, rows), rng.integers(0, 9, rows)
    keys = [np.array([f"h{h}" for h in hub]), np.array([f"h{h}d{d}" for h, d in zip(hub, door, strict=True)])]
    return keys, (rng.random(rows) < 0.3).astype(float), rng.integers(0, 8, rows)


@given(seed=st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_outcomes_of_the_day_and_after_are_not_known(seed) -> None:
    keys, failed, day = attempts(seed)
    before = rates_as_of(keys, failed, day)
    changed = np.where(day >= 4, 1.0 - failed, failed)
    after = rates_as_of(keys, changed, day)
    assert np.array_equal(before[day <= 4], after[day <= 4])


def test_what_is_told_late_is_known_late() -> None:
    keys, failed, day = attempts(1)
    told = day + 2
    before = rates_as_of(keys, failed, day, told)
    after = rates_as_of(keys, np.where(told >= 6, 1.0 - failed, failed), day, told)
    assert np.array_equal(before[day <= 6], after[day <= 6])
    assert not np.array_equal(before, rates_as_of(keys, failed, day))


@given(seed=st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_the_tables_say_what_the_next_day_would_have_known(seed) -> None:
    keys, failed, day = attempts(seed)
    tomorrow = [np.concatenate([key, key[:5]]) for key in keys]
    as_of = rates_as_of(tomorrow, np.concatenate([failed, np.zeros(5)]), np.concatenate([day, np.full(5, 99)]))
    assert np.allclose(learn_rates(keys, failed).at([key[:5] for key in keys]), as_of[-5:])


def test_few_are_judged_by_many() -> None:
    hub = np.repeat("h", 200)
    door = np.array(["a"] * 198 + ["b"] * 2)
    failed = np.array([0.0] * 180 + [1.0] * 20)  # both at b failed
    known = learn_rates([hub, door], failed).at([np.array(["h", "h", "h"]), np.array(["a", "b", "new"])])
    hub_rate, door_rate = known[:, 0], known[:, 2]
    assert np.allclose(hub_rate, 0.1)
    assert door_rate[0] < hub_rate[0] < door_rate[1] < 0.35
    assert door_rate[2] == hub_rate[2]
