"""Customers through the whole house: asked in one wave, their answers acted upon, all of it on record."""

from dataclasses import replace

import pytest

from agent.steps.carry_out import without_unwanted
from agent.trace import build_trace
from factories import DAY, at, make_effect, make_plan
from forestall.domain.ids import ContactId, OrderId, StopId
from forestall.domain.orders import Window
from forestall.domain.plan import DayPlan
from forestall.domain.routes import Stop
from forestall.domain.vocabulary import ActionKind, CaseKind, CaseStatus, Channel, EventType, StopStatus, Verdict
from tools.messages import CHOICES

LEAVES = 240  # ten o'clock in the morning


def quiet_day() -> DayPlan:
    """Two routes that leave at ten and have all day: nothing but doors can go wrong."""
    plan = make_plan(route_count=2, stops_each=3)
    return replace(plan, routes=tuple(replace(route, departs_at=at(LEAVES)) for route in plan.routes))


@pytest.fixture
def asked(field):
    """The quiet day, its customers asked at nine."""
    field.begin(quiet_day())
    field.tick_at(180)
    return field


def texts(field, template: str) -> list[str]:
    return sorted(str(e["stop_id"]) for e in field.effects if template in str(e["key"]))


def stop(field, stop_id: str) -> Stop:
    with field.service.store.read() as uow:
        return uow.state.get_stop(StopId(stop_id))


def decisions(field, kind: CaseKind) -> list[Verdict]:
    cases = [case for case in field.cases if case.kind is kind]
    with field.service.store.read() as uow:
        return [decision.verdict for case in cases for decision in uow.decisions.list_for_case(case.id)]


def test_a_whole_wave_is_one_case_and_one_automatic_decision(asked):
    assert texts(asked, "confirm_presence") == [f"S00{i}" for i in range(1, 7)]
    [case] = asked.cases
    assert case.kind is CaseKind.FAILED_ATTEMPT_RISK
    assert decisions(asked, CaseKind.FAILED_ATTEMPT_RISK) == [Verdict.AUTOMATIC]


def test_nobody_is_asked_twice(asked):
    for minute in (190, 200, 210, 220):
        asked.tick_at(minute)
    assert len(texts(asked, "confirm_presence")) == 6
    assert [case.status for case in asked.cases] == [CaseStatus.RESOLVED]


def test_where_asking_does_not_pay_nobody_is_asked(field):
    field.restart(message_cents=100)
    field.begin(quiet_day())
    field.tick_at(180)
    assert texts(field, "confirm_presence") == []
    assert field.cases == []


def test_the_forecast_follows_what_was_asked_and_answered(field):
    field.begin(quiet_day())
    field.tick_at(100)  # before anybody may be asked
    with field.service.store.read() as uow:
        before = uow.scores.latest(DAY)["S001"].p_failed
    field.tick_at(180)
    field.tell(EventType.CUSTOMER_REPLY, "O001", 183, choice="1")
    field.tick_at(190)
    with field.service.store.read() as uow:
        scores = uow.scores.latest(DAY)
    assert scores["S001"].p_failed < scores["S002"].p_failed < before


def test_a_safe_place_reaches_the_driver_on_a_new_list_and_is_acknowledged(asked):
    asked.tell(EventType.CUSTOMER_REPLY, "O002", 185, choice="2")
    asked.tick_at(186)
    [told] = [effect for effect in asked.effects if "route_changed" in str(effect["key"])]
    assert {s["stop_id"]: s["safe_place"] for s in told["stops"]} == {"S001": False, "S002": True, "S003": False}
    with asked.service.store.read() as uow:
        route = uow.state.get_route("R01")
    assert route.plan_version == told["plan_version"] == route.acknowledged_version
    asked.tick_at(200)
    assert len([e for e in asked.effects if "route_changed" in str(e["key"])]) == 1


def test_a_customer_who_wants_another_day_leaves_the_route_and_is_told_so(asked):
    asked.tell(EventType.CUSTOMER_REPLY, "O003", 185, choice="not today, tomorrow please")
    asked.tick_at(186)
    assert stop(asked, "S003").status is StopStatus.RESCHEDULED
    assert texts(asked, "reschedule_confirmed") == ["S003"]
    assert decisions(asked, CaseKind.CUSTOMER_RESCHEDULE) == [Verdict.AUTOMATIC]
    [told] = [effect for effect in asked.effects if "route_changed" in str(effect["key"])]
    assert [s["stop_id"] for s in told["stops"]] == ["S001", "S002"]


def test_every_decision_of_theirs_is_in_the_record(asked):
    asked.tell(EventType.CUSTOMER_REPLY, "O003", 185, choice="3")
    asked.tick_at(186)
    with asked.service.store.read() as uow:
        records = [record.body for record in uow.audit.list() if record.kind == "decision"]
        assert uow.audit.verify() is None
    chosen = [c for body in records for c in body["candidates"] if c["chosen"]]
    kinds = [action["kind"] for candidate in chosen for action in candidate["actions"]]
    assert kinds == [ActionKind.CONFIRM_PRESENCE, ActionKind.RESCHEDULE]
    assert all(body["policy"]["policy_ids"] for body in records)


def test_stop_ends_all_messages(asked):
    asked.tell(EventType.CUSTOMER_REPLY, "O001", 185, choice="STOP")
    asked.tell(EventType.CUSTOMER_REPLY, "O001", 186, choice="gibberish")
    asked.tell(EventType.CUSTOMER_REPLY, "O001", 187, choice="another day")
    asked.tick_at(188)
    assert stop(asked, "S001").status is StopStatus.RESCHEDULED  # a wish is a wish
    assert "S001" not in texts(asked, "reschedule_confirmed") + texts(asked, "not_understood")


def test_what_nobody_understands_is_asked_back_once_and_then_shown_to_a_person(asked):
    asked.tell(EventType.CUSTOMER_REPLY, "O004", 185, choice="qwertz")
    asked.tick_at(186)
    assert texts(asked, "not_understood") == ["S004"]
    asked.tell(EventType.CUSTOMER_REPLY, "O004", 190, choice="qwertz")
    asked.tick_at(191)
    asked.tick_at(205)
    assert texts(asked, "not_understood") == ["S004"]
    shown = [case for case in asked.cases if case.fingerprint.endswith("message/O004")]
    assert [(case.kind, case.status.is_closed, case.stop_ids) for case in shown] == [
        (CaseKind.CUSTOMER_MESSAGE, False, ("S004",))
    ]
    with asked.service.store.read() as uow:
        assert len(uow.decisions.list_for_case(shown[0].id)) == 1  # said once, not at every look
        replies = build_trace(uow, shown[0].id)["replies"]
    assert [(reply["words"], reply["understood"]) for reply in replies] == [
        ("qwertz", "understood as NOT_UNDERSTOOD")
    ] * 2
    asked.tell(EventType.CUSTOMER_REPLY, "O004", 206, choice="1")
    for minute in (207, 220, 233):
        asked.tick_at(minute)
    assert all(case.status.is_closed for case in asked.cases if case.id == shown[0].id)


def test_a_digit_that_may_be_meant_for_two_texts_is_asked_back_and_its_answer_heeded(asked):
    """Asked whether somebody will be there, then told that it will be late: a 3 puts it off, or asks for a call."""
    delay = {"stop_id": "S002", "order_id": "O002", "choices": CHOICES["eta_update"]}
    with asked.service.store.write() as uow:
        uow.outbox.add([make_effect("news of a delay", recipient_id="C002", payload=delay)])
    asked.tick_at(184)
    asked.tell(EventType.CUSTOMER_REPLY, "O002", 185, choice="3")
    asked.tick_at(190)
    assert texts(asked, "not_understood") == ["S002"]
    assert stop(asked, "S002").status is StopStatus.PLANNED
    asked.tell(EventType.CUSTOMER_REPLY, "O002", 192, choice="6")
    asked.tick_at(196)
    assert stop(asked, "S002").status is StopStatus.RESCHEDULED


def test_in_shadow_nobody_is_asked(field):
    field.restart(mode="SHADOW")
    field.begin(quiet_day())
    field.tick_at(180)
    assert field.effects == []
    with field.service.store.read() as uow:
        assert uow.state.get_order(OrderId("O001")).word.asked_at is None


def test_an_answer_that_crosses_the_question_back_is_not_lost(asked):
    """Asked back and answered in one minute: whatever is written last, both stand."""
    asked.tell(EventType.CUSTOMER_REPLY, "O005", 185, choice="hm?")
    asked.tell(EventType.CUSTOMER_REPLY, "O005", 186, choice="I'll be home")
    asked.tick_at(187)
    assert texts(asked, "not_understood") == []
    with asked.service.store.read() as uow:
        word = uow.state.get_order(OrderId("O005")).word
    assert word.answer == "WILL_BE_THERE"
    assert word.asked_at == at(180)


def tight_morning() -> DayPlan:
    """One route without a spare, whose promises end soon after it leaves at ten."""
    plan = make_plan(route_count=1, stops_each=3)
    window = Window(at(0), at(LEAVES + 12))
    return replace(
        plan,
        routes=tuple(replace(route, departs_at=at(LEAVES)) for route in plan.routes if not route.is_spare),
        stops=tuple(replace(stop, window=window) for stop in plan.stops),
        orders=tuple(replace(order, promise=window) for order in plan.orders),
    )


def candidates(field) -> list[dict[str, object]]:
    """What the cases about the road were offered, newest plan first."""
    cases = [case for case in field.cases if case.kind is CaseKind.WINDOW_MISS_RISK]
    with field.service.store.read() as uow:
        traces = [build_trace(uow, case.id) for case in cases]
    return [c for trace in traces for proposal in trace["proposals"] for c in proposal["candidates"]]


def test_leaving_earlier_is_shown_as_advice_and_not_done(field):
    field.begin(tight_morning())
    field.tick_at(180)
    earlier = [c for c in candidates(field) if c["actions"][0]["kind"] == ActionKind.LEAVE_EARLIER]
    assert [(c["is_advice"], c["is_chosen"]) for c in earlier] == [(True, False)] * 2
    assert all(c["better_off"] for c in earlier)
    assert all(c["lost_because"].startswith("advice") for c in earlier)
    with field.service.store.read() as uow:
        assert uow.state.get_route("R01").departs_at == at(LEAVES)


def test_where_the_operator_allows_it_a_route_leaves_earlier_unless_vetoed(field):
    field.restart(earlier_departure_min=30)
    field.begin(tight_morning())
    field.tick_at(180)
    field.tick_at(184)
    with field.service.store.read() as uow:
        assert uow.state.get_route("R01").departs_at < at(LEAVES)
    [told] = [effect for effect in field.effects if "route_changed" in str(effect["key"])]
    assert told["departs_at"] < at(LEAVES).isoformat()


def test_whoever_opts_out_between_check_and_commit_gets_no_message(field):
    field.begin(quiet_day())
    store = field.service.store
    with store.write() as uow:
        uow.state.opt_out(uow.state.get_contact(ContactId("C001")), at(1))
    with store.write() as uow:
        assert uow.state.lock_textable([ContactId("C001"), ContactId("C002")]) == {"C002"}
        texts = [make_effect(f"text to {c}", recipient_id=c) for c in ("C001", "C002")]
        to_driver = make_effect("list", channel=Channel.DRIVER, recipient_id="D01")
        assert without_unwanted(uow, (*texts, to_driver)) == (texts[1], to_driver)
