"""The report, reckoned by hand from two ledgers of one small day."""

from evals.ledger import Breach, Ledger, Visit
from evals.metrics import RunResult, ServiceRecord, describe
from evals.outcomes import Outcome, list_outcomes

KEYS = {
    "day", "arm", "seed", "stops", "kept", "late", "undone", "failed", "moved_by_us", "over_60_min", "broken",
    "announced", "on_time_rate", "first_attempt_rate", "lateness_s", "travel_s", "harmed", "saved", "stops_moved",
    "messages", "actions", "waiting_for_people", "policy_violations", "decisions", "wall_s",
}  # fmt: skip


def ledger(plan, **starts: float | None) -> Ledger:
    """Visits by stop: minutes past the window's end at which service began (negative: before), None for a failure."""
    ends = {stop.id: stop.window.closes_at.timestamp() for stop in plan.stops}
    book = Ledger()
    for stop, past_end in starts.items():
        began = ends[stop] + 60 * (past_end or 0)
        book.visits[stop] = Visit(stop, "V01", began, began + 300, failed=past_end is None)
    return book


def result(plan, arm: str, book: Ledger, record: ServiceRecord | None = None) -> RunResult:
    return RunResult(plan, arm, 1, book, record or ServiceRecord(), 1.0, 1.0)


def test_the_report_counts_what_happened_and_what_the_service_changed(tiny) -> None:
    plan = tiny([[(0, 60)] * 5]).build()
    nothing = ledger(plan, S1=-5, S2=90, S3=None)  # S4 and S5 undone
    with_service = ledger(plan, S1=2, S2=-1, S3=None, S4=-10)
    with_service.rescheduled.add("O5")
    with_service.announced = {"S1": 0.0, "S2": 0.0, "S5": 0.0}
    with_service.travel_s, with_service.messages, with_service.moved = 1234, 3, {"S4"}
    record = ServiceRecord(decisions=4, actions={"REASSIGN": 1}, breaches=(Breach("no-leave", 0, "d1", "x"),), asked=2)

    report = describe(result(plan, "forestall", with_service, record), result(plan, "do-nothing", nothing))

    assert report.keys() >= KEYS
    expected = {
        "stops": 5, "kept": 2, "late": 1, "undone": 0, "failed": 1, "moved_by_us": 1, "broken": 3, "announced": 2,
        "saved": 2, "harmed": 1, "over_60_min": 0, "lateness_s": 120, "on_time_rate": 0.4, "first_attempt_rate": 0.75,
        "travel_s": 1234, "messages": 3, "stops_moved": 1, "decisions": 4, "waiting_for_people": 2,
        "policy_violations": 1, "actions": {"REASSIGN": 1}, "broken_by_doing_nothing": 4,
    }  # fmt: skip
    assert {key: report[key] for key in expected} == expected


def test_doing_nothing_neither_saves_nor_harms(tiny) -> None:
    plan = tiny().build()
    run = result(plan, "do-nothing", ledger(plan, S1=90, S2=-1))
    report = describe(run, run)
    assert (report["saved"], report["harmed"], report["over_60_min"]) == (0, 0, 1)


def test_a_delivery_at_another_attempt_or_time_is_never_kept(tiny) -> None:
    plan = tiny([[(0, 60)]]).build()
    book = ledger(plan, S1=None)
    book.rescheduled.add("O1")
    assert list_outcomes(plan, book)["S1"].outcome is Outcome.FAILED
    assert list_outcomes(plan, Ledger(rescheduled={"O1"}))["S1"].outcome is Outcome.MOVED_BY_US
