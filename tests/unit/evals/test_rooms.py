"""The operations rooms without the service: what each sees, when it acts, and whom it calls."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from evals.arms import Arm, play
from evals.arms.board import Board, Whereabouts
from evals.arms.desk import Desk
from evals.arms.greedy import Greedy
from evals.arms.reactive import Reactive
from evals.city import build_city
from evals.metrics import describe
from evals.profile import Profile, load_profile
from forestall.domain.plan import DayPlan

Room = Reactive | Greedy
Tiny = Callable[..., Any]
OPENS = datetime(2026, 3, 2, 8, tzinfo=UTC)


@dataclass
class Hall:
    """A room whose reports and messages a test writes and reads; minutes are counted from the hub's opening."""

    plan: DayPlan
    furnish: Callable[[Board, Desk], Room]
    sent: list[Mapping[str, Any]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    told: int = 0

    def __post_init__(self) -> None:
        self.board = Board(self.plan)
        desk = Desk(self.board, self.sent.append, lambda _, payload: self.texts.append(payload["stop_id"]))
        self.room = self.furnish(self.board, desk)

    def report(self, minute: float, kind: str, subject: str, **data: object) -> None:
        self.told += 1
        time = OPENS.timestamp() + minute * 60
        event = {"id": str(self.told), "type": f"forestall.{kind}", "subject": subject, "data": data}
        self.board.take([{**event, "time": datetime.fromtimestamp(time, UTC).isoformat()}])

    def look(self, minute: float) -> None:
        self.room.look(OPENS.timestamp() + minute * 60)

    def lists(self) -> dict[str, list[str]]:
        """The newest list of each route that was sent one."""
        return {str(sent["route_id"]): [stop["stop_id"] for stop in sent["stops"]] for sent in self.sent}


def test_reactive_does_nothing_before_a_stop_is_late(tiny: Tiny) -> None:
    # the van waits an hour at the first stop: S2 is plainly going to be late, and so is S3 unless it comes first
    hall = Hall(tiny(routes=[[(70, 100), (0, 60), (0, 90)]]).build(), Reactive)
    hall.report(0, "departed", "R01", to_stop="S1")
    for minute in range(1, 61):
        hall.look(minute)
    assert hall.sent == []
    hall.look(61)
    assert hall.sent != []


def test_reactive_puts_a_late_route_into_an_order_that_misses_less(tiny: Tiny) -> None:
    hall = Hall(tiny(routes=[[(0, 30), (0, 10), (0, 300), (0, 300), (0, 45)]]).build(), Reactive)
    hall.report(0, "departed", "R01", to_stop="S1")
    hall.look(11)  # S2's promise has run out; S5 can still be kept if it comes next
    assert hall.lists()["R01"].index("S5") < 2


def test_reactive_acts_on_a_breakdown_once_it_is_reported(tiny: Tiny) -> None:
    hall = Hall(tiny(routes=[[(0, 300), (0, 300)], [(0, 300)]]).build(), Reactive)
    hall.report(0, "departed", "R01", to_stop="S1")
    hall.report(0, "departed", "R02", to_stop="S3")
    hall.look(5)
    assert hall.sent == []
    hall.report(8, "breakdown", "V01", lat=41.005, lon=-8.0)
    hall.look(8)
    (sent,) = hall.sent
    assert [stop["kind"] for stop in sent["stops"]] == ["TRANSFER", "DELIVERY", "DELIVERY"]
    assert sent["stops"][0]["transfer_from"] == "V01"
    assert sent["stops"][0]["package_ids"] == ["P1", "P2"]


@pytest.mark.parametrize("furnish", [Reactive, Greedy])
def test_who_has_no_room_is_not_called_to_a_breakdown(furnish: Callable[[Board, Desk], Room], tiny: Tiny) -> None:
    # R02 is as near as R03 and comes first by name, but is full: each package takes 10
    plan = tiny(routes=[[(0, 300)] * 2, [(0, 300)] * 3, [(0, 300)]], capacity=30).build()
    hall = Hall(plan, furnish)
    for route, stop in (("R01", "S1"), ("R02", "S3"), ("R03", "S6")):
        hall.report(0, "departed", route, to_stop=stop)
    hall.report(8, "breakdown", "V01", lat=41.005, lon=-8.0)
    hall.look(8)
    assert list(hall.lists()) == ["R03"]


def test_goods_that_have_not_left_the_hub_are_given_out_there(tiny: Tiny) -> None:
    hall = Hall(tiny(routes=[[(0, 300)], [(0, 300)]]).build(), Reactive)
    hall.report(8, "breakdown", "V01", lat=41.0, lon=-8.0)
    hall.look(8)
    assert sorted(hall.lists()["R02"]) == ["S1", "S2"]


def test_greedy_gives_a_stop_at_risk_to_the_nearest_driver_with_room(tiny: Tiny) -> None:
    # R01 is at S3 by minute 40 unless it makes others late; R02 and R03 could be there by 10, and R02 is asked first
    late = [(0, 12), (0, 27), (0, 39)]
    hall = Hall(tiny(routes=[late, [(0, 200)], [(0, 200)]], capacity=30).build(), Greedy)
    hall.look(0)
    assert (hall.lists()["R01"], "S3" in hall.lists()["R02"]) == (["S1", "S2"], True)
    full = Hall(tiny(routes=[late, [(0, 200)] * 3, [(0, 200)]], capacity=30).build(), Greedy)
    full.look(0)
    assert "S3" in full.lists()["R03"]


def test_greedy_leaves_goods_that_are_aboard_with_their_driver(tiny: Tiny) -> None:
    hall = Hall(tiny(routes=[[(0, 60), (0, 60), (0, 32)], [(0, 200)]]).build(), Greedy)
    hall.report(0, "departed", "R01", to_stop="S1")
    hall.look(1)
    assert hall.lists() == {"R01": ["S3", "S2"]}


@pytest.mark.parametrize("furnish", [Reactive, Greedy])
def test_a_room_leaves_alone_what_goes_well(furnish: Callable[[Board, Desk], Room], tiny: Tiny) -> None:
    hall = Hall(tiny(routes=[[(0, 200), (0, 200)], [(0, 200)]]).build(), furnish)
    for minute in range(10):
        hall.look(minute)
    assert hall.sent == []
    assert hall.texts == []


def test_what_is_heard_twice_counts_once(tiny: Tiny) -> None:
    board = Board(tiny().build())
    event = {"id": "1", "type": "forestall.departed", "subject": "R01", "data": {"to_stop": "S1"},
             "time": OPENS.isoformat()}  # fmt: skip
    home = {**event, "id": "2", "data": {"to_stop": None}}
    board.take([event, home, event])
    (one,) = board.rounds.values()
    assert one.whereabouts is Whereabouts.HOMEWARD


def test_the_alarms_are_late_departure_a_long_stop_and_a_wrong_way(tiny: Tiny) -> None:
    hall = Hall(tiny(routes=[[(0, 300)], [(0, 300)], [(0, 300)], [(0, 300)]]).build(), Reactive)
    assert isinstance(hall.room, Reactive)
    hall.report(0, "departed", "R02", to_stop="S2")
    hall.report(0, "departed", "R03", to_stop="S3")
    hall.report(0, "departed", "R04", to_stop="S4")
    for minute in range(1, 34):
        hall.report(minute, "position", "V02", lat=41.01, lon=-8.0)  # stands on its way
        hall.report(minute, "position", "V03", lat=41.0 + 0.0005 * minute, lon=-8.02)  # some 1,600 m off
        hall.report(minute, "position", "V04", lat=41.0 + 0.001 * minute, lon=-8.0)
        hall.look(minute)
    minutes = {stop: (at - OPENS.timestamp()) / 60 for stop, at in hall.room.alarms.items()}
    assert minutes == {"S1": 16, "S2": 32, "S3": 1}


@pytest.fixture(scope="module")
def rough_day() -> Profile:
    profile = load_profile()
    vehicles = profile.vehicles.model_copy(update={"breakdowns": 0.3})
    return profile.model_copy(update={"vehicles": vehicles})


@pytest.mark.parametrize("arm", [Arm.REACTIVE, Arm.GREEDY])
@pytest.mark.parametrize("seed", range(1, 6))
def test_a_room_keeps_custody_and_plays_the_same_again(arm: Arm, seed: int, rough_day: Profile) -> None:
    plan = build_city(5, customers=80)
    nothing = play(plan, Arm.DO_NOTHING, seed, rough_day)
    first, again = (describe(play(plan, arm, seed, rough_day), nothing) for _ in range(2))
    assert first["violations"] == []
    assert first["custody_errors"] == 0
    timing = {"wall_s", "cpu_s"}
    assert {k: v for k, v in first.items() if k not in timing} == {k: v for k, v in again.items() if k not in timing}
