"""A van that is late meets another on its way: agreed, vetoed, carried out, missed; a taker that breaks down."""

from dataclasses import replace

import pytest

from factories import make_plan, make_window
from forestall.domain.plan import DayPlan
from forestall.domain.vocabulary import CaseKind, EventType, HolderKind, OverrideReason, StopKind, Verdict

LATE = frozenset({"S001", "S002", "S003", "S004"})


def late_plan() -> DayPlan:
    """R01 has far too much to do until minute 90; R02 and R03 have all day."""
    plan = make_plan(route_count=3, stops_each=4)
    closing = make_window(0, 90)
    stops = tuple(replace(s, window=closing, service_s=1500.0) if s.id in LATE else s for s in plan.stops)
    orders = tuple(replace(o, promise=closing) if "S" + o.id[1:] in LATE else o for o in plan.orders)
    return replace(plan, stops=stops, orders=orders, routes=tuple(r for r in plan.routes if not r.is_spare))


@pytest.fixture
def proposed(field):
    """All vans are under way, and the service has proposed that R01 be relieved."""
    field.begin(late_plan())
    for route, first in (("R01", "S001"), ("R02", "S005"), ("R03", "S009")):
        field.tell(EventType.DEPARTED, route, 30, to_stop=first)
    field.tick_at(31)
    field.tick_at(32)
    return field


def snapshot_of(field):
    with field.service.store.read() as uow:
        return uow.state.load_snapshot(field.cases[0].day, field.clock.now())


def meeting_of(field):
    stops = snapshot_of(field).stops.values()
    [giving] = [stop for stop in stops if stop.kind is StopKind.HAND_OVER]
    [taking] = [stop for stop in stops if stop.kind is StopKind.TRANSFER]
    return giving, taking


def case_of(field, kind):
    return next(case for case in field.cases if case.kind is kind)


def verdicts(field):
    with field.service.store.read() as uow:
        return [decision.verdict for decision in uow.decisions.list()]


def carry_out(field):
    field.tick_at(35)  # the two minutes of the veto window are over
    return meeting_of(field)


def test_a_meeting_runs_unless_vetoed_and_both_drivers_are_told(proposed):
    assert all(stop.kind is StopKind.DELIVERY for stop in snapshot_of(proposed).stops.values())
    giving, taking = carry_out(proposed)
    assert Verdict.NOT_VETOED in verdicts(proposed)
    assert (giving.route_id, giving.location.id) == ("R01", "n1")  # where R01 is bound for
    assert giving.package_ids == taking.package_ids
    lists = {
        effect["route_id"]: effect["stops"] for effect in proposed.effects if "route_changed" in str(effect["key"])
    }
    assert lists["R01"][0]["stop_id"] == giving.id
    assert lists["R01"][0]["transfer_to"] == snapshot_of(proposed).routes[taking.route_id].vehicle_id
    assert taking.id in [entry["stop_id"] for entry in lists[taking.route_id]]
    with proposed.service.store.read() as uow:
        assert uow.audit.verify() is None


def test_a_vetoed_meeting_leaves_everything_as_it_was(proposed):
    before = snapshot_of(proposed)
    case = case_of(proposed, CaseKind.WINDOW_MISS_RISK)
    with proposed.service.store.read() as uow:
        question = uow.approvals.find_open(case.id)
    proposed.service.answer(case.id, question.interrupt_id, "veto", by="ann", reason=OverrideReason.LOCAL_KNOWLEDGE)
    proposed.tick_at(35)
    assert snapshot_of(proposed).stops == before.stops
    assert Verdict.VETOED in verdicts(proposed)


def meet(field, giving, taking, kind, minute, **data):
    """Both come to the meeting, and it ends for both in that way."""
    field.tell(EventType.COMPLETED, "S001", minute - 6)
    for stop in (giving, taking):
        field.tell(EventType.DEPARTED, stop.route_id, minute - 5, to_stop=stop.id)
        field.tell(EventType.ARRIVED, stop.id, minute - 4)
        vehicle = snapshot_of(field).routes[stop.route_id].vehicle_id
        field.tell(EventType.POSITION, vehicle, minute - 1, lat=stop.location.lat, lon=stop.location.lon)
    for stop in (giving, taking):
        field.tell(kind, stop.id, minute, **data)


def test_custody_changes_when_they_have_met(proposed):
    giving, taking = carry_out(proposed)
    meet(proposed, giving, taking, EventType.COMPLETED, 70)
    after = snapshot_of(proposed)
    taker = after.routes[taking.route_id].vehicle_id
    held = {(after.packages[p].custody.kind, after.packages[p].custody.holder_id) for p in taking.package_ids}
    assert held == {(HolderKind.VEHICLE, taker)}
    proposed.tick_at(71)
    assert not any(case.kind is CaseKind.HAND_OVER_MISSED for case in proposed.cases)


def test_after_a_missed_meeting_the_stops_follow_their_goods_back(proposed):
    giving, taking = carry_out(proposed)
    moved = {f"S{package[1:]}" for package in taking.package_ids}
    meet(proposed, giving, taking, EventType.FAILED, 70, reason="OTHER")
    assert {snapshot_of(proposed).stops[stop].route_id for stop in moved} == {taking.route_id}
    proposed.tick_at(71)
    assert case_of(proposed, CaseKind.HAND_OVER_MISSED)
    after = snapshot_of(proposed)
    assert {after.stops[stop].route_id for stop in moved} == {"R01"}
    assert Verdict.AUTOMATIC in verdicts(proposed)


def test_a_taker_that_breaks_down_on_its_way_relieves_nobody(proposed):
    giving, taking = carry_out(proposed)
    vehicle = snapshot_of(proposed).routes[taking.route_id].vehicle_id
    moved = {f"S{package[1:]}" for package in taking.package_ids}
    proposed.tell(EventType.BREAKDOWN, vehicle, 37, lat=41.155, lon=-8.605)
    proposed.tick_at(38)
    after = snapshot_of(proposed)
    assert {after.stops[stop].route_id for stop in moved} == {"R01"}
    assert not after.stops[giving.id].status.is_open
