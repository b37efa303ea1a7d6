"""The traps of risk.md as invariants over random days."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forestall.domain.actions import Candidate
from forestall.domain.ids import CandidateId, RouteId, VehicleId
from forestall.domain.routes import Position
from forestall.domain.vocabulary import StopStatus, Tool
from optimizer.risk import Forecaster
from optimizer.travel import HaversineTravel

FORECASTER = Forecaster(samples=64)
TRAVEL = HaversineTravel()
DAYS = st.integers(0, 40)
# the town a test gets is only asked for a fresh one of its kind
FEW = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def fleet(town, seed: int):
    fresh = type(town)()
    fresh.fleet(seed, routes=3, stops=5)
    return fresh.snapshot("08:40")


@FEW
@given(DAYS, st.integers(1, 120), st.integers(0, 60))
def test_more_delay_never_lowers_any_risk(town, seed: int, minutes: int, more: int) -> None:
    """At the hub the load comes later; on the road the present visit takes longer."""
    snapshot = fleet(town, seed)

    def delayed(late: timedelta):
        routes = {r: replace(row, load_ready_at=snapshot.taken_at + late) for r, row in snapshot.routes.items()}
        packages = {p: replace(row, available_at=snapshot.taken_at + late) for p, row in snapshot.packages.items()}
        stops = {
            s: replace(row, service_s=row.service_s + late.total_seconds()) if row.status.is_committed else row
            for s, row in snapshot.stops.items()
        }
        return FORECASTER.forecast(replace(snapshot, routes=routes, packages=packages, stops=stops), TRAVEL).stops

    before, after = delayed(timedelta(minutes=minutes)), delayed(timedelta(minutes=minutes + more))
    for stop_id, score in before.items():
        assert after[stop_id].p_late >= score.p_late
        assert after[stop_id].p_undone >= score.p_undone


@FEW
@given(DAYS, st.integers(1, 300))
def test_once_its_promise_has_run_out_a_stop_is_late_for_certain(town, seed: int, minutes: int) -> None:
    snapshot = fleet(town, seed)
    later = replace(snapshot, taken_at=snapshot.taken_at + timedelta(minutes=minutes))
    for stop_id, score in FORECASTER.forecast(later, TRAVEL).stops.items():
        if snapshot.stops[stop_id].window.closes_at < later.taken_at:
            assert score.p_late == 1.0


@FEW
@given(DAYS)
def test_nobody_is_served_before_the_window_opens(town, seed: int) -> None:
    snapshot = fleet(town, seed)
    for stop_id, score in FORECASTER.forecast(snapshot, TRAVEL).stops.items():
        assert score.eta_p10 >= snapshot.stops[stop_id].window.opens_at


@FEW
@given(DAYS)
def test_a_candidate_that_changes_nothing_makes_exactly_no_difference(town, seed: int) -> None:
    snapshot = fleet(town, seed)
    idle = Candidate(CandidateId("idle"), Tool.REROUTE, ())
    judged = FORECASTER.judge(snapshot, TRAVEL, [idle])[idle.id]
    assert (judged.gain, judged.misses_after, judged.effects) == (0.0, judged.misses_before, ())


@FEW
@given(DAYS, st.integers(1, 300))
def test_what_happens_later_changes_no_score_made_now(town, seed: int, minutes: int) -> None:
    """Reports that carry a later time than the snapshot: of a vehicle's place, and of loads at departed routes."""
    snapshot = fleet(town, seed)
    later = snapshot.taken_at + timedelta(minutes=minutes)
    seen = {vehicle_id: Position(VehicleId(vehicle_id), later, 41.2, -8.5, later) for vehicle_id in snapshot.vehicles}
    assert FORECASTER.forecast(replace(snapshot, positions=seen), TRAVEL) == FORECASTER.forecast(snapshot, TRAVEL)


@FEW
@given(DAYS)
def test_equal_seeds_give_equal_scores_whoever_asks(town, seed: int) -> None:
    snapshot = fleet(town, seed)
    assert Forecaster(samples=64).forecast(snapshot, TRAVEL) == FORECASTER.forecast(snapshot, TRAVEL)


@FEW
@given(DAYS)
def test_chances_are_chances_and_parts_are_no_larger_than_the_whole(town, seed: int) -> None:
    for score in FORECASTER.forecast(fleet(town, seed), TRAVEL).stops.values():
        assert 0.0 <= score.p_undone <= score.p_late <= score.p_miss <= min(1.0, score.p_late + score.p_failed)
        assert score.eta_p10 <= score.eta_p50 <= score.eta_p90


def test_there_are_days_with_stops_bound_for_and_routes_at_the_hub(town) -> None:
    """What the invariants above run on has both kinds of routes."""
    snapshot = fleet(town, 1)
    assert any(stop.status is StopStatus.ENROUTE for stop in snapshot.stops.values())
    assert RouteId("R0") in snapshot.routes
