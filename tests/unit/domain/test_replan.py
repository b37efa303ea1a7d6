"""replan: what a candidate changes, and that no stop is lost, doubled or moved against custody of the driver."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from factories import at, make_plan, make_snapshot
from forestall.domain.actions import Candidate, RouteChange
from forestall.domain.ids import CandidateId, RouteId, StopId
from forestall.domain.orders import Custody
from forestall.domain.replan import UnsoundChange, apply_candidate, free_stops, replan
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import HolderKind, RouteStatus, StopKind, StopStatus, Tool

R1, R2 = RouteId("R01"), RouteId("R02")


def change_of(snapshot: HubSnapshot, routes: dict[RouteId, list[StopId]]) -> Candidate:
    return Candidate(
        CandidateId("c"),
        Tool.REASSIGN,
        (),
        tuple(RouteChange(r, snapshot.routes[r].version, tuple(stops)) for r, stops in routes.items()),
    )


def with_status(snapshot: HubSnapshot, stop_id: str, status: StopStatus) -> HubSnapshot:
    stop = replace(snapshot.stops[StopId(stop_id)], status=status)
    return replace(snapshot, stops={**snapshot.stops, stop.id: stop})


@given(st.permutations(["S001", "S002", "S003", "S004", "S005", "S006"]), st.integers(0, 6))
def test_any_partition_of_the_free_stops_keeps_every_stop_once_and_in_the_given_order(order, cut):
    snapshot = make_snapshot(make_plan(route_count=2, stops_each=3))
    stops = [StopId(s) for s in order]
    after = apply_candidate(snapshot, change_of(snapshot, {R1: stops[:cut], R2: stops[cut:]}))
    assert [s.id for s in after.stops_by_route[R1]] == stops[:cut]
    assert [s.id for s in after.stops_by_route[R2]] == stops[cut:]
    assert after.stops.keys() == snapshot.stops.keys()


def test_a_committed_stop_stays_first_and_may_not_be_named():
    snapshot = with_status(make_snapshot(make_plan()), "S001", StopStatus.ENROUTE)
    sound = change_of(snapshot, {R1: [StopId("S003"), StopId("S002")]})
    assert [s.id for s in apply_candidate(snapshot, sound).open_stops(R1)] == ["S001", "S003", "S002"]
    with pytest.raises(UnsoundChange, match="not free"):
        replan(snapshot, change_of(snapshot, {R1: [StopId("S003"), StopId("S001"), StopId("S002")]}))


@pytest.mark.parametrize(
    ("stops", "fault"),
    [
        (["S001", "S002"], "without a route"),
        (["S001", "S002", "S003", "S003"], "twice"),
        (["S001", "S002", "S003", "S004"], "not free"),
        (["S001", "S002", "S003", "S999"], "not free"),
    ],
    ids=["lost", "doubled", "taken from a route that is not part of the change", "unknown"],
)
def test_an_unsound_change_is_refused(stops, fault):
    snapshot = make_snapshot(make_plan())
    with pytest.raises(UnsoundChange, match=fault):
        replan(snapshot, change_of(snapshot, {R1: [StopId(s) for s in stops]}))


def test_only_changed_rows_are_written_and_both_versions_rise():
    snapshot = make_snapshot(make_plan())
    rows = replan(snapshot, change_of(snapshot, {R1: [StopId("S001"), StopId("S003"), StopId("S002")]}))
    assert {stop.id for stop in rows.stops} == {"S002", "S003"}
    assert [(r.id, r.version, r.plan_version) for r in rows.routes] == [(R1, 2, 2)]


def test_a_candidate_without_route_changes_leaves_the_snapshot_itself():
    snapshot = make_snapshot(make_plan())
    assert apply_candidate(snapshot, Candidate(CandidateId("c"), Tool.NOTIFY_CUSTOMER, ())) is snapshot


def test_free_stops_leave_out_what_is_done_and_what_is_committed():
    snapshot = with_status(make_snapshot(make_plan()), "S001", StopStatus.COMPLETED)
    snapshot = with_status(snapshot, "S002", StopStatus.ARRIVED)
    assert [stop.id for stop in free_stops(snapshot, R1)] == ["S003"]


def test_a_hand_over_is_called_off_and_a_delivery_never():
    snapshot = make_snapshot(make_plan(route_count=2, stops_each=3))
    given = replace(snapshot.stops[StopId("S003")], kind=StopKind.HAND_OVER)
    snapshot = replace(snapshot, stops={**snapshot.stops, given.id: given})

    def without(stop_id: str) -> Candidate:
        kept = tuple(StopId(s) for s in ("S001", "S002", "S003") if s != stop_id)
        return Candidate(CandidateId("c"), Tool.REASSIGN, (), (RouteChange(R1, 1, kept, dropped_stops=(stop_id,)),))

    after = apply_candidate(snapshot, without("S003"))
    assert after.stops[given.id].status is StopStatus.CANCELLED
    assert [stop.id for stop in free_stops(after, R1)] == ["S001", "S002"]
    with pytest.raises(UnsoundChange):
        replan(snapshot, without("S002"))


def test_only_a_failed_delivery_whose_goods_are_aboard_is_attempted_once_more_and_on_its_own_route():
    plan = make_plan(route_count=2, stops_each=3)
    snapshot = with_status(make_snapshot(plan, taken_at=at(60)), "S001", StopStatus.FAILED)
    aboard = Custody(HolderKind.VEHICLE, "V01", at(30))
    packages = {**snapshot.packages, "P001": replace(snapshot.packages["P001"], custody=aboard)}
    route = replace(snapshot.routes[R1], status=RouteStatus.UNDERWAY)
    ready = replace(snapshot, packages=packages, routes={**snapshot.routes, R1: route})

    def again(route_id, stops):
        change = RouteChange(route_id, 1, tuple(stops), retried_stops=(StopId("S001"),))
        return Candidate(CandidateId("c"), Tool.REROUTE, (), (change,))

    after = apply_candidate(ready, again(R1, ["S002", "S001", "S003"]))
    assert [stop.id for stop in after.open_stops(R1)] == ["S002", "S001", "S003"]
    assert after.stops["S001"].retried_at == at(60)
    at_the_hub = replace(ready, packages=snapshot.packages)
    for state, candidate in (
        (ready, again(R2, ["S004", "S005", "S006", "S001"])),
        (at_the_hub, again(R1, ["S001", "S002", "S003"])),
        (after, again(R1, ["S001", "S002", "S003"])),
    ):
        with pytest.raises(UnsoundChange, match="S001"):
            replan(state, candidate)
