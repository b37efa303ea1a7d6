"""The way back: what a decision changed returns to how it stood, as far as the world has not moved past it."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from factories import at, make_plan, make_snapshot, make_stop_forecast
from forestall.domain.actions import Action, Candidate, PackageMove, RouteChange
from forestall.domain.ids import CandidateId, HubId, PackageId, RouteId, StopId
from forestall.domain.orders import Custody
from forestall.domain.replan import apply_candidate, free_stops
from forestall.domain.reversals import Reversal
from forestall.domain.vocabulary import ActionKind, HolderKind, RouteStatus, StopStatus, Tool
from tools.reversing import restore, reversal_before, undoable_until

R1, R2 = RouteId("R01"), RouteId("R02")
BEFORE = make_snapshot(make_plan(route_count=2, stops_each=4))


def lists(snapshot):
    return {route: [stop.id for stop in free_stops(snapshot, route)] for route in (R1, R2)}


def candidate(first, second):
    changes = (RouteChange(R1, 1, tuple(first)), RouteChange(R2, 1, tuple(second)))
    action = Action(ActionKind.REASSIGN, ("S001",), (R1, R2))
    return Candidate(CandidateId("k"), Tool.REASSIGN, (action,), changes, read_set={R1: 1, R2: 1})


MOVE = candidate(["S003", "S001"], ["S005", "S002", "S006", "S004", "S007", "S008"])


def done(plan=MOVE, snapshot=BEFORE):
    before = reversal_before(snapshot, plan)
    departures = {route_id: snapshot.routes[route_id].departs_at for route_id in before}
    reversal = Reversal("D-1", "C-1", snapshot.day, at(0), plan, before, departures)
    return reversal, apply_candidate(snapshot, plan)


def with_stop(snapshot, stop_id, **fields):
    stop = replace(snapshot.stops[StopId(stop_id)], **fields)
    return replace(snapshot, stops={**snapshot.stops, stop.id: stop})


def with_route(snapshot, route_id, **fields):
    route = replace(snapshot.routes[route_id], **fields)
    return replace(snapshot, routes={**snapshot.routes, route_id: route})


def aboard(snapshot, route_id):
    """The route has left with its stops' goods."""
    route = snapshot.routes[route_id]
    holder = Custody(HolderKind.VEHICLE, route.vehicle_id, at(30))
    orders = {stop.order_id for stop in free_stops(snapshot, route_id)}
    packages = {p.id: replace(p, custody=holder) for p in snapshot.packages.values() if p.order_id in orders}
    stops = {s.id: replace(s, status=StopStatus.LOADED) for s in free_stops(snapshot, route_id)}
    left = with_route(snapshot, route_id, status=RouteStatus.UNDERWAY, departed_at=at(30))
    return replace(left, packages={**left.packages, **packages}, stops={**left.stops, **stops})


@given(st.permutations(BEFORE.stops_by_route[R1] + BEFORE.stops_by_route[R2]), st.integers(0, 8))
def test_before_anybody_left_every_plan_is_taken_back_whole(stops, cut):
    ids = [stop.id for stop in stops]
    reversal, live = done(candidate(ids[:cut], ids[cut:]))
    found = restore(reversal, live)
    if lists(live) == lists(BEFORE):
        assert found.rule == "undo.moved_on"
    else:
        assert found.kept == {}
        assert lists(apply_candidate(live, found.candidate)) == lists(BEFORE)


def test_goods_that_left_with_another_vehicle_stay_and_the_rest_goes_back():
    reversal, live = done()
    found = restore(reversal, aboard(live, R2))
    assert found.kept == {"S002": "undo.goods_elsewhere", "S004": "undo.goods_elsewhere"}
    after = lists(apply_candidate(aboard(live, R2), found.candidate))
    assert after[R1] == ["S001", "S003"]
    assert sorted(after[R2]) == ["S002", "S004", "S005", "S006", "S007", "S008"]


def test_what_is_done_or_under_way_to_stays_as_it_is():
    plan = candidate(["S003", "S001", "S004", "S002"], ["S005", "S006", "S007", "S008"])
    reversal, live = done(plan)
    left = with_stop(aboard(live, R1), "S003", status=StopStatus.ENROUTE)
    found = restore(reversal, left)
    assert found.kept == {"S003": "undo.committed"}
    assert lists(apply_candidate(left, found.candidate))[R1] == ["S001", "S002", "S004"]


def test_when_every_route_has_moved_past_it_nothing_can_be_undone():
    plan = candidate(["S003", "S001", "S002", "S004"], ["S005", "S006", "S007", "S008"])
    reversal, live = done(plan)
    gone = aboard(live, R1)
    for stop_id in ("S003", "S001"):
        gone = with_stop(gone, stop_id, status=StopStatus.COMPLETED)
    found = restore(reversal, gone)
    assert (found.candidate, found.rule) == (None, "undo.moved_on")
    assert found.kept == {"S003": "undo.done", "S001": "undo.done"}


def test_a_stop_that_came_since_stays_behind_the_one_it_follows():
    reversal, live = done(candidate(["S002", "S001", "S003", "S004"], ["S005", "S006", "S007", "S008"]))
    live = with_stop(with_stop(live, "S008", route_id=R1, sequence=99), "S004", sequence=100)
    found = restore(reversal, live)
    assert "undo.moved_again" not in found.kept.values()
    assert lists(apply_candidate(live, found.candidate))[R1][:2] == ["S001", "S002"]


def test_a_stop_pinned_since_stays():
    reversal, live = done()
    found = restore(reversal, with_stop(live, "S002", pinned=True))
    assert found.kept == {"S002": "undo.pinned"}


def test_packages_on_their_way_to_another_hub_are_not_called_back():
    sent = replace(MOVE, package_moves=(PackageMove(PackageId("P001"), HubId("H2"), at(90)),))
    reversal, live = done()
    assert restore(replace(reversal, candidate=sent), live).rule == "undo.packages_sent"


def test_it_can_be_undone_whole_until_the_first_driver_passes_the_first_difference():
    plan = candidate(["S001", "S003", "S002", "S004"], ["S005", "S006", "S007", "S008"])
    reversal, live = done(plan)
    left = aboard(live, R1)
    found = restore(reversal, left)
    forecasts = {"S001": make_stop_forecast("S001", eta_p50=at(50))}
    assert undoable_until(found.candidate, left, forecasts) == at(53)  # and three minutes of service
    assert undoable_until(found.candidate, live, forecasts) == at(30)  # it has yet to leave
