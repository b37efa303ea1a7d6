"""Days reckoned by hand: 10 minutes a leg, 5 minutes a service, nothing by chance unless a test says so."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from evals.mishaps import Interval
from evals.outcomes import Outcome, list_outcomes
from evals.profile import Profile, load_profile
from evals.world import World
from forestall.domain.plan import DayPlan

OPENS = datetime(2026, 3, 2, 8, tzinfo=UTC)


def minutes(instant: float | None) -> float | None:
    """Minutes after the hub has opened."""
    return None if instant is None else (instant - OPENS.timestamp()) / 60


def play(plan: DayPlan, profile: Profile, seed: int = 1) -> World:
    world = World(plan, profile, seed, muted=True)
    world.run_to(world.ends_at)
    return world


def starts(world: World) -> dict[str, float | None]:
    return {stop: minutes(visit.started_at) for stop, visit in world.ledger.visits.items()}


def run_to(world: World, minute: float) -> None:
    world.run_to(OPENS.timestamp() + minute * 60)


def instruction(world: World, route: str, version: int, stops: list[Any], departs_min: float = 0) -> dict[str, Any]:
    """The payload of a driver effect: stop ids of the plan, or whole entries."""
    plan_stops = {stop.id: stop for stop in world.plan.stops}
    entries = [entry if isinstance(entry, dict) else _entry(plan_stops[entry]) for entry in stops]
    departs_at = (OPENS + timedelta(minutes=departs_min)).isoformat()
    return {"route_id": route, "plan_version": version, "departs_at": departs_at, "stops": entries}


def _entry(stop: Any) -> dict[str, Any]:
    return {
        "stop_id": stop.id, "kind": stop.kind, "order_id": stop.order_id, "location_id": stop.location.id,
        "lat": stop.location.lat, "lon": stop.location.lon, "opens_at": stop.window.opens_at.isoformat(),
        "closes_at": stop.window.closes_at.isoformat(), "service_s": stop.service_s, "transfer_from": None,
        "transfer_to": None, "package_ids": [],
    }  # fmt: skip


def transfer(stop_id: str, giver: str, packages: list[str]) -> dict[str, Any]:
    return {
        "stop_id": stop_id, "kind": "TRANSFER", "order_id": None, "location_id": "somewhere", "lat": 41.0, "lon": -8.0,
        "opens_at": OPENS.isoformat(), "closes_at": (OPENS + timedelta(hours=10)).isoformat(), "service_s": 300,
        "transfer_from": giver, "transfer_to": None, "package_ids": packages,
    }  # fmt: skip


def meeting(giver: str, taker: str, at: str, packages: list[str], closes_min: float) -> tuple[Any, Any]:
    """The entries of both sides: what the giver gets, and the taker."""
    both = {"location_id": at, "closes_at": (OPENS + timedelta(minutes=closes_min)).isoformat()}
    taking = {**transfer(f"T-{giver}", giver, packages), **both}
    giving = {**taking, "stop_id": f"H-{giver}", "kind": "HAND_OVER", "transfer_from": None, "transfer_to": taker}
    return giving, taking


def breakdown_of(monkeypatch: Any, vehicle: str, minute: float) -> None:
    """Let exactly this vehicle break down, at that minute."""
    instant = OPENS.timestamp() + minute * 60
    monkeypatch.setattr("evals.truth.Truth.breaks_down_at", lambda self, v: instant if v == vehicle else None)


class TestWithoutService:
    def test_a_quiet_day_goes_exactly_as_planned(self, tiny, still) -> None:
        world = play(tiny([[(0, 60), (0, 60), (0, 60)]]).build(), still)
        # 10 min to the first, then 5 of service and 10 of driving between starts
        assert starts(world) == {"S1": 10, "S2": 25, "S3": 40}
        assert world.ledger.travel_s == 4 * 600  # the way home included

    def test_the_three_outcomes_of_a_tight_day(self, tiny, still) -> None:
        plan = tiny([[(0, 10), (0, 24), (120, 180)]], closes=60).build()
        world = play(plan, still)
        outcomes = list_outcomes(plan, world.ledger)
        # S2 begins at 25, a minute late; S3 opens long after the driver's shift has ended
        assert [outcomes[f"S{k}"].outcome for k in (1, 2, 3)] == [Outcome.KEPT, Outcome.LATE, Outcome.UNDONE]
        assert outcomes["S2"].lateness_s == 60

    def test_a_driver_who_is_early_waits_for_the_window(self, tiny, still) -> None:
        assert starts(play(tiny([[(30, 60), (0, 60)]]).build(), still)) == {"S1": 30, "S2": 45}

    def test_a_start_at_the_very_end_of_the_window_is_kept(self, tiny, still) -> None:
        plan = tiny([[(0, 10)]]).build()
        assert list_outcomes(plan, play(plan, still).ledger)["S1"].outcome is Outcome.KEPT

    def test_a_no_show_is_a_failed_attempt_and_costs_three_minutes(self, tiny, still, change) -> None:
        plan = tiny([[(0, 60), (0, 60)]]).build()
        world = play(plan, change(still, "customers", no_shows=1))
        assert starts(world) == {"S1": 10, "S2": 23}
        assert {o.outcome for o in list_outcomes(plan, world.ledger).values()} == {Outcome.FAILED}

    def test_a_late_load_holds_the_whole_route_back(self, tiny, still, change) -> None:
        profile = change(still, "late_loads", rate=1, delay=still.late_loads.delay.model_copy(update={"to_min": 20.0}))
        assert starts(play(tiny([[(0, 60)]]).build(), profile)) == {"S1": 30}

    def test_a_hold_up_stops_the_vehicle_for_its_length(self, tiny, still, change) -> None:
        length = still.hold_ups.length.model_copy(update={"to_min": 30.0})
        plan = tiny([[(0, 900)] * 3]).build()
        world = play(plan, change(still, "hold_ups", rate=1, length=length))
        assert starts(world)["S3"] == 70
        assert world.ledger.travel_s == 4 * 600  # standing is not driving

    def test_a_breakdown_leaves_the_rest_undone(self, tiny, still, monkeypatch) -> None:
        breakdown_of(monkeypatch, "V01", 20)  # half way from S1 to S2
        plan = tiny([[(0, 60), (0, 60), (0, 60)]]).build()
        world = play(plan, still)
        assert starts(world) == {"S1": 10}
        assert world.broken_vehicles() == ["V01"]
        assert world.ledger.travel_s == 600 + 300

    def test_what_the_customer_calls_off_is_neither_served_nor_counted(self, tiny, still, change) -> None:
        plan = tiny([[(0, 60), (0, 60)]]).build()
        world = play(plan, change(still, "customers", cancellations=1))
        assert len(world.ledger.called_off) == 2
        assert list_outcomes(plan, world.ledger) == {}

    def test_the_same_day_twice_is_the_same_day(self, tiny) -> None:
        plan, profile = tiny([[(0, 60)] * 5] * 6).build(), load_profile()
        assert play(plan, profile).ledger == play(plan, profile).ledger

    def test_reporting_changes_nothing(self, tiny) -> None:
        """A world that tells a service everything, and hears nothing, is the do-nothing day."""
        plan, profile = tiny([[(0, 60)] * 5] * 6).build(), load_profile()
        loud = World(plan, profile, 1)
        minute = 0
        while not loud.is_over:
            minute += 1
            run_to(loud, minute)
            loud.take_events()
        assert loud.ledger.visits == play(plan, profile).ledger.visits


class TestEvents:
    def heard(self, world: World, *, until: float = 100) -> list[dict[str, Any]]:
        run_to(world, until)
        return world.take_events()

    def test_a_drive_is_told_in_order(self, tiny, still) -> None:
        events = self.heard(World(tiny([[(20, 60)]]).build(), still, 1))
        told = [(e["type"], e["subject"], e["time"][11:16]) for e in events if e["type"] != "forestall.position"]
        assert told == [
            ("forestall.departed", "R01", "08:00"),
            ("forestall.arrived", "S1", "08:10"),
            ("forestall.completed", "S1", "08:25"),
            ("forestall.departed", "R01", "08:25"),
        ]
        assert [e["data"] for e in events if e["type"] == "forestall.departed"] == [
            {"to_stop": "S1"},
            {"to_stop": None},
        ]
        assert len({e["id"] for e in events}) == len(events)

    def test_positions_move_in_step_with_the_time_driven(self, tiny, still) -> None:
        events = self.heard(World(tiny([[(0, 60)]]).build(), still, 1), until=5)
        told = [event for event in events if event["type"] == "forestall.position"]
        assert len(told) == 10  # every 30 seconds
        for event in told:  # n0 is at 41.00, n1 at 41.01, 10 min apart
            driven_min = minutes(datetime.fromisoformat(event["time"]).timestamp())
            assert event["data"]["lat"] == round(41 + driven_min / 1000, 6)

    def test_a_breakdown_is_told_five_minutes_later_from_where_it_happened(self, tiny, still, monkeypatch) -> None:
        breakdown_of(monkeypatch, "V01", 5)
        (told,) = [
            event
            for event in self.heard(World(tiny([[(0, 60)]]).build(), still, 1))
            if event["type"] == "forestall.breakdown"
        ]
        assert (told["subject"], told["time"][11:16], told["data"]) == ("V01", "08:10", {"lat": 41.005, "lon": -8.0})

    def test_a_late_load_is_announced_and_then_released(self, tiny, still, change) -> None:
        delay = still.late_loads.delay.model_copy(update={"to_min": 20.0})
        world = World(tiny([[(0, 60)]]).build(), change(still, "late_loads", rate=1, delay=delay), 1)
        told = [event["data"] for event in self.heard(world) if event["type"] == "forestall.hub_ready"]
        assert [entry["ready"] for entry in told] == [False, True]
        assert told[1] == {"route": "R01", "ready_at": "2026-03-02T08:20:00Z", "ready": True, "packages": ["P1"]}

    def test_what_happens_while_the_signal_is_lost_is_told_when_it_is_back(self, tiny, still, change) -> None:
        lost = still.vehicles.lost_signal.model_copy(update={"from_min": 60.0, "to_min": 60.0})
        plan = tiny([[(0, 900)] * 12]).build()
        world = World(plan, change(still, "vehicles", lost_signals=1, lost_signal=lost), 1)
        silence = world.truth.lost_signal("V01")
        assert silence is not None
        world.run_to(silence.start)
        world.take_events()
        world.run_to(silence.end - 1)
        assert world.take_events() == []
        world.run_to(silence.end)
        assert {event["type"] for event in world.take_events()} >= {"forestall.completed", "forestall.arrived"}


class TestInstructions:
    def test_a_driver_follows_the_newest_list(self, tiny, still) -> None:
        world = World(tiny([[(0, 900)] * 3]).build(), still, 1)
        run_to(world, 2)
        world.receive_driver_effect(instruction(world, "R01", 2, ["S3", "S2"]))
        run_to(world, 100)
        assert starts(world) == {"S1": 10, "S3": 25, "S2": 40}
        assert world.ledger.breaches == []

    def test_an_older_list_changes_nothing(self, tiny, still) -> None:
        world = World(tiny([[(0, 900)] * 3]).build(), still, 1)
        run_to(world, 2)
        world.receive_driver_effect(instruction(world, "R01", 3, ["S3", "S2"]))
        world.receive_driver_effect(instruction(world, "R01", 2, ["S2", "S3"]))
        run_to(world, 100)
        assert starts(world)["S3"] == 25

    def test_the_device_acknowledges_within_seconds(self, tiny, still) -> None:
        world = World(tiny([[(0, 900)] * 3]).build(), still, 1)
        run_to(world, 2)
        world.receive_driver_effect(instruction(world, "R01", 2, ["S3", "S2"]))
        run_to(world, 3)
        (ack,) = [event for event in world.take_events() if event["type"] == "forestall.route_ack"]
        assert (ack["subject"], ack["data"]) == ("R01", {"plan_version": 2})

    def test_a_driver_who_does_as_he_likes_keeps_his_own_order(self, tiny, still, change) -> None:
        world = World(tiny([[(0, 900)] * 3]).build(), change(still, "vehicles", obedience=0), 1)
        run_to(world, 2)
        world.receive_driver_effect(instruction(world, "R01", 2, ["S3", "S2"]))
        run_to(world, 100)
        assert starts(world) == {"S1": 10, "S2": 25, "S3": 40}

    def test_goods_at_the_hub_move_freely_to_a_van_that_has_not_left(self, tiny, still) -> None:
        plan = tiny([[(0, 900)], [(0, 900)]]).build()
        late = replace(plan.routes[1], departs_at=OPENS + timedelta(minutes=30))
        later = replace(plan.routes[0], departs_at=OPENS + timedelta(minutes=30))
        world = World(replace(plan, routes=(later, late)), still, 1)
        run_to(world, 10)
        world.receive_driver_effect(instruction(world, "R01", 2, [], departs_min=30))
        world.receive_driver_effect(instruction(world, "R02", 2, ["S2", "S1"], departs_min=30))
        run_to(world, 100)
        assert starts(world) == {"S2": 40, "S1": 55}
        assert world.ledger.moved == {"S1"}
        assert world.ledger.breaches == []

    def test_nobody_delivers_what_he_does_not_hold(self, tiny, still) -> None:
        """S1's goods left with V01; giving S1 to V02 is a breach, and V02 reports the goods missing."""
        world = World(tiny([[(0, 900), (0, 900)], [(0, 900)]]).build(), still, 1)
        run_to(world, 2)
        world.receive_driver_effect(instruction(world, "R02", 2, ["S2"]))
        run_to(world, 60)
        assert [breach.rule for breach in world.ledger.breaches] == ["custody"]
        assert world.ledger.custody_errors == 1
        failed = [e for e in world.take_events() if e["type"] == "forestall.failed"]
        assert [(e["subject"], e["data"]) for e in failed] == [("S2", {"reason": "MISSORT"})]

    def test_a_spare_van_leaves_twenty_minutes_after_it_is_called(self, tiny, still) -> None:
        plan = tiny([[(0, 900)]], spares=1).build()
        waiting = replace(plan.routes[0], departs_at=OPENS + timedelta(minutes=300))
        world = World(replace(plan, routes=(waiting, plan.routes[1])), still, 1)
        run_to(world, 30)
        world.receive_driver_effect(instruction(world, "R01", 2, [], departs_min=300))
        world.receive_driver_effect(instruction(world, "RSP1", 2, ["S1"]))
        run_to(world, 32)
        world.receive_driver_effect(instruction(world, "RSP1", 3, ["S1"]))  # a second word costs no second wait
        run_to(world, 100)
        assert starts(world) == {"S1": 60}

    def test_a_new_list_during_a_hold_up_at_the_hub_does_not_send_the_van_out_twice(self, tiny, still, change) -> None:
        length = still.hold_ups.length.model_copy(update={"from_min": 60.0, "to_min": 60.0})
        plan = tiny([[(0, 900)] * 3]).build()
        world = World(plan, change(still, "hold_ups", rate=1, length=length), 1)
        van = world.vans["R01"]
        van._hold = Interval(OPENS.timestamp(), OPENS.timestamp() + 3600)
        run_to(world, 10)
        world.receive_driver_effect(instruction(world, "R01", 2, ["S3", "S2", "S1"]))
        run_to(world, 300)
        assert starts(world) == {"S3": 70, "S2": 85, "S1": 100}
        assert world.ledger.travel_s == 4 * 600

    def test_an_order_that_crosses_the_news_of_a_breakdown_is_no_breach(self, tiny, still, monkeypatch) -> None:
        breakdown_of(monkeypatch, "V01", 5)
        world = World(tiny([[(0, 900)] * 2]).build(), still, 1)
        run_to(world, 8)  # it stands, and says so at 10
        world.note_told(world.now)
        world.receive_driver_effect(instruction(world, "R01", 2, ["S2"]))
        assert (world.ledger.breaches, world.ledger.crossed) == ([], 1)
        run_to(world, 10)
        world.note_told(world.now)
        world.receive_driver_effect(instruction(world, "R01", 3, ["S2"]))
        assert [breach.rule for breach in world.ledger.breaches] == ["out-of-service"]

    def test_a_committed_stop_is_not_to_be_given_to_another_driver(self, tiny, still) -> None:
        world = World(tiny([[(0, 900), (0, 900)], [(0, 900)]]).build(), still, 1)
        run_to(world, 2)
        world.receive_driver_effect(instruction(world, "R02", 2, ["S1"]))
        assert {breach.rule for breach in world.ledger.breaches} == {"committed", "custody"}

    def test_more_than_the_vehicle_holds_is_a_breach(self, tiny, still) -> None:
        plan = tiny([[(0, 900)] * 2, [(0, 900)]], capacity=20).build()
        waiting = tuple(replace(route, departs_at=OPENS + timedelta(minutes=30)) for route in plan.routes)
        world = World(replace(plan, routes=waiting), still, 1)
        run_to(world, 2)
        world.receive_driver_effect(instruction(world, "R01", 2, ["S1", "S2", "S3"], departs_min=30))
        assert [breach.rule for breach in world.ledger.breaches] == ["capacity"]


class TestRescue:
    def test_a_rescuer_takes_the_goods_over_where_the_van_stands(self, tiny, still, monkeypatch) -> None:
        breakdown_of(monkeypatch, "V01", 5)  # half way to S1
        world = World(tiny([[(0, 900), (0, 900)]], spares=1).build(), still, 1)
        run_to(world, 10)
        world.receive_driver_effect(instruction(world, "RSP1", 2, [transfer("T1", "V01", ["P1", "P2"]), "S1", "S2"]))
        run_to(world, 200)
        # leaves at 30, 5 min to the spot, 5 to hand over, 5 on to S1, then 5 of service and 10 to S2
        assert starts(world) == {"T1": 35, "S1": 45, "S2": 60}
        assert world.ledger.breaches == []
        assert world.ledger.custody_errors == 0

    def test_a_van_that_will_not_start_is_found_at_its_last_stop(self, tiny, still, monkeypatch) -> None:
        breakdown_of(monkeypatch, "V01", 12)  # while it serves S1, which it still does
        world = World(tiny([[(0, 900), (0, 900)]], spares=1).build(), still, 1)
        run_to(world, 20)
        world.receive_driver_effect(instruction(world, "RSP1", 2, [transfer("T1", "V01", ["P2"]), "S2"]))
        run_to(world, 200)
        assert starts(world) == {"S1": 10, "T1": 50, "S2": 65}

    def test_a_rescuer_who_breaks_down_on_the_way_can_be_rescued_too(self, tiny, still, monkeypatch) -> None:
        instants = {"V01": OPENS.timestamp() + 5 * 60, "VSP1": OPENS.timestamp() + 42 * 60}
        monkeypatch.setattr("evals.truth.Truth.breaks_down_at", lambda self, vehicle: instants.get(vehicle))
        world = World(tiny([[(0, 900)]], spares=2).build(), still, 1)
        run_to(world, 10)
        world.receive_driver_effect(instruction(world, "RSP1", 2, [transfer("T1", "V01", ["P1"]), "S1"]))
        run_to(world, 50)
        assert world.broken_vehicles() == ["V01", "VSP1"]
        world.receive_driver_effect(instruction(world, "RSP2", 2, [transfer("T2", "VSP1", ["P1"]), "S1"]))
        run_to(world, 300)
        assert not world.ledger.visits["S1"].failed
        assert world.ledger.breaches == []

    def test_without_the_meeting_the_goods_stay_where_they_are(self, tiny, still, monkeypatch) -> None:
        breakdown_of(monkeypatch, "V01", 5)
        world = World(tiny([[(0, 900)]], spares=1).build(), still, 1)
        run_to(world, 10)
        world.receive_driver_effect(instruction(world, "RSP1", 2, ["S1"]))
        run_to(world, 200)
        assert [breach.rule for breach in world.ledger.breaches] == ["custody"]
        assert starts(world) == {}

    def test_a_van_that_still_drives_hands_nothing_over_unless_it_is_told(self, tiny, still) -> None:
        world = World(tiny([[(0, 900), (0, 900)]], spares=1).build(), still, 1)
        run_to(world, 2)
        world.receive_driver_effect(instruction(world, "RSP1", 2, [transfer("T1", "V01", ["P2"]), "S2"]))
        run_to(world, 200)
        assert {breach.rule for breach in world.ledger.breaches} == {"custody"}
        assert not world.ledger.visits["S2"].failed  # its own driver was there first


class TestMeeting:
    """R01 drives S1, S2 and S3; a spare called up at minute 2 can leave at 22 and be at any stop at 32."""

    def meet_at_s1(self, tiny: Any, still: Profile, closes_min: float) -> World:
        world = World(tiny([[(0, 900), (0, 900), (0, 900)]], spares=1).build(), still, 1)
        run_to(world, 2)  # R01 is on its way to S1
        giving, taking = meeting("V01", "VSP1", "n1", ["P3"], closes_min)
        world.receive_driver_effect(instruction(world, "RSP1", 2, [taking, "S3"]))
        world.receive_driver_effect(instruction(world, "R01", 2, [giving, "S2"]))
        return world

    def test_whoever_is_first_waits_and_both_go_on_when_the_goods_are_over(self, tiny, still) -> None:
        world = self.meet_at_s1(tiny, still, closes_min=60)
        run_to(world, 200)
        # the giver is through with S1 at 15 and waits until 32; 5 minutes to hand over, 10 on to the next
        assert starts(world) == {"S1": 10, "H-V01": 32, "T-V01": 32, "S2": 47, "S3": 47}
        assert world.ledger.breaches == []
        assert (world.ledger.custody_errors, world.ledger.missed_meetings) == (0, 0)

    def test_nobody_waits_beyond_the_meetings_end(self, tiny, still) -> None:
        world = self.meet_at_s1(tiny, still, closes_min=30)
        run_to(world, 200)
        assert world.ledger.visits["H-V01"].failed
        assert world.ledger.visits["T-V01"].failed
        assert starts(world)["S2"] == 40  # the giver leaves at 30
        assert "S3" not in starts(world)  # its goods are with the giver, and no list has it yet
        assert world.ledger.missed_meetings == 2
        assert world.ledger.custody_errors == 0

    def test_goods_a_missed_meeting_left_behind_are_delivered_by_who_has_them(self, tiny, still) -> None:
        world = self.meet_at_s1(tiny, still, closes_min=30)
        run_to(world, 35)
        world.receive_driver_effect(instruction(world, "R01", 3, ["S2", "S3"]))
        run_to(world, 200)
        assert not world.ledger.visits["S3"].failed
        assert world.ledger.breaches == []

    def test_who_is_promised_a_meeting_with_a_van_that_is_not_told_is_a_breach(self, tiny, still) -> None:
        world = World(tiny([[(0, 900), (0, 900)]], spares=1).build(), still, 1)
        run_to(world, 2)
        _, taking = meeting("V01", "VSP1", "n1", ["P2"], 60)
        world.receive_driver_effect(instruction(world, "RSP1", 2, [taking, "S2"]))
        run_to(world, 3)
        assert [breach.rule for breach in world.ledger.breaches] == ["custody"]

    def test_goods_the_giver_does_not_have_are_a_breach(self, tiny, still) -> None:
        world = World(tiny([[(0, 900)], [(0, 900)]], spares=1).build(), still, 1)
        run_to(world, 2)
        giving, taking = meeting("V01", "VSP1", "n1", ["P2"], 60)
        world.receive_driver_effect(instruction(world, "RSP1", 2, [taking, "S2"]))
        world.receive_driver_effect(instruction(world, "R01", 2, [giving]))
        assert {breach.rule for breach in world.ledger.breaches} >= {"custody"}


class TestThroughTheHub:
    """R01 is on its way to S1 with P1 and P2, and is to bring P2 back before it goes home."""

    def bring_back(self, tiny: Any, still: Profile, told: bool = True) -> World:
        world = World(tiny([[(0, 900), (0, 900)]], spares=1).build(), still, 1)
        run_to(world, 2)
        giving, _ = meeting("V01", "VSP1", "n0", ["P2"], 600)
        if told:
            world.receive_driver_effect(instruction(world, "R01", 2, [{**giving, "transfer_to": None}]))
        world.receive_driver_effect(instruction(world, "RSP1", 2, ["S2"]))
        return world

    def test_who_leaves_later_waits_for_the_goods_and_takes_them_out(self, tiny, still) -> None:
        world = self.bring_back(tiny, still)
        run_to(world, 200)
        # R01 is through with S1 at 15, back at 25, and has handed in at 30; S2 is 10 minutes from the hub
        assert starts(world) == {"S1": 10, "H-V01": 25, "S2": 40}
        assert world.ledger.breaches == []
        assert world.ledger.custody_errors == 0

    def test_to_wait_for_goods_that_nobody_is_told_to_bring_is_a_breach(self, tiny, still) -> None:
        world = self.bring_back(tiny, still, told=False)
        run_to(world, 3)
        assert [breach.rule for breach in world.ledger.breaches] == ["custody"]


class TestTexts:
    def text(self, world: World, template: str, stop: str = "S1", **more: Any) -> None:
        world.receive_text(template, {"order_id": f"O{stop[1:]}", "stop_id": stop, **more})

    def test_news_before_the_window_ends_makes_a_broken_promise_announced(self, tiny, still) -> None:
        world = World(tiny([[(0, 5), (0, 24)]]).build(), still, 1)
        run_to(world, 2)
        self.text(world, "eta_update")
        run_to(world, 26)
        self.text(world, "eta_update", "S2")  # too late: the driver is at the door
        assert set(world.ledger.announced) == {"S1"}

    def test_a_no_show_who_is_asked_in_time_can_be_there(self, tiny, still, change) -> None:
        profile = change(still, "customers", no_shows=1, helped_if_asked=1)
        world = World(tiny([[(60, 900), (60, 900)]]).build(), profile, 1)
        run_to(world, 20)
        self.text(world, "confirm_presence")
        run_to(world, 50)
        self.text(world, "confirm_presence", "S2")  # asked 20 min before the driver comes: too late
        run_to(world, 200)
        assert [world.ledger.visits[stop].failed for stop in ("S1", "S2")] == [False, True]

    def test_who_takes_another_day_is_moved_by_us(self, tiny, still, change) -> None:
        plan = tiny([[(300, 900)]]).build()
        world = World(plan, change(still, "customers", accepts_reschedule=1), 1)
        run_to(world, 5)
        self.text(world, "offer_reschedule", choices={"1": "late_today", "2": "another_day", "3": "call"})
        world.receive_driver_effect(instruction(world, "R01", 2, []))
        run_to(world, 60)
        (reply,) = [e for e in world.take_events() if e["type"] == "forestall.customer_reply"]
        assert (reply["subject"], reply["data"]) == ("O1", {"choice": "2"})

    def test_a_third_text_and_one_at_night_are_breaches(self, tiny, still) -> None:
        world = World(tiny([[(0, 900)]], closes=900).build(), still, 1)
        for _ in range(3):
            self.text(world, "eta_update")
        run_to(world, 12 * 60 + 1)  # 20:01 in Lisbon
        self.text(world, "eta_update", "S1")
        assert [breach.rule for breach in world.ledger.breaches] == ["text-cap", "text-cap", "quiet-hours"]

    def test_answers_to_a_customer_are_counted_apart(self, tiny, still) -> None:
        world = World(tiny([[(0, 900)]], closes=900).build(), still, 1)
        for _ in range(2):
            self.text(world, "eta_update")
            self.text(world, "not_understood", in_reply=True)
        assert world.ledger.breaches == []
        self.text(world, "reschedule_confirmed", in_reply=True)
        assert [breach.rule for breach in world.ledger.breaches] == ["text-cap"]
