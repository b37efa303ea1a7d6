"""rebase: a plan held against a state that has moved on."""

from dataclasses import replace

from agent.rebase import dropped_stops, has_met_others, rebase
from factories import at, make_plan, make_snapshot, make_window
from forestall.domain.actions import Candidate, RouteChange
from forestall.domain.ids import CandidateId, RouteId, StopId
from forestall.domain.orders import Custody
from forestall.domain.replan import replan
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import HolderKind, RouteStatus, StopKind, StopStatus, Tool

R1, R2 = RouteId("R01"), RouteId("R02")
MADE_ON = make_snapshot(make_plan())


def planned(routes: dict[RouteId, list[str]]) -> Candidate:
    changes = tuple(RouteChange(r, 1, tuple(StopId(s) for s in stops)) for r, stops in routes.items())
    return Candidate(CandidateId("c"), Tool.REROUTE, (), changes, read_set=dict.fromkeys(routes, 1))


def moved(snapshot: HubSnapshot, *, stops: dict[str, StopStatus] | None = None, **route_fields: object) -> HubSnapshot:
    """R01 two versions on, with its fields and some stops' statuses changed."""
    route = replace(snapshot.routes[R1], version=3, **route_fields)
    changed = {StopId(s): replace(snapshot.stops[StopId(s)], status=status) for s, status in (stops or {}).items()}
    return replace(snapshot, routes={**snapshot.routes, R1: route}, stops={**snapshot.stops, **changed})


RESEQUENCE = planned({R1: ["S003", "S001", "S002"]})
REASSIGN = planned({R1: ["S001", "S002"], R2: ["S004", "S005", "S006", "S003"]})


def test_on_the_same_state_the_plan_stays_as_it_is():
    assert rebase(RESEQUENCE, MADE_ON) == RESEQUENCE


def test_a_stop_that_was_done_falls_out_and_the_rest_goes_on_the_new_version():
    live = moved(MADE_ON, stops={"S001": StopStatus.COMPLETED}, status=RouteStatus.UNDERWAY)
    rebased = rebase(RESEQUENCE, live)
    assert rebased is not None
    assert rebased.route_changes[0].stop_ids == ("S003", "S002")
    assert rebased.read_set == {R1: 3}
    assert dropped_stops(RESEQUENCE, rebased) == ("S001",)
    replan(live, rebased)  # sound: nothing lost, nothing doubled


def test_a_stop_the_driver_has_set_out_for_falls_out():
    live = moved(MADE_ON, stops={"S003": StopStatus.ENROUTE}, status=RouteStatus.UNDERWAY)
    rebased = rebase(RESEQUENCE, live)
    assert rebased is not None
    assert rebased.route_changes[0].stop_ids == ("S001", "S002")


def test_a_stop_that_another_plan_brought_stays_behind_the_one_it_comes_after_today():
    stop = replace(MADE_ON.stops[StopId("S004")], route_id=R1, sequence=9)
    live = replace(moved(MADE_ON), stops={**MADE_ON.stops, stop.id: stop})
    rebased = rebase(RESEQUENCE, live)
    assert rebased is not None
    assert rebased.route_changes[0].stop_ids == ("S003", "S004", "S001", "S002")
    assert has_met_others(RESEQUENCE, rebased, live)
    replan(live, rebased)


def test_a_stop_that_another_plan_took_away_is_left_where_it_is_now():
    stop = replace(MADE_ON.stops[StopId("S001")], route_id=R2, sequence=9)
    live = replace(moved(MADE_ON), stops={**MADE_ON.stops, stop.id: stop})
    rebased = rebase(RESEQUENCE, live)
    assert rebased is not None
    assert rebased.route_changes[0].stop_ids == ("S003", "S002")
    assert has_met_others(RESEQUENCE, rebased, live)
    replan(live, rebased)


def test_a_pinned_stop_that_came_to_the_route_since_makes_the_plan_stale():
    stop = replace(MADE_ON.stops[StopId("S004")], route_id=R1, sequence=9, pinned=True)
    live = replace(moved(MADE_ON), stops={**MADE_ON.stops, stop.id: stop})
    assert rebase(RESEQUENCE, live) is None


def test_goods_that_have_left_the_hub_are_not_reassigned():
    loaded = dict.fromkeys(("S002", "S003"), StopStatus.LOADED) | {"S001": StopStatus.ENROUTE}
    assert rebase(REASSIGN, MADE_ON) is not None
    assert rebase(REASSIGN, moved(MADE_ON, stops=loaded, status=RouteStatus.UNDERWAY)) is None


def test_a_route_that_broke_down_or_finished_takes_no_plan():
    assert rebase(RESEQUENCE, moved(MADE_ON, status=RouteStatus.BROKEN)) is None
    assert rebase(RESEQUENCE, moved(MADE_ON, status=RouteStatus.FINISHED)) is None


def test_nothing_left_to_change_is_stale():
    done = dict.fromkeys(("S001", "S002", "S003"), StopStatus.COMPLETED)
    assert rebase(RESEQUENCE, moved(MADE_ON, stops=done, status=RouteStatus.UNDERWAY)) is None


def meeting_plan() -> tuple[HubSnapshot, Candidate]:
    """R01 is on its way to S001 with all its goods, and is to hand S003's over to R02 there."""
    aboard = Custody(HolderKind.VEHICLE, "V01", MADE_ON.taken_at)
    packages = {p.id: replace(p, custody=aboard) if p.id <= "P003" else p for p in MADE_ON.packages.values()}
    statuses = {"S001": StopStatus.ENROUTE, "S002": StopStatus.LOADED, "S003": StopStatus.LOADED}
    live = moved(replace(MADE_ON, packages=packages), stops=statuses, status=RouteStatus.UNDERWAY)
    s001 = live.stops[StopId("S001")]
    both = {"location": s001.location, "package_ids": ("P003",), "order_id": None, "window": make_window(0, 90)}
    giving = replace(s001, id=StopId("H"), kind=StopKind.HAND_OVER, transfer_to="V02", **both)
    taking = replace(s001, id=StopId("T"), route_id=R2, kind=StopKind.TRANSFER, transfer_from="V01", **both)
    changes = (
        RouteChange(R1, 3, ("H", "S002"), (giving,)),
        RouteChange(R2, 1, ("T", "S003", "S004", "S005", "S006"), (taking,)),
    )
    return live, Candidate(CandidateId("c"), Tool.REASSIGN, (), changes, read_set={R1: 3, R2: 1})


def test_a_meeting_holds_while_the_giver_is_bound_for_it_and_has_the_goods():
    live, plan = meeting_plan()
    assert rebase(plan, live) is not None
    replan(live, rebase(plan, live))
    elsewhere = replace(live.stops[StopId("S001")], status=StopStatus.COMPLETED)
    assert rebase(plan, replace(live, stops={**live.stops, elsewhere.id: elsewhere})) is None
    given = replace(live.packages["P003"], custody=Custody(HolderKind.VEHICLE, "V09", live.taken_at))
    assert rebase(plan, replace(live, packages={**live.packages, given.id: given})) is None
    assert rebase(plan, replace(live, taken_at=at(91))) is None


def pinned(snapshot: HubSnapshot, stop_id: str) -> HubSnapshot:
    stop = replace(snapshot.stops[StopId(stop_id)], pinned=True)
    return replace(snapshot, stops={**snapshot.stops, stop.id: stop})


def test_a_stop_pinned_since_is_not_moved():
    assert rebase(REASSIGN, pinned(MADE_ON, "S003")) is None
    assert rebase(REASSIGN, pinned(MADE_ON, "S001")) is not None


def test_nothing_new_gets_in_front_of_a_stop_pinned_since():
    in_front = planned({R1: ["S001", "S002"], R2: ["S004", "S003", "S005", "S006"]})
    assert rebase(in_front, pinned(MADE_ON, "S005")) is None
    assert rebase(in_front, pinned(MADE_ON, "S004")) is not None


def test_a_stop_pinned_since_may_come_earlier_and_not_later():
    assert rebase(RESEQUENCE, pinned(MADE_ON, "S003")) is not None
    assert rebase(RESEQUENCE, pinned(MADE_ON, "S001")) is None


def failed_and_planned_again() -> tuple[HubSnapshot, Candidate]:
    aboard = Custody(HolderKind.VEHICLE, "V01", at(30))
    packages = {p: replace(MADE_ON.packages[p], custody=aboard) for p in ("P001", "P002", "P003")}
    live = moved(MADE_ON, stops={"S001": StopStatus.FAILED}, status=RouteStatus.UNDERWAY)
    live = replace(live, packages={**live.packages, **packages})
    change = RouteChange(R1, 1, ("S002", "S001", "S003"), retried_stops=("S001",))
    return live, Candidate(CandidateId("c"), Tool.REROUTE, (), (change,), read_set={R1: 1})


def test_a_second_attempt_goes_on_the_new_version_and_stays_in_it():
    live, again = failed_and_planned_again()
    rebased = rebase(again, live)
    assert rebased is not None
    assert rebased.route_changes[0].stop_ids == ("S002", "S001", "S003")
    replan(live, rebased)


def test_a_second_attempt_at_what_has_been_delivered_meanwhile_is_stale():
    live, again = failed_and_planned_again()
    done = replace(live.stops["S001"], status=StopStatus.COMPLETED)
    assert rebase(again, replace(live, stops={**live.stops, "S001": done})) is None


def test_a_second_attempt_in_front_of_a_stop_that_was_pinned_meanwhile_is_stale():
    live, again = failed_and_planned_again()
    pinned = replace(live.stops["S003"], pinned=True)
    assert rebase(again, replace(live, stops={**live.stops, "S003": pinned})) is None
