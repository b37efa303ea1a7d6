"""A delivery that seems not to have been tried: where it can be tried again it is planned, else the tool says why."""

from dataclasses import replace

import pytest

from agent.steps.consider import judge
from factories import at, make_case, make_contact, make_plan, make_snapshot, make_window
from forestall.domain.orders import Custody
from forestall.domain.replan import apply_candidate, free_stops
from forestall.domain.routes import Position
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import ActionKind, CaseKind, HolderKind, RouteStatus, StopStatus
from tools import second_attempt
from tools.messages import SECOND_ATTEMPT
from tools.rendering import driver_payload
from tools.situation import Told

PLAN = make_plan(route_count=2, stops_each=4)
NOW = 45


def failed_on_the_road(**stop_fields: object) -> HubSnapshot:
    """R01 is under way with all of its goods; its driver has reported S001 as failed."""
    snapshot = make_snapshot(PLAN, at(NOW), [Position("V01", at(NOW), 41.162, -8.604)])
    route = replace(snapshot.routes["R01"], status=RouteStatus.UNDERWAY, departed_at=at(30), version=4)
    stops = {s.id: replace(s, status=StopStatus.LOADED) for s in snapshot.stops_by_route["R01"]}
    failed = {"status": StopStatus.FAILED, "finished_at": at(44)} | stop_fields
    stops["S001"] = replace(stops["S001"], **failed)
    aboard = Custody(HolderKind.VEHICLE, "V01", at(30))
    goods = {p.id: replace(p, custody=aboard) for o in range(1, 5) for p in snapshot.packages_by_order[f"O00{o}"]}
    return replace(
        snapshot,
        routes={**snapshot.routes, "R01": route},
        stops={**snapshot.stops, **stops},
        packages={**snapshot.packages, **goods},
    )


def with_promise(snapshot: HubSnapshot, stop_id: str, until: float) -> HubSnapshot:
    window = make_window(0, until)
    stop = replace(snapshot.stops[stop_id], window=window)
    order = replace(snapshot.orders[stop.order_id], promise=window)
    return replace(snapshot, stops={**snapshot.stops, stop.id: stop}, orders={**snapshot.orders, order.id: order})


@pytest.fixture
def about(situation_of):
    def make(snapshot: HubSnapshot, contacts=PLAN.contacts, **fields):
        case = make_case(kind=CaseKind.SUSPECTED_FALSE_ATTEMPT, stop_ids=("S001",), route_ids=("R01",))
        return situation_of(snapshot, case, contacts, **fields)

    return make


def best(situation, forecaster):
    candidates = second_attempt.propose(situation).candidates
    judged = judge(forecaster, situation, candidates)
    return max(((c, judged[c.id]) for c in candidates), key=lambda pair: pair[1].gain)


def test_the_stop_comes_once_more_on_its_own_route_and_nothing_else_changes(about):
    snapshot = failed_on_the_road()
    for candidate in second_attempt.propose(about(snapshot)).candidates:
        assert candidate.kinds == (ActionKind.SECOND_ATTEMPT,)
        after = apply_candidate(snapshot, candidate)
        assert sorted(stop.id for stop in after.open_stops("R01")) == ["S001", "S002", "S003", "S004"]
        assert after.stops["S001"].status is StopStatus.LOADED
        assert after.stops["S001"].retried_at == at(NOW)
        assert after.stops_by_route["R02"] == snapshot.stops_by_route["R02"]


def test_the_list_tells_the_driver_where_to_go_and_of_no_suspicion(about):
    snapshot = failed_on_the_road()
    candidate = second_attempt.propose(about(snapshot)).candidates[0]
    after = apply_candidate(snapshot, candidate)
    told = driver_payload(after.routes["R01"], free_stops(after, "R01"))["stops"]
    again, other = (next(s for s in told if s["stop_id"] == stop_id) for stop_id in ("S001", "S002"))
    assert again.keys() == other.keys()


def test_a_van_that_is_near_and_has_time_goes_there(about, forecaster):
    _, judgement = best(about(failed_on_the_road()), forecaster)
    [at_the_door] = [effect for effect in judgement.effects if effect.stop_id == "S001"]
    assert at_the_door.p_miss_before == 1.0
    assert at_the_door.p_miss_after < 0.2
    assert judgement.gain > 0.0
    assert judgement.misses_before - judgement.misses_after == pytest.approx(1.0, abs=0.2)


def test_what_it_costs_everybody_else_on_the_route_is_counted(about, forecaster):
    """S002 has just time enough to be next: the visit before it would break its promise."""
    snapshot = failed_on_the_road()
    on_time = about(snapshot).forecast.stops["S002"].eta_p90
    tight = with_promise(snapshot, "S002", (on_time - at(0)).total_seconds() / 60 + 1)
    situation = about(tight)
    candidates = second_attempt.propose(situation).candidates
    judged = judge(forecaster, situation, candidates)
    first = next(c for c in candidates if c.route_changes[0].stop_ids[0] == "S001")
    harmed = {e.stop_id: e.p_miss_after - e.p_miss_before for e in judged[first.id].effects}
    assert harmed["S002"] > 0.3
    assert best(situation, forecaster)[0].route_changes[0].stop_ids[0] == "S002"


def test_where_it_would_come_too_late_it_gains_nothing(about, forecaster):
    too_late = with_promise(failed_on_the_road(), "S001", NOW + 0.5)
    assert best(about(too_late), forecaster)[1].gain < 0.0


@pytest.mark.parametrize(
    ("fields", "rule"),
    [({"retried_at": at(20)}, "made_already"), ({"status": StopStatus.COMPLETED}, "not_failed")],
)
def test_what_has_been_made_again_or_delivered_is_not_tried_again(about, fields, rule):
    offer = second_attempt.propose(about(failed_on_the_road(**fields)))
    assert offer.candidates == ()
    assert offer.declined.rule == f"second_attempt.{rule}"


def test_goods_that_are_not_aboard_can_not_be_brought(about):
    snapshot = failed_on_the_road()
    elsewhere = {p.id: replace(p, custody=Custody(HolderKind.HUB, "H1", at(40))) for p in snapshot.packages.values()}
    assert second_attempt.propose(about(replace(snapshot, packages=elsewhere))).declined.rule == (
        "second_attempt.goods_not_aboard"
    )


def test_a_van_that_is_done_for_the_day_goes_nowhere(about):
    snapshot = failed_on_the_road()
    over = replace(snapshot.routes["R01"], status=RouteStatus.FINISHED)
    assert second_attempt.propose(about(replace(snapshot, routes={**snapshot.routes, "R01": over}))).declined.rule == (
        "second_attempt.route_is_over"
    )


def test_nothing_comes_in_front_of_a_stop_that_somebody_pinned(about):
    snapshot = failed_on_the_road()
    pinned = replace(snapshot.stops["S003"], pinned=True)
    candidates = second_attempt.propose(about(replace(snapshot, stops={**snapshot.stops, "S003": pinned}))).candidates
    assert {c.route_changes[0].stop_ids.index("S001") for c in candidates} <= {2, 3}


def by_day(snapshot: HubSnapshot) -> HubSnapshot:
    """The same where it is a quarter to eleven in the morning, not a quarter to seven."""
    hubs = {hub.id: replace(hub, time_zone="Asia/Dubai") for hub in snapshot.hubs.values()}
    return replace(snapshot, hubs=hubs)


def words_of(situation, forecaster):
    candidate = second_attempt.propose(situation).candidates[0]
    after = forecaster.forecast(apply_candidate(situation.snapshot, candidate), situation.travel)
    return second_attempt.notices_for(situation, after, candidate)


def test_the_customer_is_told_when_we_mean_to_come_and_nothing_of_a_suspicion(about, forecaster):
    [notice] = words_of(about(by_day(failed_on_the_road())), forecaster)
    assert (notice.template, notice.order_id) == (SECOND_ATTEMPT, "O001")
    told = {
        "stop_id",
        "order_id",
        "eta_from",
        "eta_to",
        "choices",
        "open_until",
        "time_zone",
        "not_before",
        "expires_at",
    }
    assert notice.params.keys() == told


@pytest.mark.parametrize(
    "fields",
    [
        {"contacts": (make_contact("C001", accepts_sms=False),)},
        {"told": {"S001": Told(2, at(40), None)}},
        {"told_today_by_contact": {"C001": 3}},
    ],
    ids=["wants none", "cap of the stop", "cap of the customer"],
)
def test_who_wants_no_texts_or_has_had_enough_gets_none(about, forecaster, fields):
    assert words_of(about(by_day(failed_on_the_road()), **fields), forecaster) == ()


def test_in_quiet_hours_nobody_is_told_of_a_visit_that_comes_before_they_end(about, forecaster):
    assert words_of(about(failed_on_the_road()), forecaster) == ()
