"""Asking whether somebody will be there: in waves, in time, where it pays, within caps, and of nobody twice."""

from dataclasses import replace
from datetime import timedelta

import pytest

from factories import at, make_case, make_forecast, make_plan, make_snapshot, make_stop_forecast
from forestall.domain.forecast import Forecast
from forestall.domain.replan import apply_candidate
from forestall.domain.replies import CustomerWord
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import ActionKind, CaseKind, Reply, Tier
from optimizer.prices import Prices
from tools import confirm_presence
from tools.asking import Asking
from tools.confirm_presence import list_to_ask
from tools.situation import Told

NOON = 360  # local noon, minutes after the day's start
ASKING = Asking()


def day_at(minute: float, etas: dict[str, float], **scores: object) -> tuple[HubSnapshot, Forecast]:
    """A day looked at at ``minute``, its stops expected at the given minutes."""
    snapshot = make_snapshot(make_plan(route_count=1, stops_each=len(etas)), taken_at=at(minute))
    fields = {"p_late": 0.02, "p_failed": 0.035, "p_miss": 0.0543, **scores}
    stops = [
        make_stop_forecast(stop_id, eta_p10=at(eta - 5), eta_p50=at(eta), eta_p90=at(eta + 10), **fields)
        for stop_id, eta in etas.items()
    ]
    return snapshot, make_forecast(stops)


def wave(snapshot: HubSnapshot, forecast: Forecast, asking: Asking = ASKING, unreachable: frozenset[str] = frozenset()):
    return list_to_ask(snapshot, forecast, "H1", unreachable, asking)


def with_word(snapshot: HubSnapshot, order_id: str, **word: object) -> HubSnapshot:
    order = replace(snapshot.orders[order_id], word=CustomerWord(**word))
    return replace(snapshot, orders={**snapshot.orders, order_id: order})


def test_one_pressing_visit_takes_all_of_the_next_hours_with_it():
    snapshot, forecast = day_at(NOON, {"S001": NOON + 60, "S002": NOON + 180, "S003": NOON + 300})
    assert wave(snapshot, forecast) == ["S001", "S002"]  # the third is more than four hours away


def test_nobody_is_asked_while_no_visit_is_pressing():
    snapshot, forecast = day_at(NOON, {"S001": NOON + 150, "S002": NOON + 180})
    assert wave(snapshot, forecast) == []


def test_who_could_no_longer_change_anything_is_not_asked():
    snapshot, forecast = day_at(NOON, {"S001": NOON + 25, "S002": NOON + 45})
    assert wave(snapshot, forecast) == ["S002"]


def test_nobody_is_asked_in_quiet_hours_and_the_first_wave_goes_out_at_their_end():
    etas = {"S001": 125, "S002": 170, "S003": 340}
    assert wave(*day_at(60, etas)) == []  # seven o'clock
    snapshot, forecast = day_at(110, etas)
    assert wave(snapshot, forecast) == ["S002", "S003"]  # by the time it goes out the first visit is too near


def test_nobody_is_asked_twice_nor_who_has_answered_nor_who_cannot_be_reached():
    snapshot, forecast = day_at(NOON, {f"S00{i}": NOON + 60 + i for i in range(1, 5)})
    snapshot = with_word(snapshot, "O001", asked_at=at(10))
    snapshot = with_word(snapshot, "O002", answer=Reply.SAFE_PLACE, answered_at=at(10))
    assert wave(snapshot, forecast, unreachable=frozenset({"C003"})) == ["S004"]


def test_who_will_hear_of_a_delay_instead_is_not_asked():
    assert wave(*day_at(NOON, {"S001": NOON + 60}, p_late=0.7)) == []


def test_asking_pays_at_the_prior_and_not_at_any_price():
    assert wave(*day_at(NOON, {"S001": NOON + 60})) == ["S001"]
    assert wave(*day_at(NOON, {"S001": NOON + 60}), asking=Asking(message_cents=50)) == []
    assert wave(*day_at(NOON, {"S001": NOON + 60}, p_failed=0.01)) == []


def test_a_message_is_worth_what_the_documents_say():
    """0.98 x 0.035 x 0.4 of a miss at 36,000 units, less 15 cents at 12 units."""
    score = make_stop_forecast(p_late=0.02, p_failed=0.035)
    assert Asking(Prices(), helped=0.4).worth(score, Tier.STANDARD) == pytest.approx(493.92 - 180.0)
    assert Asking(Prices(), helped=0.4).worth(score, Tier.PRIORITY) == pytest.approx(2 * 493.92 - 180.0)


def test_a_budget_goes_to_those_whose_asking_is_worth_most():
    snapshot, forecast = day_at(NOON, {f"S00{i}": NOON + 60 for i in range(1, 4)})
    likely = make_stop_forecast("S003", p_late=0.02, p_failed=0.2, eta_p50=at(NOON + 60))
    forecast = replace(forecast, stops={**forecast.stops, "S003": likely})
    assert wave(snapshot, forecast, Asking(most_a_day=1)) == ["S003"]
    asked = with_word(snapshot, "O003", asked_at=at(10))
    assert wave(asked, forecast, Asking(most_a_day=1)) == []


def situation(situation_of, snapshot: HubSnapshot, forecast: Forecast, **fields: object):
    plan = make_plan(route_count=1, stops_each=len(snapshot.stops))
    case = make_case(kind=CaseKind.FAILED_ATTEMPT_RISK, stop_ids=tuple(snapshot.stops))
    contacts = fields.pop("contacts", plan.contacts)
    return replace(situation_of(snapshot, case, contacts, **fields), forecast=forecast)


def test_the_question_names_the_promised_window_and_offers_three_choices(situation_of):
    snapshot, forecast = day_at(NOON, {"S001": NOON + 60})
    [candidate] = confirm_presence.propose(situation(situation_of, snapshot, forecast)).candidates
    assert candidate.kinds == (ActionKind.CONFIRM_PRESENCE,)
    [notice] = candidate.notices
    assert notice.template == "confirm_presence"
    assert notice.params["choices"] == {"1": "will_be_there", "2": "safe_place", "3": "another_day"}
    promise = snapshot.orders["O001"].promise
    assert notice.params["window_from"] == promise.opens_at.isoformat()
    assert apply_candidate(snapshot, candidate).orders["O001"].word.asked_at == snapshot.taken_at


def test_caps_and_consent_hold(situation_of):
    snapshot, forecast = day_at(NOON, {"S001": NOON + 60})
    plan = make_plan(route_count=1, stops_each=1)
    told = {"S001": Told(2, at(60), at(100))}
    silent = (replace(plan.contacts[0], accepts_sms=False),)
    for fields in ({"told": told}, {"told_today_by_contact": {"C001": 3}}, {"contacts": silent}):
        offer = confirm_presence.propose(situation(situation_of, snapshot, forecast, **fields))
        assert offer.declined is not None
        assert offer.declined.rule == "confirm_presence.nobody_to_ask"


def test_the_judgement_says_what_is_kept_for_how_many_messages(situation_of):
    snapshot, forecast = day_at(NOON, {"S001": NOON + 60, "S002": NOON + 70})
    sit = situation(situation_of, snapshot, forecast)
    [candidate] = confirm_presence.propose(sit).candidates
    judgement = confirm_presence.judge(sit, candidate)
    kept = 2 * 0.98 * 0.035 * 0.4
    assert judgement.misses_before - judgement.misses_after == pytest.approx(kept)
    assert judgement.gain == pytest.approx(kept * 36_000)
    assert candidate.cost_cents == 30
    assert [effect.stop_id for effect in judgement.effects] == ["S001", "S002"]


def test_a_question_that_comes_too_late_is_never_sent(situation_of):
    snapshot, forecast = day_at(NOON, {"S001": NOON + 60})
    [candidate] = confirm_presence.propose(situation(situation_of, snapshot, forecast)).candidates
    expires = candidate.notices[0].params["expires_at"]
    assert expires <= (at(NOON + 60) - confirm_presence.IN_TIME + timedelta(minutes=5)).isoformat()
