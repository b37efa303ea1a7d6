"""The figures of ``forestall bench growth``: what is counted, not how fast this machine is."""

import asyncio
import time

import pytest

from evals.repair_growth import STOPS_EACH, Growth, _longest_gap_ms, growth_exponent, make_fleet
from optimizer.repair.climb import Part, troubled
from optimizer.repair.evaluation import evaluate


def test_a_cost_in_proportion_to_stops_at_risk_and_fleet_has_the_exponent_one() -> None:
    rows = [Growth(risk, fleet, 0.003 * risk * fleet) for risk in (10, 20, 40) for fleet in (100, 400)]
    assert growth_exponent(rows) == pytest.approx(1.0)


def test_a_larger_fleet_has_the_same_trouble_and_a_sub_problem_no_larger() -> None:
    parts = []
    for vehicles in (20, 100):
        sub = make_fleet(vehicles, 2)
        late = {stop // STOPS_EACH for stop in evaluate(sub, sub.sequences).missed}
        assert len(late) == 2
        parts.append(Part.of(sub, sub.sequences, troubled(sub, sub.sequences)))
    small, large = parts
    assert large.sub.stops == small.sub.stops
    assert large.sub.vehicles == small.sub.vehicles == 10


def test_a_loop_that_is_kept_waiting_shows_it() -> None:
    async def stalled() -> float:
        loop = asyncio.get_running_loop()
        loop.call_later(0.01, time.sleep, 0.1)
        return await _longest_gap_ms(asyncio.ensure_future(asyncio.sleep(0.15)))

    assert asyncio.run(stalled()) >= 90
