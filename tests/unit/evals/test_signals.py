"""What devices make of what happens: intervals, jitter, gaps, clocks, and events that come twice or late."""

from collections.abc import Callable
from datetime import datetime
from statistics import mean
from typing import Any

from evals.draws import Draws
from evals.profile import Profile, load_profile
from evals.signals import Device
from evals.world import World
from forestall.domain.ids import VehicleId
from tests.unit.evals.test_world import OPENS, run_to, starts


def field(tiny: Any, profile: Profile) -> World:
    """Ten vehicles that drive three hours each."""
    return World(tiny([[(0, 900)] * 12] * 10).build(), profile, 1)


def positions(world: World, until: float = 180) -> dict[str, list[dict[str, Any]]]:
    run_to(world, until)
    told: dict[str, list[dict[str, Any]]] = {}
    for event in world.take_events():
        if event["type"] == "forestall.position":
            told.setdefault(event["subject"], []).append(event)
    return told


def test_every_vehicle_reports_every_ten_to_thirty_seconds_while_it_moves() -> None:
    rules, draws = load_profile().signals, Draws(1, "day")
    every = {Device(VehicleId(f"V{k}"), rules, draws, 0.0).every_s for k in range(200)}
    assert every == set(range(10, 31))


def test_a_vehicle_that_stands_reports_seldom(tiny, still: Profile) -> None:
    world = World(tiny([[(120, 900)]]).build(), still, 1)  # at S1 from minute 10, where it waits until 120
    told = positions(world, 119)["V01"]
    moving = [e for e in told if e["data"]["lat"] < 41.01]
    assert len(moving) in (19, 20)  # every 30 seconds
    assert len(told) - len(moving) in (36, 37, 38)  # every three minutes


def test_positions_are_a_little_off_and_some_are_lost(tiny, still: Profile, change: Callable) -> None:
    exact = positions(field(tiny, still))
    rough = positions(field(tiny, change(still, "signals", jitter_m=20, lost=0.2)))
    kept = {(e["subject"], e["time"]): e["data"] for events in rough.values() for e in events}
    all_ = {(e["subject"], e["time"]): e["data"] for events in exact.values() for e in events}
    assert 0.75 < len(kept) / len(all_) < 0.85
    assert kept.keys() <= all_.keys()
    off_m = [abs(kept[key]["lat"] - all_[key]["lat"]) * 111_320 for key in kept]
    assert max(off_m) <= 20.1
    assert 9 < mean(off_m) < 11


def test_a_wrong_clock_is_wrong_all_day_and_by_its_own_measure(tiny, still: Profile, change: Callable) -> None:
    right = field(tiny, still)
    wrong = field(tiny, change(still, "signals", clock_offset_s=240))
    offsets: dict[str, set[float]] = {}
    run_to(right, 180)
    run_to(wrong, 180)
    for ours, theirs in zip(right.take_events(), wrong.take_events(), strict=True):
        assert (ours["type"], ours["subject"]) == (theirs["type"], theirs["subject"])
        if ours["type"] == "forestall.position":
            apart = datetime.fromisoformat(theirs["time"]) - datetime.fromisoformat(ours["time"])
            offsets.setdefault(ours["subject"], set()).add(apart.total_seconds())
    assert all(len(one) == 1 and abs(min(one)) <= 240 for one in offsets.values())
    assert len(set.union(*offsets.values())) > 5


def test_a_copy_has_the_identity_of_its_event(tiny, still: Profile, change: Callable) -> None:
    world = field(tiny, change(still, "signals", duplicated=0.2, delay_s=30))
    run_to(world, 181)
    events = world.take_events()
    unique = {event["id"]: event for event in events}
    assert 1.15 < len(events) / len(unique) < 1.25
    assert all(event == unique[event["id"]] for event in events)


def test_a_late_event_comes_after_others_and_says_when_it_happened(tiny, still: Profile, change: Callable) -> None:
    world = field(tiny, change(still, "signals", delayed=0.2, delay_s=120))
    run_to(world, 180)
    times = [event["time"] for event in world.take_events()]
    assert times != sorted(times)


def test_noise_changes_nothing_in_the_field(tiny, still: Profile, change: Callable) -> None:
    noisy = change(still, "signals", jitter_m=20, lost=0.2, clock_offset_s=240, duplicated=0.2, delayed=0.2)
    quiet, loud = field(tiny, still), field(tiny, noisy)
    run_to(quiet, 300)
    run_to(loud, 300)
    assert starts(quiet) == starts(loud)


def test_times_are_told_in_whole_seconds(tiny) -> None:
    world = field(tiny, load_profile())
    run_to(world, 60)
    assert all(datetime.fromisoformat(event["time"]).microsecond == 0 for event in world.take_events())
    assert world.now == OPENS.timestamp() + 3600
