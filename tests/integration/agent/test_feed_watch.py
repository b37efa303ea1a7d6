"""After an outage, plans wait until the field has said what was missed; but not for ever."""

import pytest

from factories import at, make_plan
from forestall.domain.vocabulary import EventType, Verdict
from policy_files import ASK, write_policies

RESCUERS = ("R02", "R03", "R04", "R05", "R06", "RSP1")


def report(field, first, last, received=None):
    """Where five vans on their way were, one of them every quarter of a minute."""
    for quarter in range(int(first * 4), int(last * 4) + 1):
        field.tell(EventType.POSITION, f"V0{2 + quarter % 5}", quarter / 4, received, lat=41.155, lon=-8.605)


def begin(field):
    field.begin(make_plan(route_count=6, stops_each=4))


def waits(field):
    return field.service.waiting_for_reports_since


@pytest.fixture
def cut_off(field):
    """Vans that report several times a minute, and a service that is down from minute 35 on and back at minute 65."""
    begin(field)
    report(field, 20, 35)
    field.tick_at(35)
    assert waits(field) is None
    field.go_to(at(65))
    field.restart()
    return field


def test_nothing_is_planned_before_the_backlog_is_in(cut_off):
    cut_off.tick_at(65)
    assert waits(cut_off) == at(65)
    cut_off.tell(EventType.DEPARTED, "R01", 36, received=66, to_stop="S001")
    cut_off.tell(EventType.BREAKDOWN, "V01", 40, received=66, lat=41.155, lon=-8.605)
    report(cut_off, 41, 55, received=66)
    cut_off.tick_at(66)
    assert cut_off.cases == []
    report(cut_off, 55, 67, received=67)
    report(cut_off, 67, 68)
    cut_off.tick_at(68)
    assert waits(cut_off) is None
    assert any("breakdown" in case.fingerprint for case in cut_off.cases)
    assert cut_off.effects


def test_a_feed_that_stays_silent_is_not_waited_for(field):
    begin(field)
    report(field, 20, 34)
    field.break_down(minute=35)
    field.go_to(at(65))
    field.restart()
    field.tick_at(65)
    field.tick_at(74.9)
    assert field.cases == []
    field.tick_at(75)
    assert waits(field) is None
    assert field.cases


def test_a_backlog_that_comes_after_all_is_waited_for_in_its_turn(cut_off):
    cut_off.tick_at(65)
    cut_off.tick_at(76)
    assert waits(cut_off) is None
    report(cut_off, 36, 60, received=77)
    cut_off.tick_at(77)
    assert waits(cut_off) == at(77)
    cut_off.tick_at(87)
    assert waits(cut_off) is None


def test_a_feed_that_falls_silent_while_we_listen_stops_plans_as_well(field):
    begin(field)
    report(field, 20, 35)
    field.tick_at(40)
    assert waits(field) is None
    field.tick_at(41)
    assert waits(field) == at(41)


def test_news_before_the_first_van_leaves_is_no_sign_of_an_outage_when_it_stops(field):
    begin(field)
    for number in range(24):
        field.tell(EventType.ROUTE_ACK, f"R0{1 + number % 6}", 5, plan_version=1)
    field.tick_at(20)
    assert waits(field) is None


def test_one_van_at_a_door_is_no_outage(field):
    begin(field)
    for quarter in range(80, 141):
        field.tell(EventType.POSITION, "V02", quarter / 4, lat=41.155, lon=-8.605)
    field.tick_at(50)
    assert waits(field) is None


def test_reports_one_at_a_time_and_far_between_are_no_outage(field):
    begin(field)
    for minute in range(0, 150, 6):
        field.tell(EventType.POSITION, f"V0{2 + minute // 6 % 5}", minute, lat=41.155, lon=-8.605)
        field.tick_at(minute + 5.9)
        assert waits(field) is None


def test_a_feed_that_speaks_every_ten_minutes_is_known_after_its_second_word(field):
    begin(field)
    for batch in range(10, 60, 10):
        for number in range(20):
            field.tell(EventType.POSITION, f"V0{2 + number % 5}", batch - number / 100, batch, lat=41.155, lon=-8.605)
        field.tick_at(batch)
        field.tick_at(batch + 9)
        assert (waits(field) is not None) == (batch == 10)


def test_an_answer_that_was_given_is_carried_out_once_the_reports_are_in(field, open_service, tmp_path):
    field.service.close()
    folder = write_policies(tmp_path / "policies", ASK)
    field.service = open_service(policy_dir=folder)
    begin(field)
    report(field, 20, 39)
    field.break_down()
    report(field, 40, 41)
    field.tick_at(41)
    with field.service.store.read() as uow:
        [question] = uow.approvals.list_open()
    field.go_to(at(47))
    field.service.answer(question.case_id, question.interrupt_id, "approve", by="ann")
    field.tick_at(47)
    assert not any(field.told(route) for route in RESCUERS)
    report(field, 41, 48)
    field.tick_at(48)
    assert any(field.told(route) for route in RESCUERS)


def test_reports_that_two_servers_take_side_by_side_are_no_outage(field):
    begin(field)
    for number in range(20):
        moment = 20 if number % 2 else 30
        field.tell(EventType.POSITION, f"V0{2 + number % 5}", moment, lat=41.155, lon=-8.605)
    field.tell(EventType.POSITION, "V02", 20, lat=41.155, lon=-8.605)  # the one taken last was received first
    field.tick_at(31)
    assert waits(field) is None


def test_what_took_long_to_plan_is_not_carried_out_unless_something_was_heard_meanwhile(field, monkeypatch):
    """A busy process hears late: what its vans did while it reckoned is waiting at the door."""
    field.begin()
    field.break_down(minute=40)
    field.go_to(at(41))
    reckon, at_the_end = type(field.service._work.repairer).rescue, [at(52)]

    def slowly(*asked):
        found = reckon(*asked)
        if at_the_end:
            field.go_to(at_the_end.pop())
        return found

    monkeypatch.setattr(type(field.service._work.repairer), "rescue", slowly)
    field.service.tick()
    [case] = field.cases
    assert field.told("RSP1") == []
    assert verdicts(field, case) == [Verdict.STALE]
    field.tell(EventType.POSITION, "V02", 53, lat=41.155, lon=-8.605)
    field.tick_at(56)
    assert verdicts(field, case)[-1] is not Verdict.STALE


def verdicts(field, case):
    with field.service.store.read() as uow:
        return [decision.verdict for decision in uow.decisions.list_for_case(case.id)]
