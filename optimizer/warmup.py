"""Compiling ahead: the first call of compiled code takes seconds, and a service has better moments for that."""

import numpy as np

from optimizer.kernel import NEVER, SEARCH_SAMPLES, Drive, World, fleet_duties, fleet_starts, route_cost
from optimizer.repair.engines import Rung
from optimizer.repair.ladder import Ladder
from optimizer.repair.moves import Rules, best_insertion, improve_order, load_fits, moved_count, order_holds
from optimizer.risk.draws import Draws
from optimizer.risk.priors import Priors

_STOPS = 4


def warm_up() -> None:
    """Compile everything Python calls, or load it from the cache on disk (a second or so). Safe to call again."""
    world, drive, rules = _tiny_world(), _tiny_drive(), _tiny_rules()
    sequence = np.arange(3, dtype=np.int64)
    route_cost(world, drive, 0, sequence, 3, np.inf)
    fleet_starts(world, drive, np.zeros(1, dtype=np.int64), np.array([0, 3]), sequence, np.empty((3, 2)))
    fleet_duties(
        world, drive, np.zeros(1, dtype=np.int64), np.array([0, 3]), sequence, np.empty((1, 2)), np.empty((1, 2))
    )
    draws = Draws(Priors(), SEARCH_SAMPLES, 1)
    draws.factor("pace", "route", 1.0, 0.1)
    draws.stop_noise("stop")
    draws.ranks("hold", "stop")
    order_holds(rules, 0, sequence, 3)
    load_fits(rules, drive, 0, sequence, 3)
    rank = np.arange(_STOPS, dtype=np.int64)
    moved_count(sequence, 3, rank)
    best_insertion(world, drive, rules, 0, sequence, 3, np.inf)
    improve_order(world, drive, rules, 0, sequence, rank, 1.0, 1, 100, 1)


def _tiny_world() -> World:
    ones, places = np.ones(_STOPS), np.arange(_STOPS, dtype=np.int64)
    noise = np.ones((_STOPS, 2), dtype=np.float32)
    return World(
        travel_s=np.ones((1, _STOPS, _STOPS)),
        slow=ones,
        place=places,
        opens_s=ones,
        closes_s=ones,
        service_s=ones,
        available_s=ones,
        gate=places * 0 - 1,
        gates_s=np.zeros((0, 2)),
        late_price=ones,
        miss_price=ones,
        undone_price=ones,
        leg=noise,
        visit=noise,
        hours=np.zeros(0),
        now_s=0.0,
        persist_s=1.0,
        slow_cap_s=0.0,
        lateness_cap_s=1.0,
        gross_after_s=1.0,
        gross_share=0.0,
        travel_price=1.0,
    )


def _tiny_drive() -> Drive:
    per_sample, per_route, place = np.ones((1, 2)), np.ones(1), np.zeros(1, dtype=np.int64)
    return Drive(
        ready_s=per_sample,
        earliest_s=per_route,
        at_hub=np.ones(1, dtype=np.bool_),
        slip=per_sample,
        pace=per_sample,
        hold_at_s=per_sample * NEVER,
        hold_s=per_sample,
        break_after_s=per_route,
        break_s=per_route,
        drive_limit_s=per_route,
        duty_limit_s=per_route,
        driven_s=per_route,
        since_break_s=per_route,
        duty_start_s=per_route,
        service_pace=per_route,
        profile=place,
        place=place,
        end=place,
        shift_end_s=per_route * 100.0,
    )


def _tiny_rules() -> Rules:
    stops = np.zeros(_STOPS, dtype=np.int64)
    return Rules(
        segment=stops,
        home=stops,
        last_segment=np.zeros(1, dtype=np.int64),
        needs=stops - 1,
        is_transfer=np.zeros(_STOPS, dtype=np.bool_),
        demand=np.zeros((_STOPS, 1)),
        capacity=np.ones((1, 1)),
        aboard=np.zeros((1, 1)),
    )


if __name__ == "__main__":
    warm_up()
    Ladder((Rung.FIRST.value, Rung.SECOND.value)).warm_up()
