"""One cause, one case: signals that share a cause are merged, and leave again when theirs is another."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from agent.caseload import CaseloadChange, Patience, is_apart, update_caseload
from agent.detectors import Detection, View, gather, registry
from factories import DAY, at, make_forecast, make_plan, make_snapshot
from forestall.domain.cases import Case, Signal
from forestall.domain.forecast import HubForecast, SlotForecast
from forestall.domain.ids import CarrierId, HubId, RouteId, StopId
from forestall.domain.vocabulary import CaseKind, CaseStatus

PATIENCE = Patience()
LATE, SLOW = CaseKind.HUB_NOT_READY, CaseKind.WINDOW_MISS_RISK
Cases = dict[str, Case]


def delay(number: int, kind: CaseKind = LATE, severity: float = 0.8, cause: str = "") -> Signal:
    return Signal(
        fingerprint=f"{DAY}/delay/R{number:02d}",
        kind=kind,
        hub_id=HubId("H1"),
        route_ids=(RouteId(f"R{number:02d}"),),
        stop_ids=(StopId(f"S{number:03d}"),),
        severity=severity,
        evidence={"main_cause": cause},
        expires_at=at(900),
    )


def view_at(minute: float, cases: Cases | None = None, **forecast: object) -> View:
    live = frozenset(f for f, case in (cases or {}).items() if not case.status.is_closed)
    return View(make_snapshot(taken_at=at(minute)), make_forecast(**forecast), live=live)


def sweep(cases: Cases, signals: list[Signal], minute: float, seen: dict | None = None) -> tuple[Cases, CaseloadChange]:
    """A sweep as the sweeper does it, over a caseload kept as a dictionary of the newest case of each fingerprint."""
    active = {f: case for f, case in cases.items() if not case.status.is_closed}
    apart = frozenset(f for f, case in active.items() if is_apart(case))
    resolved = {f: case for f, case in cases.items() if case.status is CaseStatus.RESOLVED}
    found = gather(view_at(minute, cases), signals, apart)
    change = update_caseload(active, found, seen or {}, DAY, at(minute), PATIENCE, resolved)
    return {**cases, **{case.fingerprint: case for case in (*change.updated, *change.opened)}}, change


def live(cases: Cases) -> list[Case]:
    return [case for case in cases.values() if not case.status.is_closed]


def test_many_late_loads_of_one_hub_are_one_case_with_all_their_stops():
    cases, _ = sweep({}, [delay(1), delay(2), delay(3)], 0)
    [case] = live(cases)
    assert (case.kind, len(case.route_ids), len(case.stop_ids)) == (LATE, 3, 3)
    assert case.severity == 2.4


def test_two_late_loads_are_two_causes():
    cases, _ = sweep({}, [delay(1), delay(2)], 0)
    assert len(live(cases)) == 2


def test_three_late_loads_of_a_large_hub_are_any_days_luck():
    view = view_at(0)
    large = replace(view, snapshot=make_snapshot(make_plan(route_count=12)))
    assert len(gather(large, [delay(1), delay(2), delay(3)], frozenset())) == 3
    assert len(gather(large, [delay(1), delay(2), delay(3), delay(4)], frozenset())) == 1


def test_routes_slowed_by_the_roads_are_one_case_and_others_are_not_drawn_in():
    slow = [delay(number, SLOW, cause="slow_roads") for number in (1, 2, 3)]
    cases, _ = sweep({}, [*slow, delay(4, SLOW, cause="hold_up")], 0)
    assert sorted(len(case.route_ids) for case in live(cases)) == [1, 3]


def test_cases_give_way_to_the_one_of_their_common_cause():
    cases, _ = sweep({}, [delay(1), delay(2)], 0)
    cases, _ = sweep(cases, [delay(1), delay(2), delay(3)], 5)
    [common] = live(cases)
    merged = [case for case in cases.values() if case.status is CaseStatus.MERGED]
    assert [case.merged_into for case in merged] == [common.id] * 2


def test_a_route_that_turns_out_to_have_a_cause_of_its_own_leaves_the_common_case():
    cases, _ = sweep({}, [delay(1), delay(2), delay(3)], 0)
    alone = delay(2, CaseKind.DRIVER_UNAVAILABLE)
    cases, _ = sweep(cases, [delay(1), alone, delay(3)], 5)
    assert sorted((case.kind, case.route_ids) for case in live(cases)) == [
        (CaseKind.DRIVER_UNAVAILABLE, ("R02",)),
        (LATE, ("R01", "R03")),
    ]


def test_a_case_that_a_person_looks_at_stays_out_of_the_common_one():
    cases, _ = sweep({}, [delay(1)], 0)
    [case] = live(cases)
    for touched in (
        replace(case, status=CaseStatus.AWAITING_APPROVAL),
        replace(case, owner="ann"),
        replace(case, taken_over=True),
    ):
        after, _ = sweep({case.fingerprint: touched}, [delay(number) for number in (1, 2, 3, 4)], 5)
        assert sorted(len(case.route_ids) for case in live(after)) == [1, 3]


def test_vehicles_that_drop_out_where_others_have_no_room_are_a_matter_of_capacity():
    slot = SlotForecast(CarrierId("OWN"), at(0), at(60), 6, p_over_capacity=0.9)
    view = view_at(20, hubs={HubId("H1"): HubForecast(HubId("H1"), (slot,))})
    third = replace(view.snapshot.routes[RouteId("R02")], id=RouteId("R03"))
    routes = {**view.snapshot.routes, third.id: third}
    view = replace(view, snapshot=replace(view.snapshot, routes=routes))
    signals = [delay(1), delay(2, CaseKind.DRIVER_UNAVAILABLE), delay(3, CaseKind.CARRIER_CAPACITY)]
    [signal] = gather(view, signals, frozenset())
    assert (signal.kind, signal.route_ids) == (CaseKind.CAPACITY_RISK, ("R01", "R02", "R03"))
    assert len(gather(replace(view, forecast=view_at(20).forecast), signals, frozenset())) == 3


def test_while_the_common_plan_waits_for_an_answer_its_parts_ask_nothing():
    """They would take the same vehicles by themselves, and leave the answer without a plan."""
    cases, _ = sweep({}, [delay(1), delay(2), delay(3)], 0)
    [case] = live(cases)
    waiting = {case.fingerprint: replace(case, status=CaseStatus.AWAITING_APPROVAL)}
    cases, change = sweep(waiting, [delay(1), delay(2), delay(3)], 5)
    assert (change.opened, [one.id for one in live(cases)]) == ((), [case.id])


def test_a_common_cause_is_not_dissolved_by_one_route_less():
    cases, _ = sweep({}, [delay(1), delay(2), delay(3)], 0)
    cases, _ = sweep(cases, [delay(1), delay(2)], 5)
    assert [len(case.route_ids) for case in live(cases)] == [2]


@given(st.lists(st.sets(st.integers(1, 6)), min_size=1, max_size=30))
def test_whatever_comes_and_goes_no_route_is_in_two_cases(days: list[set[int]]):
    cases: Cases = {}
    seen: dict = {}
    for turn, numbers in enumerate(days):
        cases, change = sweep(cases, [delay(number) for number in sorted(numbers)], turn * 5, seen)
        seen = dict(change.seen_once)
        signalled = {f"R{number:02d}" for number in numbers}
        shown = [r for case in live(cases) if case.quiet_since is None for r in case.route_ids]
        assert sorted(shown) == sorted(signalled)


@given(st.lists(st.integers(0, 100), min_size=1, max_size=30))
def test_merged_cases_name_a_case_that_there_is(severities: list[int]):
    cases: Cases = {}
    for turn, hundredths in enumerate(severities):
        signals = [delay(number, severity=hundredths / 100) for number in range(1, 2 + turn % 4)]
        before = {case.id for case in cases.values()}
        cases, change = sweep(cases, signals, turn * 5)
        ids = before | {case.id for case in cases.values()}
        assert all(case.merged_into in ids for case in change.updated if case.status is CaseStatus.MERGED)


def test_when_gathering_fails_the_single_signals_stand_and_the_fault_is_told(monkeypatch):
    def fails(*_):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(registry, "gather", fails)
    signals = (delay(1), delay(2), delay(3))
    found = registry.gathered(view_at(0), Detection(signals), frozenset())
    assert found.signals == signals
    assert [fault.detector for fault in found.faults] == ["gather"]
