"""What a driver has behind him, from reports, and what the hours of service then say of the rest of the day."""

from dataclasses import replace

import numpy as np
import pytest

from forestall.domain.ids import DriverId, RouteId
from forestall.domain.network import HoursOfService, Location
from forestall.domain.routes import Route
from forestall.domain.vocabulary import RouteStatus, StopStatus
from optimizer.risk import Forecaster
from optimizer.risk.assemble import assemble
from optimizer.risk.duty import Duty, duty_of
from optimizer.travel import HaversineTravel

RULES = HoursOfService(max_drive_s=9 * 3600.0, max_duty_s=10 * 3600.0, break_after_s=4.5 * 3600.0, break_s=1800.0)


def usual_s(route: Route, start: Location, end: Location) -> float:  # every leg takes as long here
    return 900.0


def driven_town(town, rest_min: int) -> RouteId:
    """A route with two visits behind it, between which its driver stood still for so many minutes."""
    route = town.route("R", departs="08:00", status=RouteStatus.UNDERWAY)
    town.drivers[DriverId("D-R")] = replace(town.drivers[DriverId("D-R")], hours=RULES)
    done = StopStatus.COMPLETED
    town.stop(route, "A", town.place("a", 1, 0), status=done, departed_at=town.at("08:00"),
              arrived_at=town.at("09:00"), finished_at=town.at("09:10"))  # fmt: skip
    again = f"09:{10 + rest_min}"
    town.stop(route, "B", town.place("b", 2, 0), status=done, departed_at=town.at(again),
              arrived_at=town.at("10:00"), finished_at=town.at("10:05"))  # fmt: skip
    town.stop(route, "C", town.place("c", 3, 0), status=StopStatus.ENROUTE, departed_at=town.at("10:05"))
    town.stop(route, "D", town.place("d", 4, 0))
    return route


def duty(town, route: RouteId) -> Duty:
    snapshot = town.snapshot("10:10")
    return duty_of(snapshot, snapshot.routes[route], usual_s)


def test_reported_legs_and_the_present_one_are_time_at_the_wheel(town) -> None:
    found = duty(town, driven_town(town, rest_min=5))
    assert found.driven_s == 3600.0 + 45 * 60.0 + 900.0
    assert found.since_break_s == found.driven_s
    assert (found.break_after_s, found.break_s, found.drive_limit_s) == (16_200.0, 1800.0, 32_400.0)
    assert found.began_at == town.at("06:00")


def test_a_standstill_as_long_as_a_break_was_one(town) -> None:
    found = duty(town, driven_town(town, rest_min=35))
    assert found.driven_s == 3600.0 + 15 * 60.0 + 900.0
    assert found.since_break_s == 15 * 60.0 + 900.0


def test_a_driver_without_hours_of_service_has_no_limits(town) -> None:
    route = town.route("R")
    snapshot = town.snapshot()
    bare: Route = replace(snapshot.routes[route], driver_id=None)
    found = duty_of(snapshot, bare, usual_s)
    assert (found.break_after_s, found.drive_limit_s, found.duty_limit_s) == (np.inf, np.inf, np.inf)


def test_a_problem_says_how_long_each_driver_drives_and_is_on_duty(town, travel: HaversineTravel) -> None:
    route = driven_town(town, rest_min=5)
    wreck = town.route("W", status=RouteStatus.BROKEN)
    town.stop(wreck, "E", town.place("e", 1, 1))
    snapshot = town.snapshot("10:10")
    problem = assemble(snapshot, travel, Forecaster(samples=64).beliefs(snapshot, travel))
    driven, on_duty = problem.duties(range(2), problem.sequences)
    r, w = problem.route_index[route], problem.route_index[wreck]
    assert (driven[r] > problem.drive.driven_s[r]).all()
    assert (on_duty[r] > (problem.world.now_s - problem.drive.duty_start_s[r])).all()
    assert driven[w] == pytest.approx(problem.drive.driven_s[w])
    assert (on_duty[w] > 1e14).all()
