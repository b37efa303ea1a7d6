"""The compiled simulation against a plain numpy twin, and what it promises about prices."""

import numpy as np
import pytest

from optimizer.kernel import NEVER, Drive, World, route_cost, route_starts
from optimizer.twin import cost_by_numpy, starts_by_numpy

SAMPLES, STOPS, PLACES = 64, 9, 10


def random_world(seed: int, hours: bool) -> tuple[World, Drive]:
    rng = np.random.default_rng(seed)
    opens = rng.uniform(0, 8000, STOPS)
    world = World(
        travel_s=rng.uniform(60, 1500, (PLACES, PLACES)),
        slow=rng.uniform(0.9, 1.6, PLACES),
        place=np.arange(1, STOPS + 1),
        opens_s=opens,
        closes_s=opens + rng.uniform(600, 4000, STOPS),
        service_s=rng.uniform(100, 700, STOPS),
        available_s=np.where(rng.random(STOPS) < 0.2, 1500.0, -np.inf),
        late_price=np.full(STOPS, 5.0),
        miss_price=np.full(STOPS, 36_000.0),
        undone_price=np.full(STOPS, 111_600.0),
        leg=rng.uniform(0.6, 2.0, (STOPS, SAMPLES)).astype(np.float32),
        visit=rng.uniform(0.6, 2.0, (STOPS, SAMPLES)).astype(np.float32),
        hours=rng.uniform(0.8, 1.2, 49) if hours else np.zeros(0),
        now_s=500.0,
        persist_s=9000.0,
        slow_cap_s=2250.0,
        lateness_cap_s=14_400.0,
        gross_after_s=2000.0,
        gross_share=0.5,
        travel_price=1.0,
    )
    drive = Drive(
        ready_s=np.sort(rng.uniform(500, 1500, (2, SAMPLES)), axis=1),
        earliest_s=np.array([500.0, 0.0]),
        at_hub=np.array([True, False]),
        slip=rng.uniform(0.8, 1.3, (2, SAMPLES)),
        pace=rng.uniform(0.8, 1.3, (2, SAMPLES)),
        hold_at_s=np.where(rng.random((2, SAMPLES)) < 0.5, rng.uniform(500, 9000, (2, SAMPLES)), NEVER),
        hold_s=rng.uniform(900, 3000, (2, SAMPLES)),
        service_pace=np.array([1.0, 1.1]),
        place=np.zeros(2, dtype=np.int64),
        end=np.zeros(2, dtype=np.int64),
        shift_end_s=np.array([9000.0, 12_000.0]),
    )
    return world, drive


@pytest.mark.parametrize("hours", [False, True])
@pytest.mark.parametrize("route", [0, 1])
@pytest.mark.parametrize("seed", range(8))
def test_the_compiled_simulation_equals_its_plain_twin(seed: int, route: int, hours: bool) -> None:
    world, drive = random_world(seed, hours)
    sequence = np.random.default_rng(seed).permutation(STOPS)
    starts = np.empty((STOPS, SAMPLES))
    route_starts(world, drive, route, sequence, starts)
    np.testing.assert_allclose(starts, starts_by_numpy(world, drive, route, list(sequence)), rtol=1e-9)
    cost = route_cost(world, drive, route, sequence, STOPS, np.inf)
    assert cost == pytest.approx(cost_by_numpy(world, drive, route, list(sequence)), rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_leaving_later_never_makes_any_stop_earlier(seed: int) -> None:
    world, drive = random_world(seed, hours=False)
    sequence = np.arange(STOPS)
    before, after = np.empty((STOPS, SAMPLES)), np.empty((STOPS, SAMPLES))
    route_starts(world, drive, 1, sequence, before)
    route_starts(world, drive._replace(ready_s=drive.ready_s + 300.0), 1, sequence, after)
    assert (after >= before).all()


def test_an_evaluation_that_passes_its_limit_is_given_up() -> None:
    world, drive = random_world(1, hours=False)
    sequence = np.arange(STOPS)
    cost = route_cost(world, drive, 1, sequence, STOPS, np.inf)
    assert route_cost(world, drive, 1, sequence, STOPS, cost) == np.inf
    assert route_cost(world, drive, 1, sequence, STOPS, cost + 1.0) == cost


def test_a_vehicle_with_nothing_to_do_costs_nothing() -> None:
    world, drive = random_world(1, hours=False)
    assert route_cost(world, drive, 1, np.empty(0, dtype=np.int64), 0, np.inf) == 0.0
