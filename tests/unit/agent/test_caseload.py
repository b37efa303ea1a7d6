"""The caseload: one case per cause, opened with patience, closed with patience, never flapping."""

from dataclasses import replace
from datetime import datetime, timedelta

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
    change = update_caseload(active, signals, seen, DAY, at(minute), PATIENCE)
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


def test_a_waiting_case_is_never_planned_over():
    case = replace(open_case(signal_of(), DAY, at(0)), status=CaseStatus.AWAITING_VETO)
    assert not is_due_for_planning(case, None, at(500), PATIENCE)
