"""The five tools: what they offer, and the reason they give when they have nothing."""

from dataclasses import replace
from datetime import timedelta

import pytest

from factories import at, make_case, make_hub, make_location, make_plan, make_route, make_snapshot, make_vehicle
from forestall.domain.ids import StopId
from forestall.domain.network import HubLink
from forestall.domain.orders import Custody, Window
from forestall.domain.plan import DayPlan
from forestall.domain.replan import apply_candidate
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import (
    ActionKind,
    CarrierKind,
    CaseKind,
    Channel,
    HolderKind,
    RouteStatus,
    StopKind,
    StopStatus,
)
from tools import carrier_update, hub_swap, notify_customer, reassign, reroute
from tools.situation import Reported, Told


def tight(plan: DayPlan, closes: dict[str, float]) -> DayPlan:
    """The plan with the windows of some stops closing at the given minutes; the promises follow."""
    stops = tuple(replace(s, window=Window(at(0), at(closes[s.id]))) if s.id in closes else s for s in plan.stops)
    ends = {s.order_id: s.window for s in stops}
    orders = tuple(replace(o, promise=ends[o.id]) for o in plan.orders)
    return replace(plan, stops=stops, orders=orders)


def late_load(plan: DayPlan, minute: float) -> DayPlan:
    """Route R01's goods are released only at ``minute``."""
    mine = {s.order_id for s in plan.stops if s.route_id == "R01"}
    packages = tuple(replace(p, available_at=at(minute)) if p.order_id in mine else p for p in plan.packages)
    routes = tuple(replace(r, load_ready_at=at(minute)) if r.id == "R01" else r for r in plan.routes)
    return replace(plan, packages=packages, routes=routes)


def broken(snapshot: HubSnapshot, route_id: str = "R01") -> HubSnapshot:
    """The route's vehicle stands with all its goods aboard."""
    route = replace(snapshot.routes[route_id], status=RouteStatus.BROKEN, departed_at=at(30), broken_at=at(40))
    stops = {
        s.id: replace(s, status=StopStatus.LOADED) if s.route_id == route_id else s for s in snapshot.stops.values()
    }
    aboard = Custody(HolderKind.VEHICLE, route.vehicle_id, at(30))
    orders = {s.order_id for s in stops.values() if s.route_id == route_id}
    packages = {p.id: replace(p, custody=aboard) if p.order_id in orders else p for p in snapshot.packages.values()}
    return replace(
        snapshot, taken_at=at(45), routes={**snapshot.routes, route.id: route}, stops=stops, packages=packages
    )


def case_on(snapshot: HubSnapshot, route_id: str = "R01", **fields: object):
    stops = tuple(s.id for s in snapshot.open_stops(route_id))
    return make_case(route_ids=(route_id,), stop_ids=stops, **fields)


def test_reroute_offers_an_order_that_meets_the_windows(situation_of, forecaster):
    # the last stop closes first
    snapshot = make_snapshot(tight(make_plan(route_count=1, stops_each=6), {"S006": 45, "S001": 300}))
    situation = situation_of(snapshot, case_on(snapshot))
    [candidate] = reroute.propose(situation).candidates
    assert candidate.kinds == (ActionKind.RESEQUENCE,)
    judgement = forecaster.judge(snapshot, situation.travel, [candidate])[candidate.id]
    assert judgement.misses_after < judgement.misses_before


def test_reroute_says_why_it_has_nothing(situation_of):
    snapshot = make_snapshot(make_plan(route_count=1))
    declined = reroute.propose(situation_of(snapshot, case_on(snapshot))).declined
    assert declined is not None
    assert declined.rule == "reroute.no_gain"
    wreck = broken(snapshot)
    assert reroute.propose(situation_of(wreck, case_on(wreck))).declined.rule == "reroute.no_drivable_route"


def test_reassign_rescues_a_broken_vans_goods_by_a_meeting_first(situation_of):
    snapshot = broken(make_snapshot(make_plan(route_count=2)))
    offer = reassign.propose(situation_of(snapshot, case_on(snapshot, kind=CaseKind.VEHICLE_BREAKDOWN)))
    assert offer.candidates
    for candidate in offer.candidates:
        assert ActionKind.RESCUE_TRANSFER in candidate.kinds
        after = apply_candidate(snapshot, candidate)
        for route in after.routes:
            stops = after.open_stops(route)
            taken_over = {p for s in stops if s.kind is StopKind.TRANSFER for p in s.package_ids}
            meeting = next((i for i, s in enumerate(stops) if s.kind is StopKind.TRANSFER), None)
            rescued = [i for i, s in enumerate(stops) if set(s.package_ids) & taken_over and i != meeting]
            assert all(i > meeting for i in rescued)


def test_reassign_moves_stops_of_a_late_load_only_before_it_has_left(situation_of):
    snapshot = make_snapshot(late_load(tight(make_plan(route_count=2), {"S001": 60, "S002": 60}), 50))
    underway = replace(snapshot.routes["R01"], status=RouteStatus.UNDERWAY, departed_at=at(0))
    gone = replace(snapshot, routes={**snapshot.routes, "R01": underway})
    assert reassign.propose(situation_of(gone, case_on(gone))).declined.rule == "reassign.cannot_stop"


def test_late_goods_may_go_out_on_a_later_wave_of_their_hub(situation_of):
    plan = late_load(tight(make_plan(route_count=2), {"S001": 60, "S002": 60}), 25)
    packages = tuple(replace(p, available_at=at(120)) if p.order_id == "O003" else p for p in plan.packages)
    routes = tuple(replace(r, departs_at=at(130)) if r.id == "R02" else r for r in plan.routes if not r.is_spare)
    snapshot = make_snapshot(replace(plan, packages=packages, routes=routes))
    candidates = reassign.propose(situation_of(snapshot, case_on(snapshot))).candidates
    actions = [action for candidate in candidates for action in candidate.actions if "S003" in action.stop_ids]
    assert {action.params.get("later_wave") for action in actions if action.route_ids[-1] == "R02"} == {
        at(130).isoformat()
    }


def two_hubs() -> DayPlan:
    """Hub H1 gets route R01's goods four hours late; H2, a few kilometres off, has a van and a shuttle from H1."""
    plan = late_load(tight(make_plan(route_count=1), dict.fromkeys(("S001", "S002", "S003"), 200)), 5)
    other = make_hub("H2", location=make_location("n9", 41.17, -8.59))
    driver = replace(plan.drivers[0], id="D2")
    # R01 itself can leave only after four hours: its van comes late
    routes = tuple(replace(r, departs_at=at(240)) for r in plan.routes if r.id == "R01")
    return replace(
        plan,
        hubs=(*plan.hubs, other),
        links=(HubLink("H1", "H2", 1200.0),),
        vehicles=(*plan.vehicles, make_vehicle("V2", "H2")),
        drivers=(*plan.drivers, driver),
        routes=(*routes, make_route("R2", "V2", "D2", hub_id="H2", is_spare=True)),
    )


def test_hub_swap_sends_goods_by_shuttle_to_a_route_of_the_linked_hub(situation_of, forecaster):
    snapshot = make_snapshot(two_hubs())
    situation = situation_of(snapshot, case_on(snapshot, kind=CaseKind.HUB_NOT_READY))
    [candidate] = hub_swap.propose(situation).candidates
    assert candidate.kinds[0] is ActionKind.HUB_SWAP
    assert {move.to_hub for move in candidate.package_moves} == {"H2"}
    # released at 5, driven 20 and handled 15 minutes
    assert {move.available_at for move in candidate.package_moves} == {at(40)}
    after = apply_candidate(snapshot, candidate)
    assert after.routes["R2"].load_ready_at == at(40)
    judgement = forecaster.judge(snapshot, situation.travel, [candidate])[candidate.id]
    assert judgement.misses_after < judgement.misses_before


def test_hub_swap_says_why_it_has_nothing(situation_of):
    alone = make_snapshot(make_plan())
    assert hub_swap.propose(situation_of(alone, case_on(alone))).declined.rule == "hub_swap.no_linked_hub"
    wreck = broken(make_snapshot(two_hubs()))
    assert hub_swap.propose(situation_of(wreck, case_on(wreck))).declined.rule == "hub_swap.goods_have_left"


def late_customers(minute: float = 150) -> tuple[DayPlan, HubSnapshot]:
    """Route R01 leaves at ``minute`` and can't keep its first two promises, which end soon after."""
    plan = tight(make_plan(route_count=1), {"S001": minute + 1, "S002": minute + 2})
    plan = replace(plan, routes=tuple(replace(r, departs_at=at(minute)) for r in plan.routes))
    return plan, make_snapshot(plan, taken_at=at(130))


def test_notify_customer_tells_those_who_will_be_late_in_time(situation_of):
    plan, snapshot = late_customers()
    offer = notify_customer.propose(situation_of(snapshot, case_on(snapshot), plan.contacts))
    [candidate] = offer.candidates
    assert {notice.subject_id for notice in candidate.notices} == {"S001", "S002"}
    assert all(notice.channel is Channel.SMS for notice in candidate.notices)


def test_notify_customer_keeps_to_caps_consent_and_quiet_hours(situation_of):
    plan, snapshot = late_customers()
    case = case_on(snapshot)
    told = {"S001": Told(2, at(60), at(100)), "S002": Told(2, at(60), at(100))}
    assert notify_customer.propose(situation_of(snapshot, case, plan.contacts, told=told)).declined is not None
    silent = tuple(replace(contact, accepts_sms=False) for contact in plan.contacts)
    assert notify_customer.propose(situation_of(snapshot, case, silent)).declined is not None
    today = {contact.id: 3 for contact in plan.contacts}
    capped = situation_of(snapshot, case, plan.contacts, told_today_by_contact=today)
    assert notify_customer.propose(capped).declined is not None
    # at 06:10 local time a message could go at 08:00 at the earliest, after these promises have ended
    early_plan, _ = late_customers(30)
    early = make_snapshot(early_plan, taken_at=at(10))
    assert notify_customer.propose(situation_of(early, case, early_plan.contacts)).declined is not None


def test_carrier_update_speaks_to_foreign_carriers_only(situation_of):
    plan, snapshot = late_customers()
    case = case_on(snapshot)
    assert carrier_update.propose(situation_of(snapshot, case)).declined.rule == "carrier_update.no_foreign_carrier"
    contract = replace(plan, carriers=tuple(replace(c, kind=CarrierKind.THREE_PL) for c in plan.carriers))
    [candidate] = carrier_update.propose(situation_of(make_snapshot(contract, taken_at=at(130)), case)).candidates
    [notice] = candidate.notices
    assert (notice.params["x12_status"], notice.params["x12_reason"]) == ("SD", "AL")
    assert set(notice.params["stop_ids"]) == {"S001", "S002"}


def late_at_a_carrier():
    """The same day, driven under a contract: situation parts, and when each stop is expected."""
    plan, _ = late_customers()
    contract = replace(plan, carriers=tuple(replace(c, kind=CarrierKind.THREE_PL) for c in plan.carriers))
    snapshot = make_snapshot(contract, taken_at=at(130))
    return snapshot, case_on(snapshot)


def test_a_carrier_is_told_nothing_that_it_knows(situation_of):
    snapshot, case = late_at_a_carrier()
    first = situation_of(snapshot, case)
    [carrier_id] = first.carrier_ids()
    known = {(carrier_id, s): Reported("delayed", score.eta_p50) for s, score in first.forecast.stops.items()}
    assert carrier_update.propose(situation_of(snapshot, case, reported=known)).declined.rule == (
        "carrier_update.nothing_new"
    )


@pytest.mark.parametrize(("status", "minutes_off"), [("delayed", 31), ("reassigned", 0)])
def test_a_carrier_is_told_again_of_the_stop_that_is_news(situation_of, status, minutes_off):
    snapshot, case = late_at_a_carrier()
    first = situation_of(snapshot, case)
    [carrier_id] = first.carrier_ids()
    known = {(carrier_id, s): Reported("delayed", score.eta_p50) for s, score in first.forecast.stops.items()}
    eta = first.forecast.stops[StopId("S002")].eta_p50 - timedelta(minutes=minutes_off)
    known[carrier_id, StopId("S002")] = Reported(status, eta)
    [candidate] = carrier_update.propose(situation_of(snapshot, case, reported=known)).candidates
    assert [notice.params["stop_ids"] for notice in candidate.notices] == [["S002"]]


def test_equal_plans_have_equal_ids_and_other_plans_others(situation_of):
    snapshot = make_snapshot(tight(make_plan(route_count=1, stops_each=6), {"S006": 45}))
    situation = situation_of(snapshot, case_on(snapshot))
    [first] = reroute.propose(situation).candidates
    [second] = reroute.propose(situation).candidates
    assert first.id == second.id
    other = make_snapshot(tight(make_plan(route_count=1, stops_each=6), {"S005": 45}))
    assert reroute.propose(situation_of(other, case_on(other))).candidates[0].id != first.id
