"""Tenders: to whom stops may be offered, and what the wait for an answer costs."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from factories import at, make_carrier, make_case, make_plan, make_snapshot
from forestall.domain.actions import Candidate
from forestall.domain.ids import CarrierId, CaseId, DecisionId, HubId, RouteId, StopId, TenderId
from forestall.domain.replan import apply_candidate
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.tenders import Tender
from forestall.domain.vocabulary import ActionKind, CarrierKind, RouteStatus, TenderStatus
from tools import reassign
from tools.rendering import tender_effect
from tools.retender import accepted, offered_stops, renewed

TAKES_S = 600.0


def town(close: float = 300, leaves: float = 60, notice_s: float = 0.0, **gig: object) -> HubSnapshot:
    """R01 of NORTH, which has withdrawn; R02 of the own fleet, full; a spare of GIG, which has to be asked."""
    plan = make_plan(route_count=2, stops_each=4)
    carrier_of = {"V01": "NORTH", "VSP1": "GIG"}
    terms = {"cost_per_stop_cents": 50, "answers_within_s": TAKES_S} | gig
    carriers = (
        *plan.carriers,
        make_carrier("NORTH", kind=CarrierKind.THREE_PL, active=False),
        make_carrier("GIG", kind=CarrierKind.GIG, **terms),
    )
    vehicles = tuple(
        replace(v, carrier_id=carrier_of.get(v.id, v.carrier_id), capacity={"units": 4.0}) for v in plan.vehicles
    )
    routes = tuple(
        replace(r, departs_at=at(0), notice_s=notice_s) if r.is_spare else replace(r, departs_at=at(leaves))
        for r in plan.routes
    )
    stops = tuple(replace(s, window=replace(s.window, opens_at=at(0), closes_at=at(close))) for s in plan.stops)
    orders = tuple(replace(o, promise=replace(o.promise, opens_at=at(0), closes_at=at(close))) for o in plan.orders)
    day = replace(plan, carriers=carriers, vehicles=vehicles, routes=routes, stops=stops, orders=orders)
    return make_snapshot(day)


def offers(situation_of: Callable, snapshot: HubSnapshot) -> list[Candidate]:
    stops = tuple(stop.id for stop in snapshot.open_stops(RouteId("R01")))
    situation = situation_of(snapshot, make_case(route_ids=("R01",), stop_ids=stops))
    return [candidate for candidate in reassign.propose(situation).candidates if candidate.tender is not None]


def asked(status: TenderStatus, *stop_ids: str, settled: bool = True) -> Tender:
    return Tender(
        TenderId("T-1"), CaseId("C-1"), 1, "2026-03-02", HubId("H1"), CarrierId("GIG"), tuple(map(StopId, stop_ids)),
        (RouteId("R01"),), 0, at(-20), at(-10), status, settled=settled,
    )  # fmt: skip


def departure(snapshot: HubSnapshot, candidate: Candidate, route_id: str = "RSP1") -> datetime:
    return apply_candidate(snapshot, candidate).routes[RouteId(route_id)].departs_at


def test_a_carrier_is_told_until_when_to_answer_by_the_hubs_clock() -> None:
    snapshot = town()
    hubs = {hub_id: replace(hub, time_zone="Asia/Tokyo") for hub_id, hub in snapshot.hubs.items()}
    tender = asked(TenderStatus.OPEN, "S001")
    effect = tender_effect(tender, replace(snapshot, hubs=hubs), DecisionId("D-1"))
    local = tender.answer_by + timedelta(hours=9)
    assert effect.body == f"1 stop to drive; please answer by {local:%H:%M} (Asia/Tokyo)."


def test_a_whole_route_is_offered_at_the_carriers_price(situation_of) -> None:
    snapshot = town()
    [candidate] = offers(situation_of, snapshot)
    assert candidate.kinds == (ActionKind.RETENDER,)
    assert offered_stops(candidate, snapshot) == tuple(candidate.route_changes[-1].stop_ids)
    assert len(offered_stops(candidate, snapshot)) == 4
    assert candidate.cost_cents == 4 * 50


def test_it_is_planned_to_leave_when_the_answer_is_in_and_its_notice_over(situation_of) -> None:
    snapshot = town(notice_s=900.0)
    [candidate] = offers(situation_of, snapshot)
    assert departure(snapshot, candidate) == at(0) + timedelta(seconds=TAKES_S + 900)
    assert departure(snapshot, accepted(candidate)) == at(15)


def test_a_slow_answer_is_judged_by_what_it_makes_late(situation_of, forecaster) -> None:
    misses = []
    for answers_within_s in (300.0, 3600.0):
        snapshot = town(close=45, answers_within_s=answers_within_s)
        situation = situation_of(snapshot)
        [candidate] = offers(situation_of, town(answers_within_s=answers_within_s))
        judgement = forecaster.judge(snapshot, situation.travel, [candidate])[candidate.id]
        misses.append(judgement.misses_after)
    assert misses[0] < 1.0 < 3.0 < misses[1]


def test_a_carrier_that_need_not_be_asked_gets_no_tender(situation_of) -> None:
    snapshot = town(answers_within_s=None)
    assert offers(situation_of, snapshot) == []
    situation = situation_of(snapshot, make_case(route_ids=("R01",), stop_ids=("S001",)))
    [candidate] = reassign.propose(situation).candidates
    assert candidate.kinds == (ActionKind.RETENDER,)


def test_no_stop_goes_to_a_carrier_that_has_to_be_asked_without_asking(situation_of) -> None:
    snapshot = town()
    situation = situation_of(snapshot, make_case(route_ids=("R01",), stop_ids=("S001",)))
    assert all(candidate.tender is not None for candidate in reassign.propose(situation).candidates)


def test_no_more_is_offered_than_the_carrier_can_take_beside_what_it_thinks_about(situation_of) -> None:
    snapshot = replace(town(free_stops=3), tenders=(asked(TenderStatus.OPEN, "S005", settled=False),))
    [candidate] = offers(situation_of, snapshot)
    assert len(offered_stops(candidate, snapshot)) == 2


@pytest.mark.parametrize("status", [TenderStatus.DECLINED, TenderStatus.SILENT])
def test_who_has_refused_a_routes_stops_is_not_asked_for_them_again(situation_of, status: TenderStatus) -> None:
    assert offers(situation_of, replace(town(), tenders=(asked(status, "S001"),))) == []
    assert len(offers(situation_of, replace(town(), tenders=(asked(status, "S005"),)))) == 1


def test_what_leaves_before_the_answer_is_not_offered(situation_of) -> None:
    """A route of a carrier at work, which drives its plan until the answer is there."""

    def at_work(leaves: float) -> HubSnapshot:
        snapshot = town(close=40, leaves=leaves)
        carrier = replace(snapshot.carriers[CarrierId("NORTH")], active=True)
        return replace(snapshot, carriers={**snapshot.carriers, carrier.id: carrier})

    assert offers(situation_of, at_work(9)) == []
    assert len(offers(situation_of, at_work(35))) == 1


def test_a_tender_that_waited_for_approval_begins_when_it_is_sent(situation_of) -> None:
    snapshot = town()
    [candidate] = offers(situation_of, snapshot)
    later = replace(snapshot, taken_at=at(7))
    now = renewed(candidate, later)
    assert now is not None
    assert now.tender is not None
    assert now.tender.answer_by == at(7) + timedelta(seconds=TAKES_S)
    assert departure(later, now) == at(17)


def test_a_tender_is_not_renewed_when_its_vehicle_has_left_or_its_carrier_is_full(situation_of) -> None:
    snapshot = town(free_stops=4)
    [candidate] = offers(situation_of, snapshot)
    gone = replace(snapshot.routes[RouteId("RSP1")], status=RouteStatus.UNDERWAY)
    full = replace(snapshot.carriers[CarrierId("GIG")], free_stops=3)
    assert renewed(candidate, replace(snapshot, routes={**snapshot.routes, gone.id: gone})) is None
    assert renewed(candidate, replace(snapshot, carriers={**snapshot.carriers, full.id: full})) is None
