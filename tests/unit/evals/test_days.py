"""A day as the profile has it: several times as large, or shared out among carriers, and still a plan to take in."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evals.contracts import share_out
from evals.days import read_day
from evals.peak import LEAST_SHARE, enlarge
from evals.profile import load_profile
from forestall.domain.plan import DayPlan
from forestall.errors import BadInput
from forestall.intake import plan_document
from forestall.intake.plan import parse_plan, with_digest


@pytest.fixture
def plan(tiny: Any) -> DayPlan:
    return tiny([[(60, 180)] * 4, [(120, 300)] * 6], spares=1).build()


def seconds(plan: DayPlan) -> np.ndarray:
    assert plan.matrix is not None
    size = len(plan.matrix.location_ids)
    return np.frombuffer(plan.matrix.durations_f32, dtype="<f4").reshape(size, size)


def test_five_times_the_day_has_five_times_the_orders_and_routes_but_its_own_spares(plan: DayPlan) -> None:
    large = enlarge(plan, 5, 0)
    assert (len(large.orders), len(large.stops), len(large.packages)) == (50, 50, 50)
    assert Counter(route.is_spare for route in large.routes) == {False: 10, True: 1}
    assert len(large.vehicles) == len(large.drivers) == 11


def test_the_day_itself_is_one_of_the_copies(plan: DayPlan) -> None:
    large = enlarge(plan, 3, 0)
    assert set(plan.stops) <= set(large.stops)
    assert set(plan.orders) <= set(large.orders)
    size = len(plan.stops) + 1
    assert np.array_equal(seconds(large)[:size, :size], seconds(plan))


def test_a_copied_route_is_as_much_earlier_or_later_as_its_windows(plan: DayPlan) -> None:
    later = replace(plan, routes=tuple(replace(r, departs_at=r.departs_at.replace(hour=10)) for r in plan.routes))
    large = enlarge(later, 4, 0)
    leaves = {route.id: route.departs_at for route in large.routes}
    at_first = {stop.id: stop for stop in plan.stops}
    shifts = set()
    for stop in large.stops:
        original = at_first[stop.id.split("-")[0]]
        shift = leaves[stop.route_id] - leaves[original.route_id]
        assert stop.window.opens_at - original.window.opens_at == shift
        shifts.add(shift)
    assert len(shifts) > 4


def test_an_order_is_promised_what_its_stop_can_keep(plan: DayPlan) -> None:
    large = enlarge(plan, 4, 0)
    promises = {order.id: order.promise for order in large.orders}
    assert all(promises[stop.order_id] == stop.window for stop in large.stops)


def test_travel_between_copies_is_near_what_it_was(plan: DayPlan) -> None:
    large = enlarge(plan, 3, 0)
    apart = seconds(large)
    assert (np.diag(apart) == 0).all()
    assert (apart >= 0).all()
    assert large.matrix is not None
    rows = {name: row for row, name in enumerate(large.matrix.location_ids)}
    # at most 850 m further apart or nearer, both ends moved: 133 seconds at town speed
    assert abs(apart[rows["n1-1"], rows["n9-2"]] - 600) < 140
    assert apart[rows["n1-1"], rows["n2-2"]] >= LEAST_SHARE * 600


def test_routes_of_a_busy_day_leave_later(plan: DayPlan) -> None:
    late = {route.id: route.departs_at for route in enlarge(plan, 1, 10).routes}
    assert all((late[r.id] - r.departs_at).total_seconds() == (0 if r.is_spare else 600) for r in plan.routes)


def test_a_third_of_the_routes_go_to_two_carriers_that_have_to_be_asked(tiny: Any) -> None:
    plan = share_out(tiny([[(0, 900)]] * 12, spares=1).build(), 0.33)
    of = {vehicle.id: vehicle.carrier_id for vehicle in plan.vehicles}
    assert Counter(of.values()) == {"OWN": 9, "3PL": 2, "GIG": 2}
    assert of["VSP1"] == "OWN"
    drives = {driver.id: driver.carrier_id for driver in plan.drivers}
    assert all(drives.get(route.driver_id, of[route.vehicle_id]) == of[route.vehicle_id] for route in plan.routes)
    assert all(carrier.answers_within_s for carrier in plan.carriers if carrier.id != "OWN")


def test_a_plan_that_has_carriers_keeps_its_contracts(tiny: Any) -> None:
    plan = share_out(tiny([[(0, 900)]] * 12).build(), 0.33)
    assert share_out(plan, 0.5) is plan


def test_a_shaped_day_is_a_plan_that_a_service_takes(plan: DayPlan) -> None:
    shaped = with_digest(share_out(enlarge(plan, 5, 10), 0.33))
    assert parse_plan(plan_document(shaped), plan.day).digest == shaped.digest


def test_a_day_on_which_nothing_was_promised_is_refused_by_name(tmp_path: Path, tiny: Any) -> None:
    empty = replace(tiny([[]]).build(), stops=(), orders=(), packages=())
    path = tmp_path / "tiny.json"
    path.write_text(json.dumps(plan_document(empty)))
    with pytest.raises(BadInput) as caught:
        read_day(path, load_profile())
    (problem,) = caught.value.problems
    assert "tiny.json" in problem.place
    assert "window" in problem.message
