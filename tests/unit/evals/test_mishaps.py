"""What befalls hubs, streets, drivers and carriers, reckoned by hand: 10 minutes a leg, 5 a service."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from evals.mishaps import Away, Closure, Interval, LateLoad, Outage
from evals.newcomers import list_newcomers
from evals.outcomes import Outcome, list_outcomes
from evals.profile import Profile
from evals.roads import Place
from evals.truth import Truth
from evals.world import World
from forestall.domain.ids import DriverId, HubId, LocationId
from forestall.domain.plan import DayPlan
from tests.unit.evals.test_carriers import with_gig
from tests.unit.evals.test_world import OPENS, instruction, minutes, play, run_to, starts


def minute(value: float) -> float:
    return OPENS.timestamp() + value * 60


def told(world: World, kind: str, until: float = 200) -> list[tuple[float | None, dict[str, Any]]]:
    """When and what the field has said of that kind."""
    run_to(world, until)
    said = [event for event in world.take_events() if event["type"] == f"forestall.{kind}"]
    return [(minutes(instant_of(event)), event["data"]) for event in said]


def instant_of(event: dict[str, Any]) -> float:
    return datetime.fromisoformat(event["time"]).timestamp()


def later(plan: DayPlan, by: float) -> DayPlan:
    return replace(plan, routes=tuple(replace(r, departs_at=OPENS + timedelta(minutes=by)) for r in plan.routes))


class TestLateLoad:
    """R02 is to leave at 60; its load comes at 100, where the hub, asked 15 minutes before, hopes for 90."""

    @pytest.fixture
    def day(self, tiny, monkeypatch: pytest.MonkeyPatch) -> DayPlan:
        late = LateLoad(minute(45), minute(90), minute(100))
        monkeypatch.setattr(Truth, "late_load", lambda _, route: late if route.id == "R02" else None)
        plan = tiny([[(0, 900)], [(0, 900), (0, 900)]]).build()
        departs = {"R01": OPENS + timedelta(minutes=30), "R02": OPENS + timedelta(minutes=60)}
        return replace(plan, routes=tuple(replace(route, departs_at=departs[route.id]) for route in plan.routes))

    def test_the_hub_names_what_it_misses_until_it_is_out(self, day: DayPlan, still: Profile) -> None:
        load = ["P2", "P3"]
        assert told(World(day, still, 1), "hub_ready") == [
            (45, {"route": "R02", "ready_at": "2026-03-02T09:30:00Z", "ready": False, "packages": load}),
            (100, {"route": "R02", "ready_at": "2026-03-02T09:40:00Z", "ready": True, "packages": load}),
        ]

    def test_a_van_that_is_to_leave_sooner_with_some_of_it_finds_out_sooner(self, day: DayPlan, still: Profile) -> None:
        world = World(day, still, 1)
        world.receive_driver_effect(instruction(world, "R01", 2, ["S1", "S3"], departs_min=30))
        world.receive_driver_effect(instruction(world, "R02", 2, ["S2"], departs_min=60))
        words = told(world, "hub_ready")
        assert [when for when, _ in words] == [15, 100]
        assert starts(world) == {"S1": 110, "S3": 125, "S2": 110}  # R01 waits for S3's goods

    def test_one_that_gives_it_back_in_time_does_not_wait(self, day: DayPlan, still: Profile) -> None:
        world = World(day, still, 1)
        world.receive_driver_effect(instruction(world, "R01", 2, ["S1", "S3"], departs_min=30))
        run_to(world, 10)
        world.receive_driver_effect(instruction(world, "R01", 3, ["S1"], departs_min=30))
        words = told(world, "hub_ready")
        assert [when for when, _ in words] == [45, 100]
        assert starts(world)["S1"] == 40


class TestOutage:
    @pytest.fixture
    def closed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The hub is closed from minute 20 to 80, and hopes at first that it is until 60."""
        outage = Outage(HubId("H1"), Interval(minute(20), minute(80)), minute(60))
        monkeypatch.setattr(Truth, "outages", (outage,))

    @pytest.mark.usefixtures("closed")
    def test_nothing_leaves_a_closed_hub(self, tiny, still: Profile) -> None:
        plan = tiny([[(0, 900)], [(0, 900)]]).build()
        early, late = plan.routes
        waits = replace(late, departs_at=OPENS + timedelta(minutes=30))
        assert starts(play(replace(plan, routes=(early, waits)), still)) == {"S1": 10, "S2": 90}

    @pytest.mark.usefixtures("closed")
    def test_a_spare_does_not_leave_it_either(self, tiny, still: Profile) -> None:
        world = World(later(tiny([[(0, 900)]], spares=1).build(), 300), still, 1)
        run_to(world, 21)
        world.receive_driver_effect(instruction(world, "R01", 2, [], departs_min=300))
        world.receive_driver_effect(instruction(world, "RSP1", 2, ["S1"]))
        run_to(world, 200)
        assert starts(world) == {"S1": 90}

    @pytest.mark.usefixtures("closed")
    def test_the_hub_says_of_every_route_that_still_waits_when_it_hopes_to_open(self, tiny, still: Profile) -> None:
        plan = tiny([[(0, 900)], [(0, 900)]]).build()
        early, late = plan.routes
        waits = replace(late, departs_at=OPENS + timedelta(minutes=30))
        words = told(World(replace(plan, routes=(early, waits)), still, 1), "hub_ready")
        assert words == [
            (20, {"route": "R02", "ready_at": "2026-03-02T09:00:00Z", "ready": False}),
            (80, {"route": "R02", "ready_at": "2026-03-02T09:20:00Z", "ready": True}),
        ]

    def test_its_lengths_are_the_profiles(self, tiny, still: Profile, change: Callable) -> None:
        plan = later(tiny([[(0, 900)]] * 4).build(), 60)
        for seed in range(20):
            (outage,) = Truth(plan, change(still, "outages", count=1), seed).outages
            assert outage.during.end - outage.during.start == 3600
            assert minute(30) <= outage.during.start <= minute(60)  # so that what leaves at 60 has to wait


class TestClosure:
    @pytest.fixture
    def closed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nobody gets to S1 and S2, a kilometre apart, from minute 5 to 65; told at 15, when 40 is what is expected."""
        center = Place(LocationId("n1"), 41.01, -8.0)
        words = ((minute(15), minute(40)), (minute(40), minute(65)), (minute(65), minute(65)))
        closure = Closure("c", HubId("H1"), center, 1200.0, Interval(minute(5), minute(65)), words)
        monkeypatch.setattr(Truth, "closures", (closure,))

    @pytest.mark.usefixtures("closed")
    def test_a_driver_who_gets_there_waits_until_it_is_open(self, tiny, still: Profile) -> None:
        world = World(tiny([[(0, 900)] * 3]).build(), still, 1)
        run_to(world, 64)
        assert [event for event in world.take_events() if event["type"] == "forestall.arrived"] == []
        run_to(world, 200)
        assert starts(world) == {"S1": 65, "S2": 80, "S3": 95}

    @pytest.mark.usefixtures("closed")
    def test_what_lies_outside_is_reached_as_ever(self, tiny, still: Profile) -> None:
        world = World(later(tiny([[(0, 900)] * 3]).build(), 5), still, 1)
        world.receive_driver_effect(instruction(world, "R01", 2, ["S3", "S1", "S2"], departs_min=5))
        run_to(world, 200)
        assert starts(world) == {"S3": 15, "S1": 65, "S2": 80}

    @pytest.mark.usefixtures("closed")
    def test_it_is_told_with_an_estimate_then_a_better_one_and_when_it_is_open(self, tiny, still: Profile) -> None:
        words = told(World(tiny([[(0, 900)]]).build(), still, 1), "road_closed")
        assert [(at, data["until"][11:16]) for at, data in words] == [(15, "08:40"), (40, "09:05"), (65, "09:05")]
        assert {data["closure"] for _, data in words} == {"c"}
        assert words[0][1]["from"] == "2026-03-02T08:05:00Z"


class TestDriverAway:
    def test_his_vehicle_leaves_when_he_is_there(self, tiny, still: Profile, change: Callable) -> None:
        profile = change(still, "vehicles", drivers_away=1)  # an hour, says the profile
        plan = later(tiny([[(0, 900)]]).build(), 60)
        assert starts(play(plan, profile)) == {"S1": 130}
        words = told(World(plan, profile, 1), "driver_unavailable")
        assert words == [(30, {"until": "2026-03-02T10:00:00Z"})]

    def test_one_who_never_comes_leaves_everything_at_the_hub(self, tiny, still: Profile, change: Callable) -> None:
        profile = change(still, "vehicles", drivers_away=1, away_all_day=1)
        plan = tiny([[(0, 60)]]).build()
        world = World(plan, profile, 1)
        assert told(world, "driver_unavailable") == [(0, {"until": None})]
        assert list_outcomes(plan, world.ledger)["S1"].outcome is Outcome.UNDONE
        assert world.is_over

    def test_another_driver_can_take_what_he_left(self, tiny, still: Profile, monkeypatch: pytest.MonkeyPatch) -> None:
        gone = Away(DriverId("DR01"), minute(0), None)
        monkeypatch.setattr(Truth, "away", lambda self, route: gone if route.id == "R01" else None)
        world = World(later(tiny([[(0, 900)], [(0, 900)]]).build(), 30), still, 1)
        run_to(world, 2)
        world.receive_driver_effect(instruction(world, "R01", 2, [], departs_min=30))
        world.receive_driver_effect(instruction(world, "R02", 2, ["S2", "S1"], departs_min=30))
        run_to(world, 200)
        assert starts(world) == {"S2": 40, "S1": 55}


class TestCarrierWithdraws:
    def test_its_vehicles_stay_at_the_hub_and_it_says_so(self, tiny, still: Profile, monkeypatch) -> None:
        plan = with_gig(later(tiny([[(0, 900)], [(0, 900)]]).build(), 30))
        monkeypatch.setattr(Truth, "withdraws_at", lambda self, c: minute(10) if c == "GIG" else None)
        world = World(plan, still, 1)
        assert told(world, "carrier_capacity") == [(10, {"free_stops": 0, "active": False})]
        assert starts(world) == {"S1": 40}

    def test_what_has_left_is_delivered(self, tiny, still: Profile, monkeypatch) -> None:
        monkeypatch.setattr(Truth, "withdraws_at", lambda self, c: minute(10) if c == "GIG" else None)
        assert starts(play(with_gig(tiny([[(0, 900)], [(0, 900)]]).build()), still)) == {"S1": 10, "S2": 10}

    def test_giving_it_more_is_a_breach_once_it_has_said_so(self, tiny, still: Profile, monkeypatch) -> None:
        monkeypatch.setattr(Truth, "withdraws_at", lambda self, c: minute(10) if c == "GIG" else None)
        world = World(with_gig(later(tiny([[(0, 900)], [(0, 900)]]).build(), 60)), still, 1)
        run_to(world, 20)
        world.note_told(world.now)
        world.receive_driver_effect(instruction(world, "R02", 2, ["S2", "S1"], departs_min=60), world.now)
        assert "carrier-inactive" in {breach.rule for breach in world.ledger.breaches}

    def test_a_later_list_may_still_name_what_it_was_given_before(self, tiny, still: Profile, monkeypatch) -> None:
        monkeypatch.setattr(Truth, "withdraws_at", lambda self, c: minute(10) if c == "GIG" else None)
        world = World(with_gig(later(tiny([[(0, 900)], [(0, 900)]]).build(), 60)), still, 1)
        world.receive_driver_effect(instruction(world, "R02", 2, ["S2", "S1"], departs_min=60), world.now)
        run_to(world, 20)
        world.note_told(world.now)
        world.receive_driver_effect(instruction(world, "R02", 3, ["S1"], departs_min=60), world.now)
        assert "carrier-inactive" not in {breach.rule for breach in world.ledger.breaches}

    def test_our_own_fleet_never_does(self, tiny, still: Profile, change: Callable) -> None:
        plan = with_gig(tiny([[(0, 900)], [(0, 900)]]).build())
        truth = Truth(plan, change(still, "carriers", withdrawals=1), 1)
        assert truth.withdraws_at(plan.carriers[0].id) is None
        assert truth.withdraws_at(plan.carriers[1].id) is not None


class TestDriverAndDevice:
    def test_parking_takes_its_share_of_the_service_before_the_door(
        self, tiny, still: Profile, change: Callable
    ) -> None:
        world = play(tiny([[(0, 900)] * 2]).build(), change(still, "parking", usual_min=2))
        assert starts(world) == {"S1": 12, "S2": 27}  # 5 minutes in all, as planned

    def test_each_place_has_its_own_parking(self, tiny, still: Profile, change: Callable) -> None:
        truth = Truth(tiny([[(0, 900)] * 40]).build(), change(still, "parking", usual_min=2, sd=0.5), 1)
        seconds = [truth.parking_s(place, 300) for place in truth.roads.places]
        assert len(set(seconds)) > 30
        assert 100 < sum(seconds) / len(seconds) < 145

    def test_a_false_attempt_is_told_from_afar_and_made_once(self, tiny, still: Profile, change: Callable) -> None:
        world = World(tiny([[(0, 900)] * 3]).build(), change(still, "vehicles", false_attempts=1), 1)
        failed = told(world, "failed", 30)
        # he goes to S1 since he sets out for it from the hub, and lies about the others when he is through there
        assert failed == [(15, {"reason": "RECIPIENT_UNAVAILABLE"})] * 2
        assert set(world.ledger.false_attempts) == {"S2", "S3"}
        assert set(starts(world)) == {"S1"}

    def test_goods_of_a_false_attempt_are_still_aboard_and_can_be_delivered(self, tiny, still, change) -> None:
        world = World(tiny([[(0, 900)] * 3]).build(), change(still, "vehicles", false_attempts=1), 1)
        run_to(world, 16)
        world.receive_driver_effect(instruction(world, "R01", 2, ["S2", "S3"]))
        run_to(world, 200)
        assert not any(visit.failed for visit in world.ledger.visits.values())
        assert set(starts(world)) == {"S1", "S2", "S3"}
        assert world.ledger.breaches == []

    def test_a_list_that_is_never_shown_is_not_followed_until_somebody_calls(self, tiny, still, change) -> None:
        world = World(tiny([[(0, 900)] * 4]).build(), change(still, "vehicles", misses_messages=1), 1)
        run_to(world, 2)
        world.receive_driver_effect(instruction(world, "R01", 2, ["S4", "S3", "S2"]))
        run_to(world, 26)  # at S2, as first planned
        assert told(world, "route_ack", 26) == []
        world.receive_driver_effect(instruction(world, "R01", 2, ["S4", "S3", "S2"]), by_voice=True)
        assert told(world, "route_ack", 200) == [(26, {"plan_version": 2})]
        assert starts(world) == {"S1": 10, "S2": 25, "S4": 40, "S3": 55}

    def test_a_list_that_is_read_late_is_followed_and_confirmed_late(self, tiny, still, change) -> None:
        lasts = still.vehicles.acks_after.model_copy(update={"from_min": 20.0, "to_min": 20.0})
        world = World(tiny([[(0, 900)] * 4]).build(), change(still, "vehicles", acks_after=lasts), 1)
        run_to(world, 2)
        world.receive_driver_effect(instruction(world, "R01", 2, ["S4", "S3", "S2"]))
        assert told(world, "route_ack") == [(22, {"plan_version": 2})]
        assert starts(world) == {"S1": 10, "S2": 25, "S4": 40, "S3": 55}

    def test_goods_taken_along_by_an_unread_list_are_nobodys_breach(self, tiny, still, change) -> None:
        world = World(
            later(tiny([[(0, 900)], [(0, 900)]]).build(), 10), change(still, "vehicles", misses_messages=1), 1
        )
        run_to(world, 2)
        world.receive_driver_effect(instruction(world, "R01", 2, [], departs_min=10))
        run_to(world, 12)  # it has left with what it was to leave behind
        world.note_told(world.now)
        world.receive_driver_effect(instruction(world, "R02", 2, ["S2", "S1"], departs_min=10), by_voice=True)
        assert world.ledger.breaches == []
        assert world.ledger.crossed > 0


class TestNewcomers:
    def world(self, tiny: Any, still: Profile, change: Callable) -> World:
        plan = tiny([[(0, 900)]], spares=1).build()
        return World(plan, change(still, "newcomers", rate=1), 1)

    def test_an_order_that_comes_is_told_with_all_a_service_needs(self, tiny, still, change) -> None:
        world = self.world(tiny, still, change)
        ((at, data),) = told(world, "order_created", 600)
        assert data["tier"] == "PRIORITY"
        assert (data["hub"], data["location"], data["size"]) == ("H1", "n1", {"units": 10.0})
        assert at is not None
        assert 0 <= at <= 480

    def test_it_can_be_delivered_and_is_no_promise_of_the_morning(self, tiny, still, change) -> None:
        world = self.world(tiny, still, change)
        (newcomer,) = list_newcomers(world.plan, world.profile.newcomers, world.truth)
        world.run_to(newcomer.created_at)
        (data,) = [e["data"] for e in world.take_events() if e["type"] == "forestall.order_created"]
        entry = {
            "stop_id": "S-N-O1", "kind": "DELIVERY", "order_id": "N-O1", "location_id": "n1", "lat": 41.01, "lon": -8.0,
            "opens_at": data["promise"]["opens_at"], "closes_at": data["promise"]["closes_at"], "service_s": 300,
            "transfer_from": None, "transfer_to": None, "package_ids": [],
        }  # fmt: skip
        world.receive_driver_effect(instruction(world, "RSP1", 2, [entry]))
        run_to(world, 700)
        visit = world.ledger.visits["S-N-O1"]
        assert visit.started_at <= world.ledger.newcomers["S-N-O1"]
        assert set(list_outcomes(world.plan, world.ledger)) == {"S1"}
        assert world.ledger.breaches == []
