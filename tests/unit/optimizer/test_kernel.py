"""The compiled simulation against a plain numpy twin, and what it promises about prices."""

from random import Random
from threading import Event, Thread

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.kernel import (
    NEVER,
    NO_GATE,
    Drive,
    Floats,
    Ints,
    World,
    fleet_starts,
    route_cost,
    route_duties,
    route_starts,
)
from optimizer.twin import cost_by_numpy, duties_by_numpy, starts_by_numpy

SAMPLES, STOPS, PLACES, GATES = 64, 9, 10, 3


def random_world(seed: int, hours: bool, rules: bool = False) -> tuple[World, Drive]:
    """Two vehicles and some stops; with ``rules``, breaks for the first driver and gates before some visits."""
    rng = np.random.default_rng(seed)
    no_gates = np.full(STOPS, NO_GATE)
    opens = rng.uniform(0, 8000, STOPS)
    world = World(
        travel_s=rng.uniform(60, 1500, (PLACES, PLACES)) * np.array([1.0, 1.7])[:, None, None],  # a van's, a bike's
        slow=rng.uniform(0.9, 1.6, PLACES),
        place=np.arange(1, STOPS + 1),
        opens_s=opens,
        closes_s=opens + rng.uniform(600, 4000, STOPS),
        service_s=rng.uniform(100, 700, STOPS),
        available_s=np.where(rng.random(STOPS) < 0.2, 1500.0, -np.inf),
        gate=np.where(rng.random(STOPS) < 0.2, rng.integers(0, GATES, STOPS), NO_GATE) if rules else no_gates,
        gates_s=rng.uniform(0, 9000, (GATES, SAMPLES)),
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
        break_after_s=np.array([rng.uniform(300, 4000), np.inf]) if rules else np.full(2, np.inf),
        break_s=np.full(2, 900.0),
        drive_limit_s=np.full(2, 6000.0),
        duty_limit_s=np.full(2, 9000.0),
        driven_s=rng.uniform(0, 3000, 2),
        since_break_s=rng.uniform(0, 300, 2),
        duty_start_s=np.array([0.0, -1000.0]),
        service_pace=np.array([1.0, 1.1]),
        profile=np.array([0, 1]),
        place=np.zeros(2, dtype=np.int64),
        end=np.zeros(2, dtype=np.int64),
        shift_end_s=np.array([9000.0, 12_000.0]),
    )
    return world, drive


def starts_of(world: World, drive: Drive, route: int, sequence: Ints) -> Floats:
    starts = np.empty((sequence.size, SAMPLES))
    route_starts(world, drive, route, sequence, starts)
    return starts


def duties_of(world: World, drive: Drive, route: int, sequence: Ints) -> tuple[Floats, Floats]:
    driven, duty = np.empty(SAMPLES), np.empty(SAMPLES)
    route_duties(world, drive, route, sequence, driven, duty)
    return driven, duty


seeds = st.integers(0, 2**32)
unhurried = settings(deadline=None)  # the first call compiles


@unhurried
@given(seed=seeds, hours=st.booleans(), rules=st.booleans(), route=st.integers(0, 1), length=st.integers(0, STOPS))
def test_the_compiled_simulation_equals_its_plain_twin(
    seed: int, hours: bool, rules: bool, route: int, length: int
) -> None:
    world, drive = random_world(seed, hours, rules)
    stops = Random(seed).sample(range(STOPS), length)
    sequence = np.array(stops, dtype=np.int64)
    np.testing.assert_allclose(
        starts_of(world, drive, route, sequence), starts_by_numpy(world, drive, route, stops), rtol=1e-9
    )
    np.testing.assert_allclose(
        duties_of(world, drive, route, sequence), duties_by_numpy(world, drive, route, stops), rtol=1e-9
    )
    if length:
        cost = route_cost(world, drive, route, sequence, length, np.inf)
        assert cost == pytest.approx(cost_by_numpy(world, drive, route, stops), rel=1e-9)


@unhurried
@given(seed=seeds, route=st.integers(0, 1), rules=st.booleans(), delay=st.floats(0, 5000))
def test_leaving_later_never_makes_any_stop_earlier(seed: int, route: int, rules: bool, delay: float) -> None:
    world, drive = random_world(seed, hours=False, rules=rules)
    world = world._replace(available_s=np.full(STOPS, -np.inf))  # else a late load may be what both wait for
    sequence = np.arange(STOPS)
    later = drive._replace(ready_s=drive.ready_s + delay, earliest_s=drive.earliest_s + delay)
    gained_s = starts_of(world, drive, route, sequence) - starts_of(world, later, route, sequence)
    assert gained_s.max() < 1e-6


@unhurried
@given(seed=seeds, hours=st.booleans(), rules=st.booleans(), route=st.integers(0, 1))
def test_an_arrival_before_the_window_waits_and_no_visit_begins_after_the_shift(
    seed: int, hours: bool, rules: bool, route: int
) -> None:
    world, drive = random_world(seed, hours, rules)
    starts = starts_of(world, drive, route, np.arange(STOPS))
    assert (starts >= world.opens_s[:, None]).all()
    assert ((starts <= drive.shift_end_s[route]) | (starts == NEVER)).all()


def test_a_visit_waits_for_its_gate_in_every_sample() -> None:
    world, drive = random_world(2, hours=True)
    gated = world._replace(gate=np.where(np.arange(STOPS) == 3, 1, NO_GATE))
    sequence = np.arange(STOPS)
    free, waiting = starts_of(world, drive, 1, sequence), starts_of(gated, drive, 1, sequence)
    assert (waiting[:3] == free[:3]).all()
    late = np.maximum(free[3], world.gates_s[1])
    assert (waiting[3] == np.where(late <= drive.shift_end_s[1], late, NEVER)).all()


def quiet_drive(drive: Drive) -> Drive:
    """A drive at the usual pace that nothing holds up and no shift ends."""
    return drive._replace(
        pace=np.ones_like(drive.pace), hold_at_s=np.full_like(drive.hold_at_s, NEVER), shift_end_s=np.full(2, 1e6)
    )


def straight_world() -> tuple[World, Drive]:
    """Legs of 1000 s sharp, visits of 100 s, no windows, no traffic: what is left are the rules."""
    world, drive = random_world(1, hours=False)
    world = world._replace(
        travel_s=np.full((2, PLACES, PLACES), 1000.0),
        slow=np.ones(PLACES),
        opens_s=np.zeros(STOPS),
        service_s=np.full(STOPS, 100.0),
        leg=np.ones_like(world.leg),
        visit=np.ones_like(world.visit),
    )
    drive = quiet_drive(drive)._replace(
        ready_s=np.zeros((2, SAMPLES)), service_pace=np.ones(2), since_break_s=np.zeros(2), driven_s=np.zeros(2)
    )
    return world, drive._replace(break_after_s=np.array([np.inf, 2500.0]), duty_start_s=np.array([0.0, -500.0]))


def test_a_break_is_taken_whenever_the_time_at_the_wheel_is_used_up() -> None:
    world, drive = straight_world()
    starts = starts_of(world, drive, 1, np.arange(6))
    breaks = np.array([0, 0, 1, 1, 1, 2])  # the third leg goes beyond 2500 s, the sixth beyond 5000 s
    expected = 1000.0 * np.arange(1, 7) + 100.0 * np.arange(6) + 900.0 * breaks
    assert starts == pytest.approx(np.repeat(expected[:, None], SAMPLES, axis=1))


def test_time_at_the_wheel_before_now_counts_towards_the_break() -> None:
    world, drive = straight_world()
    tired = drive._replace(since_break_s=np.array([0.0, 2000.0]))
    late = starts_of(world, tired, 1, np.arange(3)) - starts_of(world, drive, 1, np.arange(3))
    assert late[:, 0] == pytest.approx([900.0, 900.0, 0.0])  # 2000 s + 1000 s is beyond it at once, the next at 5000 s


def test_duties_end_at_the_hub_and_count_breaks_as_duty_but_not_as_driving() -> None:
    world, drive = straight_world()
    driven, duty = duties_of(world, drive._replace(driven_s=np.array([0.0, 700.0])), 1, np.arange(3))
    assert driven == pytest.approx(np.full(SAMPLES, 700.0 + 4000.0))
    assert duty == pytest.approx(np.full(SAMPLES, 500.0 + 4000.0 + 300.0 + 900.0))


def test_a_stop_that_the_shift_rules_out_is_not_driven_to() -> None:
    world, drive = straight_world()
    short = drive._replace(shift_end_s=np.full(2, 2500.0))
    driven, duty = duties_of(world, short, 0, np.arange(3))
    assert driven == pytest.approx(np.full(SAMPLES, 3000.0))
    assert duty == pytest.approx(np.full(SAMPLES, 3200.0))


def test_the_compiled_simulation_lets_other_threads_run() -> None:
    """While one thread simulates, another one's Python goes on: the interpreter lock is not held."""
    world, drive = random_world(1, hours=True)
    many = 20_000
    flat, offsets = np.tile(np.arange(STOPS), many), np.arange(0, STOPS * many + 1, STOPS)
    starts = np.empty((STOPS * many, SAMPLES))
    done = Event()

    def simulate() -> None:
        fleet_starts(world, drive, np.ones(many, dtype=np.int64), offsets, flat, starts)
        done.set()

    fleet_starts(world, drive, np.ones(1, dtype=np.int64), offsets[:2], flat[:STOPS], starts[:STOPS])  # compile
    worker = Thread(target=simulate)
    worker.start()
    ticks = 0
    while not done.is_set():
        ticks += 1
    worker.join()
    assert ticks > 100  # a held lock leaves us a turn or two before it and none within


def test_an_evaluation_that_passes_its_limit_is_given_up() -> None:
    world, drive = random_world(1, hours=False)
    sequence = np.arange(STOPS)
    cost = route_cost(world, drive, 1, sequence, STOPS, np.inf)
    assert route_cost(world, drive, 1, sequence, STOPS, cost) == np.inf
    assert route_cost(world, drive, 1, sequence, STOPS, cost + 1.0) == cost


def test_a_vehicle_with_nothing_to_do_costs_nothing() -> None:
    world, drive = random_world(1, hours=False)
    assert route_cost(world, drive, 1, np.empty(0, dtype=np.int64), 0, np.inf) == 0.0
