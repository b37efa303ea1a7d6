"""Both ways under the day as it was, on a day small enough to be reckoned by hand.

Places lie on a line, ten expected minutes apart: the hub, A, B, C. The van took twice as long for every leg and visit.
"""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from forestall.domain.actions import Candidate, RouteChange
from forestall.domain.ids import CandidateId, LocationId, RouteId, StopId
from forestall.domain.network import Location
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import RouteStatus, StopStatus, Tool
from optimizer.hindsight import compare, look_back, replay
from optimizer.travel import HourFactors

STEP_S = 600.0
R1, R2 = RouteId("R1"), RouteId("R2")
A, B, C = StopId("A"), StopId("B"), StopId("C")
_LINE = {"hub": 0, "a": 1, "b": 2, "c": 3}


class Line:
    """Places on a line, STEP_S apart."""

    provenance = "a line"
    hours = HourFactors()

    def durations_s(self, places, mode=None):
        at = np.array([_LINE[place.id] for place in places], dtype=float)
        return STEP_S * np.abs(at[:, None] - at[None, :])


def spot(name: str) -> Location:
    return Location(LocationId(name), 41.15 + 0.01 * _LINE[name], -8.61)


@pytest.fixture
def morning(town) -> HubSnapshot:
    """At 07:30: R1 is to leave at 08:00 for A, B and C, promised by 09:30, 09:45 and 09:15; R2 has nothing to do."""
    route = town.route("R1")
    town.route("R2")
    for name, closes in (("a", "09:30"), ("b", "09:45"), ("c", "09:15")):
        town.stop(route, name.upper(), spot(name), window=("08:00", closes))
    return town.snapshot("07:30")


def driven(town, morning: HubSnapshot, order: str = "ABC") -> HubSnapshot:
    """The day at its end: legs of 20 minutes to the next place, visits of 10; A 08:20, B 08:50, C 09:20."""
    now, here, stops = town.at("08:00"), 0, dict(morning.stops)
    for name in order:
        there = _LINE[name.lower()]
        arrived = now + timedelta(seconds=2 * STEP_S * abs(there - here))
        left = arrived + timedelta(minutes=10)
        stops[StopId(name)] = replace(
            stops[StopId(name)], status=StopStatus.COMPLETED, departed_at=now, arrived_at=arrived, finished_at=left
        )
        now, here = left, there
    route = replace(morning.routes[R1], status=RouteStatus.FINISHED, departed_at=town.at("08:00"))
    return replace(morning, taken_at=town.at("20:00"), stops=stops, routes={**morning.routes, R1: route})


def plan(**routes: list[StopId]) -> Candidate:
    changes = tuple(RouteChange(RouteId(route), 1, tuple(stops)) for route, stops in routes.items())
    return Candidate(CandidateId("k"), Tool.REROUTE, (), changes)


def test_what_was_driven_comes_out_as_it_was(town, morning):
    final = driven(town, morning)
    again = replay(morning, Line(), look_back(final, Line()), [R1])
    assert again.starts == {stop_id: final.stops[stop_id].arrived_at for stop_id in (A, B, C)}
    assert again.travel_s == pytest.approx(60 * (20 + 20 + 20 + 60))  # and back: 30 minutes at half the speed


def test_two_plans_reckoned_by_hand(town, morning):
    """Left alone, C is served at 09:20 and is late. A, C, B: 08:20; two places on, 40 minutes, 09:10; and B, which was
    never reached from there, 20 minutes after 09:20, at 09:40."""
    both = compare(morning, Line(), look_back(driven(town, morning), Line()), None, plan(R1=[A, C, B]), failed=())
    assert both.stops == (A, B, C)
    assert (both.done.kept, both.proposed.kept) == (2, 3)
    assert (both.done.lateness_s, both.proposed.lateness_s) == (300.0, 0.0)
    assert both.proposed.travel_s == pytest.approx(60 * (20 + 40 + 20 + 40))


def test_a_door_that_stayed_shut_is_shut_both_ways(town, morning):
    realised = look_back(driven(town, morning), Line())
    both = compare(morning, Line(), realised, None, plan(R1=[A, C, B]), failed={A})
    assert (both.done.kept, both.proposed.kept) == (1, 2)


def test_a_stop_that_was_called_off_counts_neither_way(town, morning):
    final = driven(town, morning)
    cancelled = replace(final.stops[C], status=StopStatus.CANCELLED)
    final = replace(final, stops={**final.stops, C: cancelled})
    assert compare(morning, Line(), look_back(final, Line()), None, plan(R1=[A, C, B]), ()).stops == (A, B)


def test_a_plan_beside_itself_differs_in_nothing(town, morning):
    realised = look_back(driven(town, morning), Line())
    same = plan(R1=[A, B, C])
    both = compare(morning, Line(), realised, same, same, failed=())
    assert both.done == both.proposed


def test_a_hold_up_meets_the_vehicle_whatever_it_was_doing_then(town, morning):
    """An hour lost on the way to A. In whatever order, every stop is an hour later, and no leg is slower for it."""
    final = driven(town, morning)
    hour = timedelta(hours=1)
    later = {
        s: replace(
            stop,
            departed_at=stop.departed_at if s == A else stop.departed_at + hour,
            arrived_at=stop.arrived_at + hour,
            finished_at=stop.finished_at + hour,
        )
        for s, stop in final.stops.items()
    }
    realised = look_back(replace(final, stops=later), Line())
    again = replay(morning, Line(), realised, [R1])
    assert again.starts == {s: stop.arrived_at for s, stop in later.items()}
    [hold] = realised.holds[R1]
    assert (hold.at, hold.lasts) == (town.at("08:00"), hour)


def test_who_leaves_late_leaves_late_under_any_plan(town, morning):
    final = driven(town, morning)
    late = {s: replace(x, **{f: getattr(x, f) + timedelta(minutes=12) for f in _TIMES}) for s, x in final.stops.items()}
    route = replace(final.routes[R1], departed_at=town.at("08:12"))
    final = replace(final, stops=late, routes={**final.routes, R1: route})
    again = replay(morning, Line(), look_back(final, Line()), [R1])
    assert again.starts[A] == town.at("08:32")


def test_nothing_is_done_after_the_vehicle_broke_down(town, morning):
    final = driven(town, morning)
    unreached = {s: replace(final.stops[s], status=StopStatus.LOADED, **dict.fromkeys(_TIMES)) for s in (B, C)}
    broken = replace(final.routes[R1], status=RouteStatus.BROKEN, broken_at=town.at("08:35"))
    final = replace(final, stops={**final.stops, **unreached}, routes={**final.routes, R1: broken})
    realised = look_back(final, Line())
    assert replay(morning, Line(), realised, [R1]).starts == {A: town.at("08:20"), B: None, C: None}
    assert compare(morning, Line(), realised, None, plan(R1=[A], R2=[B, C]), ()).proposed.kept > 1


def test_another_vehicle_drives_a_known_leg_in_its_own_pace(town, morning):
    """R2 drove nothing that day, so it goes at its hub's pace, which is R1's."""
    realised = look_back(driven(town, morning), Line())
    moved = compare(morning, Line(), realised, None, plan(R1=[A, B], R2=[C]), failed=())
    assert moved.proposed.kept == 3  # C by 09:00, at the hub's pace
    assert moved.proposed.travel_s == pytest.approx(60 * (20 + 20 + 40 + 60 + 60))


def test_the_same_day_gives_the_same_answer(town, morning):
    realised = look_back(driven(town, morning), Line())
    assert replay(morning, Line(), realised, [R1]) == replay(morning, Line(), realised, [R1])


_TIMES = ("departed_at", "arrived_at", "finished_at")
