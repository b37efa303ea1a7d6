"""What holds of every plan on offer, on hundreds of random days, whatever repair made it, by the separate checker."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forestall.domain.ids import CarrierId, RouteId, VehicleId
from forestall.domain.network import Carrier
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import CarrierKind, RouteStatus, VehicleMode
from optimizer.kernel import NEVER
from optimizer.problem import FleetProblem
from optimizer.repair import FleetPlan, Repairer
from optimizer.repair.check import check_plan

days = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    derandomize=True,
)
BROKEN = RouteId("R1")


@pytest.fixture(scope="module")
def repairer() -> Repairer:
    return Repairer(samples=64)


def hard_day(town, seed: int) -> HubSnapshot:
    """A random day on which skills, modes, shifts, loads and carriers stand in the way, and the odd van is broken."""
    day, draw = type(town)(), np.random.default_rng(seed)
    day.carriers[CarrierId("GIG")] = Carrier(
        CarrierId("GIG"), "Couriers", CarrierKind.GIG, draw.random() < 0.8, 400, int(draw.integers(0, 4))
    )
    day.fleet(seed, routes=int(draw.integers(3, 6)), stops=int(draw.integers(2, 6)), breaks=draw.random() < 0.5)
    for vehicle_id, vehicle in day.vehicles.items():
        skills = frozenset(name for name in ("cold", "access:euro6") if draw.random() < 0.6)
        mode = VehicleMode.BIKE if draw.random() < 0.3 else VehicleMode.VAN
        carrier = CarrierId("GIG") if draw.random() < 0.2 else vehicle.carrier_id
        day.vehicles[vehicle_id] = replace(vehicle, skills=skills, mode=mode, carrier_id=carrier)
    for stop_id, stop in day.stops.items():
        able = day.vehicles[VehicleId(f"V-{stop.route_id}")]
        asks = {name for name in able.skills if draw.random() < 0.2}
        if able.mode is VehicleMode.BIKE and draw.random() < 0.2:
            asks.add("access:bike")
        day.stops[stop_id] = replace(stop, skills=frozenset(asks))
    for driver_id, driver in day.drivers.items():
        if draw.random() < 0.4:
            day.drivers[driver_id] = replace(driver, shift_end=day.at(f"{int(draw.integers(9, 14)):02d}:00"))
    for route_id, route in list(day.routes.items()):
        if route.status is RouteStatus.PLANNED and draw.random() < 0.4:
            late = day.at(f"09:{int(draw.integers(0, 60)):02d}")
            mine = {stop.order_id for stop in day.stops.values() if stop.route_id == route_id}
            for package_id, package in day.packages.items():
                if package.order_id in mine:
                    day.packages[package_id] = replace(package, available_at=late)
    return day.snapshot("08:40")


def every_plan(repairer: Repairer, problem: FleetProblem) -> Iterator[FleetPlan]:
    snapshot = problem.snapshot
    for route_id, route in snapshot.routes.items():
        if route.status is not RouteStatus.BROKEN:
            yield from repairer.resequence(problem, route_id).plans
    yield from repairer.relocate(problem, list(snapshot.stops)).plans
    if snapshot.routes[BROKEN].status is RouteStatus.BROKEN:
        yield from repairer.rescue(problem, BROKEN).plans


@days
@given(seed=st.integers(0, 10**6))
def test_every_plan_can_be_driven_and_beats_doing_nothing(town, travel, repairer, seed) -> None:
    """Custody, capacity, skills, limits of places, pins, carriers, and committed stops, by the checker."""
    snapshot = hard_day(town, seed)
    problem = repairer.prepare(snapshot, travel)
    for plan in every_plan(repairer, problem):
        assert check_plan(snapshot, plan) == ()
        assert plan.gain > 0


@days
@given(seed=st.integers(0, 10**6))
def test_nobody_serves_after_the_shift(town, travel, repairer, seed) -> None:
    problem = repairer.prepare(hard_day(town, seed), travel)
    for plan in every_plan(repairer, problem):
        if plan.transfers:
            continue  # their stops are not in this problem
        for route_id, stop_ids in plan.routes.items():
            r, stops = problem.route_index[route_id], [problem.stop_index[s] for s in stop_ids]
            _, starts = problem.starts([r], [stops])
            assert (starts[starts < NEVER] <= problem.drive.shift_end_s[r]).all()


@days
@given(seed=st.integers(0, 10**6))
def test_what_is_left_where_it_is_has_a_reason(town, travel, repairer, seed) -> None:
    problem = repairer.prepare(hard_day(town, seed), travel)
    repairs = repairer.relocate(problem, list(problem.stop_ids))
    if not repairs.plans:
        assert set(repairs.values["excluded"]) == set(problem.stop_ids)
