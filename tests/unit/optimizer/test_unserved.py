"""Stops left out are named with the constraint that excludes each, for small problems and for plans in the street."""

import numpy as np
import pytest

from agent import wording
from forestall.domain.actions import NoCandidate
from forestall.domain.ids import CarrierId, RouteId
from forestall.domain.network import Carrier
from forestall.domain.vocabulary import CarrierKind, RouteStatus, Tool
from optimizer.repair import Repairer
from optimizer.repair.constraints import code_of
from optimizer.repair.subproblem import Sequences, SubProblem
from optimizer.repair.unserved import NOT_TRIED, explain_unserved

NOBODY: Sequences = ((), ())


def make_row(**changes: object) -> SubProblem:
    """Stops 0 to 2 at 100, 200 and 300 s from the depot, in a row; two vehicles, none of which has one."""
    values: dict[str, object] = {
        "travel_s": np.abs(np.subtract.outer(np.arange(4), np.arange(4))) * 100,
        "node": [1, 2, 3],
        "opens_s": 0,
        "closes_s": 100_000,
        "service_s": 0,
        "start_node": 0,
        "ready_s": [0, 0],
        "end_node": 0,
        "shift_end_s": 100_000,
        "sequences": NOBODY,
        "home": [0, 0, 0],
    }
    return SubProblem.build(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("constraint", "changes"),
    [
        ("shift_end", {"shift_end_s": 599}),
        ("drive_limit", {"drive_limit_s": 599}),
        ("break", {"shift_end_s": 600, "break_after_s": 300, "break_s": 1}),
        ("capacity", {"demand": [[0], [0], [2]], "capacity": [[1], [1]]}),
        ("skills", {"excluded": [[0, 0], [0, 0], [code_of("skills")] * 2]}),
        ("undone", {"undone_price": 599.0}),
        (NOT_TRIED, {}),
    ],
)
def test_the_last_stop_of_the_row_is_left_out_because(constraint: str, changes: dict[str, object]) -> None:
    (_, _, last) = explain_unserved(make_row(**changes), NOBODY)
    assert (last.stop, last.constraint, last.by_vehicle) == (2, constraint, (constraint, constraint))


def test_of_several_vehicles_the_one_nearest_to_having_it_is_told() -> None:
    sub = make_row(excluded=[[code_of("custody"), 0]] * 3, shift_end_s=599)
    last = explain_unserved(sub, NOBODY)[-1]
    assert (last.constraint, last.by_vehicle) == ("shift_end", ("custody", "shift_end"))


def test_a_pinned_stop_is_kept_from_others_by_its_pin() -> None:
    sub = make_row(segment=[1, 2, 2], sequences=((0, 1, 2), ()), excluded=[[code_of("in_service"), 0]] * 3)
    assert explain_unserved(sub, NOBODY)[0].by_vehicle == ("in_service", "pin")


def test_what_has_to_be_fetched_first_is_told_by_its_delivery_alone() -> None:
    (left,) = explain_unserved(make_row(pairs=((0, 2),), shift_end_s=599), ((1,), ()))
    assert (left.stop, left.constraint) == (2, "shift_end")


def test_without_a_vehicle_every_stop_is_named() -> None:
    none = {"start_node": [], "ready_s": [], "end_node": [], "shift_end_s": [], "sequences": (), "home": [-1] * 3}
    found = explain_unserved(make_row(**none), ())
    assert [(left.stop, left.constraint) for left in found] == [(0, "in_service"), (1, "in_service"), (2, "in_service")]


def test_a_plan_that_does_everything_leaves_nothing_to_explain() -> None:
    assert explain_unserved(make_row(), ((0, 1, 2), ())) == ()


class TestInTheStreet:
    """What a declined repair says of the stops of a van that broke down with its goods aboard."""

    def declined(self, town, travel, **stop: object) -> dict[str, str]:
        town.route("R1", status=RouteStatus.BROKEN)
        town.stop(RouteId("R1"), "A", town.place("a", 2, 2), ("08:00", "16:00"), **stop)
        town.seen(RouteId("R1"), town.place("wreck", 3, 3), "08:20")
        repairer = Repairer(samples=64)
        repairs = repairer.rescue(repairer.prepare(town.snapshot("08:30"), travel), RouteId("R1"))
        assert repairs.plans == ()
        return repairs.values["excluded"]

    def test_nobody_has_the_skill(self, town, travel) -> None:
        town.route("R2", status=RouteStatus.UNDERWAY)
        assert self.declined(town, travel, skills=["cold"]) == {"A": "skills"}

    def test_nobody_may_drive_there(self, town, travel) -> None:
        town.route("R2", status=RouteStatus.UNDERWAY)
        assert self.declined(town, travel, skills=["access:bike"]) == {"A": "access"}

    def test_nobody_has_room(self, town, travel) -> None:
        town.route("R2", status=RouteStatus.UNDERWAY, capacity={"units": 1.0})
        assert self.declined(town, travel, size=2.0) == {"A": "capacity"}

    def test_everybody_goes_home_soon(self, town, travel) -> None:
        town.route("R2", status=RouteStatus.UNDERWAY, shift_end="08:31")
        assert self.declined(town, travel) == {"A": "shift_end"}

    def test_the_only_other_carrier_has_withdrawn(self, town, travel) -> None:
        town.carriers[CarrierId("GIG")] = Carrier(CarrierId("GIG"), "Couriers", CarrierKind.GIG, active=False)
        town.route("R2", status=RouteStatus.UNDERWAY, carrier="GIG")
        assert self.declined(town, travel) == {"A": "carrier_active"}

    def test_there_is_no_other_vehicle(self, town, travel) -> None:
        assert self.declined(town, travel) == {"A": "in_service"}

    def test_goods_aboard_a_van_under_way_are_in_other_hands(self, town, travel) -> None:
        route = town.route("R1", status=RouteStatus.UNDERWAY)
        stop = town.stop(route, "A", town.place("a", 2, 2), ("08:00", "08:01"))
        town.route("SPARE", is_spare=True)
        repairer = Repairer(samples=64)
        repairs = repairer.relocate(repairer.prepare(town.snapshot("08:30"), travel), [stop])
        assert repairs.values["excluded"] == {"A": "custody"}


def test_a_dispatcher_reads_which_stops_and_why() -> None:
    excluded = {"A": "skills", "B": "skills", "C": "a_name_of_tomorrow"}
    words = wording.describe_decline(NoCandidate(Tool.REASSIGN, "reassign.no_receiver", {"excluded": excluded}))
    assert words == (
        "no other vehicle could take a stop. "
        "A, B: The vehicle or its driver lacks a skill the stop asks for. C: a name of tomorrow."
    )
