"""The caseload: one case per cause, opened with patience, closed with patience, never flapping."""

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from agent.caseload import Patience, is_due_for_planning, open_case, update_caseload
from factories import DAY, at
from forestall.domain.cases import Case, Signal
from forestall.domain.ids import HubId, RouteId, StopId
from forestall.domain.vocabulary import CaseKind, CaseStatus

PATIENCE = Patience()


def signal_of(severity: float = 0.5, kind: CaseKind = CaseKind.WINDOW_MISS_RISK, cause: str = "delay/R01") -> Signal:
    return Signal(f"{DAY}/{cause}", kind, HubId("H1"), (RouteId("R01"),), (StopId("S001"),), severity)


def sweep(cases: dict[str, Case], signals: list[Signal], seen: dict[str, datetime], minute: float):
    """One sweep over a caseload kept as a dictionary; returns the caseload, what was seen once, and how many opened."""
    active = {f: c for f, c in cases.items() if not c.status.is_closed}
    closed = {f: c for f, c in cases.items() if c.status is CaseStatus.RESOLVED}
    change = update_caseload(active, signals, seen, DAY, at(minute), PATIENCE, closed)
    kept = {**cases, **{c.fingerprint: c for c in (*change.updated, *change.opened)}}
    return kept, change.seen_once, len(change.opened)


def test_a_forecast_opens_a_case_only_when_it_persists():
    cases, seen, opened = sweep({}, [signal_of()], {}, 0)
    assert (cases, opened) == ({}, 0)
    _, _, opened = sweep(cases, [signal_of()], seen, 5)
    assert opened == 1


def test_a_forecast_that_was_gone_in_between_starts_afresh():
    _, seen, _ = sweep({}, [signal_of()], {}, 0)
    _, seen, _ = sweep({}, [], seen, 5)
    _, _, opened = sweep({}, [signal_of()], seen, 10)
    assert opened == 0


def test_a_grave_forecast_and_an_observed_fact_open_a_case_at_once():
    grave, fact = signal_of(1.5), signal_of(0.1, CaseKind.VEHICLE_BREAKDOWN, "breakdown/V02")
    _, _, opened = sweep({}, [grave, fact], {}, 0)
    assert opened == 2


def test_a_signal_that_crosses_its_threshold_fifty_times_makes_one_case():
    cases, seen, total = {}, {}, 0
    for turn in range(100):
        present = [signal_of(0.9)] if turn % 2 == 0 else []
        cases, seen, opened = sweep(cases, present, seen, turn * 5)
        total += opened
    assert total == 1


@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 15)), min_size=100, max_size=100),
    st.sampled_from([CaseKind.WINDOW_MISS_RISK, CaseKind.VEHICLE_BREAKDOWN, CaseKind.DELIVERY_FAILED]),
)
def test_a_signal_that_comes_and_goes_however_it_may_makes_one_case(turns: list[tuple[bool, int]], kind: CaseKind):
    """Also when it is gone for long enough for its case to close: that one is opened again."""
    cases, seen, total, minute = {}, {}, 0, 0
    for there, passes in turns:
        minute += passes
        cases, seen, opened = sweep(cases, [signal_of(0.9, kind)] if there else [], seen, minute)
        total += opened
    assert total == any(there for there, _ in turns)


def test_fifty_crossings_that_each_outlast_the_quiet_time_make_one_case():
    cases, seen, total = {}, {}, 0
    for turn in range(150):
        cases, seen, opened = sweep(cases, [signal_of(0.9)] if turn % 3 == 0 else [], seen, turn * 13)
        total += opened
    assert total == 1


def test_a_case_that_comes_back_rests_as_its_last_plan_left_it():
    closed = replace(
        open_case(signal_of(), DAY, at(0)), status=CaseStatus.RESOLVED, closed_at=at(30), planned_at=at(28), plan_rev=1
    )
    cases, _, opened = sweep({closed.fingerprint: closed}, [signal_of(0.9)], {}, 32)
    [case] = cases.values()
    assert (case.id, case.status, case.closed_at, opened) == (closed.id, CaseStatus.MONITORING, None, 0)
    assert not is_due_for_planning(case, None, at(32), PATIENCE)


def test_a_signal_that_can_save_nothing_any_more_opens_no_case_and_ends_the_one_there_is():
    over = replace(signal_of(0.9), expires_at=at(60))
    cases, seen, opened = sweep({}, [over], {}, 60)
    assert opened == 0
    cases, seen, _ = sweep({}, [over], {}, 50)
    cases, _, _ = sweep(cases, [over], seen, 61)
    assert [case.status for case in cases.values()] == [CaseStatus.EXPIRED]


def test_a_question_that_is_open_outlives_its_case_expiry():
    waiting = replace(open_case(signal_of(), DAY, at(0)), status=CaseStatus.AWAITING_APPROVAL, expires_at=at(60))
    cases, _, _ = sweep({waiting.fingerprint: waiting}, [], {}, 61)
    assert [case.status for case in cases.values()] == [CaseStatus.AWAITING_APPROVAL]


def test_while_its_detector_fails_a_case_is_neither_closed_nor_quiet():
    case = open_case(signal_of(), DAY, at(0))
    active = {case.fingerprint: case}
    assert update_caseload(active, [], {}, DAY, at(5), PATIENCE, unwatched=["delay"]).updated == ()
    assert update_caseload(active, [], {}, DAY, at(5), PATIENCE, unwatched=["breakdown"]).updated != ()


def test_while_its_signal_fades_a_case_goes_on_and_is_not_planned():
    watched = replace(open_case(signal_of(0.9), DAY, at(0)), status=CaseStatus.MONITORING)
    fading = replace(signal_of(0.25), fades=True)
    cases, seen = {watched.fingerprint: watched}, {}
    for minute in range(5, 120, 5):
        cases, seen, _ = sweep(cases, [fading], seen, minute)
        [case] = cases.values()
        assert case.status is CaseStatus.MONITORING
        assert not is_due_for_planning(case, None, at(minute), PATIENCE)
    cases, _, _ = sweep(cases, [signal_of(0.9)], seen, 125)
    assert is_due_for_planning(*cases.values(), None, at(125), PATIENCE)


def test_what_only_people_can_answer_is_told_once():
    case = replace(
        open_case(signal_of(kind=CaseKind.DELIVERY_FAILED), DAY, at(0)), status=CaseStatus.MONITORING, planned_at=at(0)
    )
    assert is_due_for_planning(replace(case, status=CaseStatus.OPEN), None, at(0), PATIENCE)
    assert not is_due_for_planning(case, None, at(300), PATIENCE)


def test_a_case_that_was_taken_over_or_set_aside_is_not_planned():
    case = open_case(signal_of(), DAY, at(0))
    assert not is_due_for_planning(replace(case, taken_over=True), None, at(1), PATIENCE)
    snoozed = replace(case, snoozed_until=at(60), wake_at_severity=2.0)
    assert not is_due_for_planning(snoozed, None, at(59), PATIENCE)
    assert is_due_for_planning(replace(snoozed, snoozed_until=None), None, at(60), PATIENCE)  # it has been woken


def test_doors_that_are_done_with_are_no_news():
    signal = replace(signal_of(2.0, CaseKind.FAILED_ATTEMPT_RISK), stop_ids=(StopId("S001"), StopId("S002")))
    case = open_case(signal, DAY, at(0))
    fewer = replace(signal, stop_ids=(StopId("S002"),), severity=1.9)
    assert update_caseload({case.fingerprint: case}, [fewer], {}, DAY, at(5), PATIENCE).updated == ()


def test_a_case_closes_once_its_signal_has_been_gone_for_a_while():
    cases, seen, _ = sweep({}, [signal_of(0.9)], {}, 0)
    for minute in (5, 10, 20):
        cases, seen, _ = sweep(cases, [], seen, minute)
    [case] = cases.values()
    assert case.status is CaseStatus.RESOLVED
    assert case.closed_at == at(20)


def test_a_case_whose_question_is_open_is_not_closed_behind_the_person():
    case = replace(open_case(signal_of(), DAY, at(0)), status=CaseStatus.AWAITING_APPROVAL)
    cases, seen, _ = sweep({case.fingerprint: case}, [], {}, 5)
    cases, _, _ = sweep(cases, [], seen, 60)
    assert cases[case.fingerprint].status is CaseStatus.AWAITING_APPROVAL


def test_small_changes_of_severity_write_nothing():
    case = open_case(signal_of(0.9), DAY, at(0))
    change = update_caseload({case.fingerprint: case}, [signal_of(0.95)], {}, DAY, at(5), PATIENCE)
    assert change.updated == ()


def test_the_same_cause_at_the_same_time_has_the_same_id():
    assert open_case(signal_of(0.9), DAY, at(0)).id == open_case(signal_of(0.4), DAY, at(0)).id
    assert open_case(signal_of(), DAY, at(0)).id != open_case(signal_of(), DAY, at(1)).id


def test_a_watched_case_rests_after_a_plan_and_longer_after_a_no():
    case = replace(open_case(signal_of(), DAY, at(0)), status=CaseStatus.MONITORING, planned_at=at(0))
    assert not is_due_for_planning(case, None, at(5), PATIENCE)
    assert is_due_for_planning(case, None, at(10), PATIENCE)
    assert not is_due_for_planning(case, at(0), at(30), PATIENCE)
    assert is_due_for_planning(case, at(0), at(0) + timedelta(hours=1), PATIENCE)


def test_a_watched_case_that_has_not_become_worse_rests_longer_after_a_plan():
    case = replace(open_case(signal_of(0.5), DAY, at(0)), status=CaseStatus.MONITORING, planned_at=at(0))
    assert not is_due_for_planning(case, None, at(29), PATIENCE, severity_then=0.5)
    assert is_due_for_planning(case, None, at(30), PATIENCE, severity_then=0.5)
    assert is_due_for_planning(replace(case, severity=0.7), None, at(10), PATIENCE, severity_then=0.5)


def test_a_waiting_case_is_never_planned_over():
    case = replace(open_case(signal_of(), DAY, at(0)), status=CaseStatus.AWAITING_VETO)
    assert not is_due_for_planning(case, None, at(500), PATIENCE)
