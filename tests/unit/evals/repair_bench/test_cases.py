"""Disruptions repeat, and what is done or committed is out of every engine's reach."""

import pytest

from evals.repair_bench.case import HUB, frozen_nodes, make_case
from evals.repair_bench.days import Day
from evals.repair_bench.disruptions import Kind, draw, planned_starts
from evals.repair_bench.objective import custody_problem, free_problem

SEEDS = range(1, 31)


def test_the_same_day_and_seed_meet_the_same_disruption(town: Day) -> None:
    assert [draw(town, seed) for seed in SEEDS] == [draw(town, seed) for seed in SEEDS]
    assert len({draw(town, seed) for seed in SEEDS}) > 20


def test_three_seeds_in_a_row_bring_every_kind(town: Day) -> None:
    for first in range(10):
        assert {draw(town, seed).kind for seed in range(first, first + 3)} == set(Kind)


def test_done_and_committed_stops_are_never_free(town: Day) -> None:
    for seed in SEEDS:
        case = make_case(town, seed)
        new = len(case.disruption.inserted)
        free = {visit.node for visit in case.visits[: len(case.visits) - new]}
        starts = planned_starts(town)
        assert not free & frozen_nodes(case)
        for route, nodes in enumerate(town.routes):
            begun = {node for node in nodes if starts[node] <= case.disruption.at_s}
            assert not free & begun, f"seed {seed}: route {route} has begun {begun}"


def test_every_stop_is_done_committed_cancelled_or_open(town: Day) -> None:
    for seed in SEEDS:
        case = make_case(town, seed)
        broken = set(town.routes[case.disruption.broken]) if case.disruption.broken is not None else set()
        open_nodes = {visit.node for visit in case.visits[: len(case.visits) - len(case.disruption.inserted)]}
        accounted = open_nodes | frozen_nodes(case) | set(case.disruption.cancelled) | broken
        assert accounted == set(range(1, town.nodes))


def test_a_van_goes_on_from_its_committed_stop_when_that_is_done(town: Day) -> None:
    case = make_case(town, 1, Kind.SLOW_REGION)
    starts = planned_starts(town)
    for van in case.vans:
        if van.committed is not None:
            assert van.node == van.committed
            assert van.ready_s == starts[van.committed] + town.service_s[van.committed]
            assert van.ready_s > case.disruption.at_s


@pytest.mark.parametrize("kind", list(Kind))
def test_each_kind_does_what_it_says(town: Day, kind: Kind) -> None:
    case = make_case(town, 5, kind)
    routes = {van.route for van in case.vans}
    if kind is Kind.BREAKDOWN:
        assert case.disruption.broken not in routes
        assert case.wreck is not None
        assert all(case.visits[stop].holder is None for stop in case.wreck.stops)
    elif kind is Kind.DELAY:
        assert 1800 <= case.disruption.delay_s <= 3600
    else:
        a, b = case.disruption.slow_nodes[:2]
        assert case.travel_s[a, b] == round(1.5 * int(town.travel_s[a, b]))
    assert len(case.disruption.cancelled) == len(case.disruption.inserted) == 1


def test_with_custody_goods_stay_where_they_are(town: Day) -> None:
    case = make_case(town, 2, Kind.BREAKDOWN)
    sub = custody_problem(case)
    assert case.wreck is not None
    assert len(sub.pairs) == len(case.wreck.stops)
    for stop, visit in enumerate(case.visits):
        may = [van for van in range(len(case.vans)) if sub.excluded[stop, van] == 0]
        if visit.holder == HUB:
            assert may == [v for v, van in enumerate(case.vans) if not van.has_left]
        elif visit.holder is not None:
            assert may == [visit.holder]


def test_freely_moving_goods_may_go_on_any_van(town: Day) -> None:
    assert not free_problem(make_case(town, 2, Kind.BREAKDOWN)).excluded.any()
