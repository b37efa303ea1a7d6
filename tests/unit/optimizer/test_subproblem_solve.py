"""Solving a sub-problem: as good as enumeration where that is possible, never worse, repeatable, within the rules."""

import dataclasses

import numpy as np
import pytest

from optimizer.repair import ortools_routing
from optimizer.repair.evaluation import evaluate, last_arrival_s, route_price
from optimizer.repair.ortools_routing import solve
from optimizer.repair.subproblem import CUSTODY, Budget, SolveStatus, SubProblem

# What ends these searches are their counts: no busy machine burns down a fuse this long.
UNHURRIED_S = 120.0
SMALL = Budget(solution_limit=60, neighbour_limit=4_000, fuse_s=UNHURRIED_S)


def make_day(seed: int, vehicles: int = 3, per_vehicle: int = 6, **changes: object) -> SubProblem:
    """Stops scattered over 20 km, dealt out at random, with windows of one or two hours; vehicle 0 is 20 min late."""
    draw = np.random.default_rng(seed)
    stops = vehicles * per_vehicle
    places = draw.uniform(0, 20_000, (stops + 1, 2))
    metres = np.linalg.norm(places[:, None] - places[None], axis=2)
    opens = draw.integers(0, 4 * 3600, stops)
    ready = np.zeros(vehicles)
    ready[0] = 1200
    values: dict[str, object] = {
        "travel_s": metres * draw.uniform(0.14, 0.17, metres.shape),
        "node": np.arange(1, stops + 1),
        "opens_s": opens,
        "closes_s": opens + draw.choice([3600, 7200], stops),
        "service_s": draw.integers(60, 300, stops),
        "start_node": 0,
        "ready_s": ready,
        "end_node": 0,
        "shift_end_s": 12 * 3600,
        "move_price": 300,
        "demand": draw.integers(1, 5, (stops, 1)),
        "capacity": np.full((vehicles, 1), 5 * per_vehicle),
        "sequences": tuple(tuple(range(v * per_vehicle, (v + 1) * per_vehicle)) for v in range(vehicles)),
    }
    return SubProblem.build(**(values | changes))  # type: ignore[arg-type]


def best_order_price(sub: SubProblem) -> float:
    """The price of the best order of all stops on one vehicle: depth first, cutting what is already too dear."""
    best = route_price(sub, 0, sub.sequences[0])

    def extend(here: int, now: int, price: float, left: frozenset[int]) -> None:
        nonlocal best
        if not left:
            best = min(best, price + sub.travel_s[0, here, sub.end_node[0]])
        for stop in sorted(left, key=lambda s: sub.travel_s[0, here, sub.node[s]]):
            there = int(sub.node[stop])
            start = max(now + int(sub.travel_s[0, here, there]), int(sub.opens_s[stop]))
            late = start - int(sub.closes_s[stop])
            then = price + int(sub.travel_s[0, here, there])
            then += float(sub.lateness_price[stop]) * late + float(sub.miss_price[stop]) if late > 0 else 0.0
            if then < best:
                extend(there, start + int(sub.service_s[stop]), then, left - {stop})

    extend(int(sub.start_node[0]), int(sub.ready_s[0]), 0.0, frozenset(range(sub.stops)))
    return best


class TestQuality:
    @pytest.mark.parametrize("seed", range(6))
    def test_one_route_of_eight_is_as_good_as_enumeration(self, seed: int) -> None:
        sub = make_day(seed, vehicles=1, per_vehicle=8)
        assert solve(sub, Budget(100, fuse_s=UNHURRIED_S), 1).objective <= 1.001 * best_order_price(sub)

    @pytest.mark.parametrize("stops", [14, 20])
    def test_a_long_route_whose_best_order_is_known_is_found(self, stops: int) -> None:
        """Places in a row, shuffled: out and back, and no detour, is twice the farthest."""
        row = np.abs(np.subtract.outer(np.arange(stops + 1), np.arange(stops + 1))) * 100
        order = tuple(np.random.default_rng(stops).permutation(stops).tolist())
        sub = make_day(1, 1, stops, travel_s=row, opens_s=0, closes_s=100_000, sequences=(order,))
        assert solve(sub, Budget(100, fuse_s=UNHURRIED_S), 1).objective == 2 * stops * 100

    def test_a_late_vehicle_gets_help(self) -> None:
        sub = make_day(4)
        found = solve(sub, SMALL, 1)
        before, after = evaluate(sub, sub.sequences), evaluate(sub, found.sequences)
        assert found.status is SolveStatus.IMPROVED
        assert len(after.missed) < len(before.missed)

    def test_a_miss_is_avoided_where_seconds_of_lateness_alone_would_not_pay(self) -> None:
        """Stop 0 closes 1 s too early for the short way round; only the miss price is worth the detour."""
        travel = np.array([[0, 100, 100], [100, 0, 150], [100, 150, 0]])
        sub = SubProblem.build(
            travel_s=travel, node=[1, 2], opens_s=0, closes_s=[249, 10_000], service_s=0, start_node=0, ready_s=[0],
            end_node=1, shift_end_s=10_000, sequences=((1, 0),),
        )  # fmt: skip
        assert evaluate(sub, sub.sequences).missed == (0,)
        assert solve(sub, SMALL, 1).sequences == ((0, 1),)


class TestPromises:
    @pytest.mark.parametrize("seed", range(4))
    def test_never_worse_than_its_start_and_within_the_rules(self, seed: int) -> None:
        sub = make_day(seed)
        found = solve(sub, SMALL, 1)
        result = evaluate(sub, found.sequences)
        assert result.is_feasible
        assert found.objective == result.objective <= found.start_objective == evaluate(sub, sub.sequences).objective

    def test_the_same_problem_budget_and_seed_give_the_same_plan(self) -> None:
        first, second = solve(make_day(5), SMALL, 3), solve(make_day(5), SMALL, 3)
        assert first.replayable
        assert (first.sequences, first.objective, first.solutions, first.neighbours, first.engine) == (
            second.sequences, second.objective, second.solutions, second.neighbours, second.engine,
        )  # fmt: skip

    def test_the_budget_ends_the_search(self) -> None:
        assert solve(make_day(5), Budget(neighbour_limit=500, fuse_s=UNHURRIED_S), 1).neighbours == 500
        assert solve(make_day(5), Budget(solution_limit=3, fuse_s=UNHURRIED_S), 1).solutions <= 4

    def test_an_answer_the_fuse_cut_short_is_marked_not_replayable(self) -> None:
        sub = make_day(6, vehicles=4, per_vehicle=12)
        assert not solve(sub, Budget(10**6, 10**9, fuse_s=0.2), 1).replayable

    def test_goods_aboard_stay_with_their_vehicle(self) -> None:
        sub = make_day(4)
        aboard = np.arange(sub.stops) % 2 == 0
        own = sub.home[:, None] == np.arange(sub.vehicles)[None, :]
        pinned = dataclasses.replace(sub, excluded=np.where(own | ~aboard[:, None], 0, CUSTODY).astype(np.uint8))
        found = solve(pinned, SMALL, 1)
        where = {stop: v for v, sequence in enumerate(found.sequences) for stop in sequence}
        assert found.status is SolveStatus.IMPROVED
        assert all(where[stop] == sub.home[stop] for stop in np.flatnonzero(aboard).tolist())

    def test_a_dear_move_is_not_made_for_a_small_gain(self) -> None:
        sub = make_day(4, closes_s=100_000)
        moves = {}
        for price in (0.0, 1e6):
            found = solve(dataclasses.replace(sub, move_price=np.full(sub.stops, price)), SMALL, 1)
            moves[price] = len(evaluate(sub, found.sequences).moved)
        assert moves[0.0] > 0 == moves[1e6]

    def test_the_hard_end_of_service_holds(self) -> None:
        sub = make_day(4, shift_end_s=[9000, 20_000, 12 * 3600])
        found = solve(sub, SMALL, 1)
        ends = [start[-1] if start else 0 for start in evaluate(sub, found.sequences).starts_s]
        assert evaluate(sub, found.sequences).is_feasible
        assert all(end <= last_arrival_s(sub, vehicle) for vehicle, end in enumerate(ends))


class TestRescue:
    def make_rescue(self, **changes: object) -> SubProblem:
        """Stops 0-2 are parcels of a broken van at place 18, picked up there by stops 15-17; nobody has them yet."""
        day = make_day(7)
        node = day.node.copy()
        node[15:] = 18
        values: dict[str, object] = {
            "travel_s": day.travel_s, "node": node, "opens_s": [0] * 3 + [0] * 12 + [0] * 3,
            "closes_s": 40_000, "service_s": [*day.service_s[:15], 20, 20, 20], "setup_s": [0] * 15 + [180] * 3,
            "undone_price": [36_000] * 15 + [0] * 3, "demand": day.demand, "capacity": day.capacity,
            "start_node": 0, "ready_s": day.ready_s, "end_node": 0, "shift_end_s": 50_000,
            "sequences": ((3, 4, 5, 6), (7, 8, 9, 10), (11, 12, 13, 14)), "pairs": ((15, 0), (16, 1), (17, 2)),
        }  # fmt: skip
        return SubProblem.build(**(values | changes))  # type: ignore[arg-type]

    def test_stranded_parcels_are_met_and_delivered_in_that_order(self) -> None:
        sub = self.make_rescue()
        result = evaluate(sub, solve(sub, Budget(100, 20_000, UNHURRIED_S), 1).sequences)
        assert result.is_feasible
        assert result.undone == ()

    def test_a_rescue_no_vehicle_may_make_is_left_undone(self) -> None:
        allowed = np.ones((18, 3), dtype=bool)
        allowed[15:] = False
        sub = self.make_rescue(allowed=allowed)
        result = evaluate(sub, solve(sub, SMALL, 1).sequences)
        assert result.is_feasible
        assert {0, 1, 2} <= set(result.undone)


class TestBadStarts:
    def test_a_start_that_breaks_a_hard_rule_is_trimmed_and_said_so(self) -> None:
        sub = make_day(2, shift_end_s=[6000, 12 * 3600, 12 * 3600])
        found = solve(sub, SMALL, 1)
        assert set(found.trimmed) <= set(sub.sequences[0]) != set()
        assert found.trimmed
        assert evaluate(sub, found.sequences).is_feasible

    def test_a_start_the_engine_cannot_read_comes_back_with_that_status(self, monkeypatch: pytest.MonkeyPatch) -> None:
        sub = make_day(2)
        other = make_day(2, allowed=np.zeros((18, 3), dtype=bool))
        build = ortools_routing._build
        monkeypatch.setattr(ortools_routing, "_build", lambda _, start: build(other, start))
        found = solve(sub, SMALL, 1)
        assert (found.status, found.sequences) == (SolveStatus.REFUSED, sub.sequences)

    def test_nothing_to_do_is_done_at_once(self) -> None:
        sub = make_day(1, 2, 0, travel_s=[[0]], demand=np.zeros((0, 1)))
        assert (solve(sub, SMALL, 1).status, solve(sub, SMALL, 1).sequences) == (SolveStatus.KEPT, ((), ()))

    def test_a_stop_that_opens_after_everyone_is_home_is_left_undone(self) -> None:
        opens = np.zeros(18)
        opens[3] = 90_000
        sub = make_day(1, opens_s=opens, closes_s=100_000)
        found = solve(sub, SMALL, 1)
        assert found.trimmed == (3,)
        assert evaluate(sub, found.sequences).undone == (3,)
