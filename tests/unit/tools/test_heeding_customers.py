"""What customers ask for is done: safe places are told, stops leave the day, and what is unclear is asked back."""

from dataclasses import replace

import pytest

from factories import at, make_case, make_plan, make_snapshot
from forestall.domain.actions import RouteChange
from forestall.domain.replan import UnsoundChange, apply_candidate, free_stops
from forestall.domain.replies import CustomerWord
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import ActionKind, CaseKind, Reply, StopStatus
from tools import heed_customer
from tools.rendering import driver_payload

PLAN = make_plan(route_count=2, stops_each=3)
NOON = 360


def said(reply: Reply, *order_ids: str) -> HubSnapshot:
    """The day at noon, after these customers have said that."""
    snapshot = make_snapshot(PLAN, taken_at=at(NOON))
    word = CustomerWord().heard(reply, at(NOON - 1))
    orders = {order_id: replace(snapshot.orders[order_id], word=word) for order_id in order_ids}
    return replace(snapshot, orders={**snapshot.orders, **orders})


def about(situation_of, snapshot: HubSnapshot, *stop_ids: str, contacts=PLAN.contacts):
    return situation_of(snapshot, make_case(kind=CaseKind.CUSTOMER_RESCHEDULE, stop_ids=stop_ids), contacts)


def test_a_safe_place_is_told_to_the_driver_on_the_list_as_it_is(situation_of):
    snapshot = said(Reply.SAFE_PLACE, "O002")
    [candidate] = heed_customer.propose_safe_places(about(situation_of, snapshot, "S002")).candidates
    assert candidate.kinds == (ActionKind.SAFE_PLACE,)
    assert candidate.read_set == {"R01": snapshot.routes["R01"].version}
    after = apply_candidate(snapshot, candidate)
    told = {
        stop["stop_id"]: stop["safe_place"]
        for stop in driver_payload(after.routes["R01"], free_stops(after, "R01"))["stops"]
    }
    assert told == {"S001": False, "S002": True, "S003": False}
    assert after.routes["R01"].plan_version == snapshot.routes["R01"].plan_version + 1
    assert heed_customer.propose_safe_places(about(situation_of, after, "S002")).declined is not None


def test_any_later_list_repeats_the_safe_place(situation_of):
    snapshot = said(Reply.SAFE_PLACE, "O002")
    change = RouteChange("R01", snapshot.routes["R01"].version, ("S003", "S002", "S001"))
    [told] = heed_customer.propose_safe_places(about(situation_of, snapshot, "S002")).candidates
    after = apply_candidate(snapshot, replace(told, route_changes=(change,)))
    assert after.stops["S002"].safe_place


def test_a_safe_place_taken_back_is_taken_off_the_list(situation_of):
    snapshot = said(Reply.WILL_BE_THERE, "O002")
    stops = {**snapshot.stops, "S002": replace(snapshot.stops["S002"], safe_place=True)}
    snapshot = replace(snapshot, stops=stops)
    [candidate] = heed_customer.propose_safe_places(about(situation_of, snapshot, "S002")).candidates
    assert not apply_candidate(snapshot, candidate).stops["S002"].safe_place


def test_who_wants_another_day_leaves_the_route_and_is_told_so(situation_of):
    snapshot = said(Reply.ANOTHER_DAY, "O001", "O005")
    [candidate] = heed_customer.propose_reschedules(about(situation_of, snapshot, "S001", "S005")).candidates
    assert candidate.kinds == (ActionKind.RESCHEDULE,)
    assert [notice.template for notice in candidate.notices] == ["reschedule_confirmed"] * 2
    after = apply_candidate(snapshot, candidate)
    assert after.stops["S001"].status is after.stops["S005"].status is StopStatus.RESCHEDULED
    assert [stop.id for stop in after.open_stops("R01")] == ["S002", "S003"]


def test_a_stop_leaves_the_day_at_its_customers_wish_alone(situation_of):
    wanted = said(Reply.ANOTHER_DAY, "O001")
    [candidate] = heed_customer.propose_reschedules(about(situation_of, wanted, "S001")).candidates
    with pytest.raises(UnsoundChange, match="S001"):
        apply_candidate(make_snapshot(PLAN, taken_at=at(NOON)), candidate)


def test_whom_the_driver_is_on_the_way_to_keeps_the_visit(situation_of):
    snapshot = said(Reply.ANOTHER_DAY, "O001")
    stops = {**snapshot.stops, "S001": replace(snapshot.stops["S001"], status=StopStatus.ENROUTE)}
    snapshot = replace(snapshot, stops=stops)
    assert heed_customer.propose_reschedules(about(situation_of, snapshot, "S001")).declined is not None


def test_who_has_opted_out_is_not_even_thanked(situation_of):
    mute = tuple(replace(contact, accepts_sms=False) for contact in PLAN.contacts)
    snapshot = said(Reply.ANOTHER_DAY, "O001")
    [candidate] = heed_customer.propose_reschedules(about(situation_of, snapshot, "S001", contacts=mute)).candidates
    assert candidate.notices == ()


def test_what_nobody_understood_is_asked_back_with_the_choices(situation_of):
    snapshot = said(Reply.NOT_UNDERSTOOD, "O004")
    [candidate] = heed_customer.propose_asking_back(about(situation_of, snapshot, "S004")).candidates
    [notice] = candidate.notices
    assert notice.params["choices"] == {"4": "will_be_there", "5": "safe_place", "6": "another_day"}
    after = apply_candidate(snapshot, candidate)
    assert heed_customer.propose_asking_back(about(situation_of, after, "S004")).declined is not None
