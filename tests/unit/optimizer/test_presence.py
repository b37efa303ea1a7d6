"""What asking and the answer make of P(failed), and what a customer's leave to be late makes of its price."""

from dataclasses import replace

import pytest

from factories import at, make_plan, make_snapshot
from forestall.domain.replies import CustomerWord
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import Reply, StopStatus
from optimizer.risk import Forecaster
from optimizer.risk.assemble import assemble
from optimizer.risk.learning import learn
from optimizer.risk.priors import Priors
from optimizer.travel import HaversineTravel

TRAVEL, PRIORS = HaversineTravel(), Priors()


def said(order_id: str = "O001", safe_place_told: bool = False, **word: object) -> HubSnapshot:
    snapshot = make_snapshot(make_plan(route_count=1), taken_at=at(10))
    order = replace(snapshot.orders[order_id], word=CustomerWord(**word))
    stops = {"S001": replace(snapshot.stops["S001"], safe_place=safe_place_told)}
    return replace(snapshot, orders={**snapshot.orders, order_id: order}, stops={**snapshot.stops, **stops})


def p_failed(snapshot: HubSnapshot) -> float:
    return Forecaster(samples=64).forecast(snapshot, TRAVEL).stops["S001"].p_failed


def test_each_answer_lowers_p_failed_by_what_it_is_worth():
    unasked, asked = p_failed(said()), p_failed(said(asked_at=at(1)))
    there = p_failed(said(asked_at=at(1), answer=Reply.WILL_BE_THERE, answered_at=at(5)))
    safe = p_failed(said(safe_place_told=True, asked_at=at(1), answer=Reply.SAFE_PLACE, answered_at=at(5)))
    assert unasked > asked > there > safe > 0.0
    assert asked == pytest.approx(unasked * (1 - PRIORS.helped_if_asked))


def test_a_safe_place_helps_once_the_driver_has_been_told():
    word = {"asked_at": at(1), "answer": Reply.SAFE_PLACE, "answered_at": at(5)}
    assert p_failed(said(**word)) == p_failed(said(asked_at=at(1)))
    assert p_failed(said(safe_place_told=True, **word)) < p_failed(said(**word))


def test_doors_that_were_asked_about_say_less_of_those_that_were_not():
    def rate(asked: bool) -> float:
        snapshot = said(asked_at=at(1)) if asked else said()
        done = replace(snapshot.stops["S001"], status=StopStatus.FAILED, finished_at=at(9))
        return learn(replace(snapshot, stops={**snapshot.stops, "S001": done}), TRAVEL, PRIORS).p_failed["H1"]

    assert rate(asked=True) > rate(asked=False) > PRIORS.p_failed


def test_lateness_that_is_fine_with_its_customer_costs_less_and_the_miss_the_same():
    forecaster = Forecaster(samples=64)

    def prices(snapshot: HubSnapshot) -> tuple[float, float]:
        problem = assemble(snapshot, TRAVEL, forecaster.beliefs(snapshot, TRAVEL))
        return float(problem.world.late_price[0]), float(problem.world.miss_price[0])

    usual, fine, over = (prices(said(fine_until=until)) for until in (None, at(60), at(5)))
    assert fine == (usual[0] * forecaster.prices.eased_share, usual[1])
    assert over == usual
