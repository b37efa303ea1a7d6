"""Simple routes for an instance without a solution: every stop once, in its window, within the load."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forestall.intake.firstplan import plan_routes
from forestall.intake.vrplib import Instance

HORIZON = 36_000.0


def make_instance(points: list[tuple[int, int]], windows: list[tuple[float, float]], demand: list[int]) -> Instance:
    """Places on a plane, a second a metre; the depot is at (0, 0)."""
    places = np.array([(0, 0), *points], dtype=np.float64)
    apart = places[:, None] - places[None]
    return Instance(
        name="made",
        durations_s=np.hypot(apart[..., 0], apart[..., 1]),
        coordinates=places,
        demand=np.array([0, *demand], dtype=np.float64),
        service_s=np.array([0.0] + [60.0] * len(points)),
        windows_s=np.array([(0.0, HORIZON), *windows]),
        capacity=10.0,
        vehicles=3,
    )


def late_stops(instance: Instance, routes: list[list[int]]) -> list[int]:
    late = []
    for route in routes:
        now, place = float(instance.windows_s[0, 0]), 0
        for node in route:
            now = max(now + instance.durations_s[place, node], instance.windows_s[node, 0])
            late += [node] if now > instance.windows_s[node, 1] + 1e-6 else []
            now, place = now + instance.service_s[node], node
        if now + instance.durations_s[place, 0] > instance.windows_s[0, 1] + 1e-6:
            late.append(0)
    return late


POINTS = st.tuples(st.integers(-2000, 2000), st.integers(-2000, 2000))
WINDOWS = st.tuples(st.floats(3000, 20_000), st.floats(0, 10_000)).map(lambda pair: (pair[0], pair[0] + pair[1]))
STOPS = st.tuples(POINTS, WINDOWS, st.integers(0, 10))
Made = tuple[tuple[int, int], tuple[float, float], int]


@given(st.lists(STOPS, min_size=1, max_size=25))
def test_every_stop_is_on_one_route_in_its_window_and_within_the_load(stops: list[Made]) -> None:
    points, windows, demand = zip(*stops, strict=True)
    instance = make_instance(list(points), list(windows), list(demand))
    routes = plan_routes(instance)
    assert sorted(node for route in routes for node in route) == list(range(1, len(stops) + 1))
    assert late_stops(instance, routes) == []
    assert max(instance.demand[route].sum() for route in routes) <= instance.capacity


def test_neighbours_share_a_route() -> None:
    instance = make_instance([(1000, 0), (1010, 0), (-1000, 0), (-1010, 0)], [(0, HORIZON)] * 4, [1] * 4)
    assert sorted(sorted(route) for route in plan_routes(instance)) in ([[1, 2], [3, 4]], [[1, 2, 3, 4]])


def test_stop_that_nobody_can_reach_in_time_begins_a_route_of_its_own() -> None:
    instance = make_instance([(1000, 0), (5000, 0)], [(0, HORIZON), (0, 10)], [1, 1])
    assert 2 in [route[0] for route in plan_routes(instance)]
    assert late_stops(instance, plan_routes(instance)) == [2]


def test_further_vehicles_are_used_only_when_loads_leave_no_other_way() -> None:
    instance = make_instance([(100 * k, 0) for k in range(1, 6)], [(0, HORIZON)] * 5, [10] * 5)
    assert len(plan_routes(instance)) == 5


@pytest.mark.parametrize("seed", [1, 2])
def test_same_instance_gives_the_same_routes(seed: int) -> None:
    draw = np.random.default_rng(seed)
    points = [(int(x), int(y)) for x, y in draw.integers(-2000, 2000, (20, 2))]
    instance = make_instance(points, [(0, HORIZON)] * 20, [1] * 20)
    assert plan_routes(instance) == plan_routes(instance)
