"""One small day on which every figure of docs/metrics.md is worked out by hand.

Two vans, V01 with S1 to S5 and V02 with S6 to S10, all promised 08:00 to 09:00; the hub and the drivers are there from
08:00 to 18:00. The table says when service began, in minutes past 09:00 (below 0: in time).

====  ==========  =========  ======
stop  do-nothing  forestall  oracle
====  ==========  =========  ======
S1    -5          -5         -5
S2    +10         -5         -5
S3    +90         +20        +20
S4    undone      +2         -5
S5    failed      -5         failed
S6    -5          +6         -5
S7    +4          -5         -5
S8    undone      moved      -5
S9    failed      failed     failed
S10   -5          -5         -5
====  ==========  =========  ======

Every visit takes 5 minutes. Forestall asked S5's customer, who was there; it offered S8's another day, which was taken;
it told S3's to expect it until 09:30 and S4's until 09:01.
"""

from math import cos, radians
from typing import Any

import pytest

from evals.evaluation.cells import Setting
from evals.evaluation.lines import Line, line_of, read_line
from evals.evaluation.summary import summarise
from evals.human_time import HumanWork
from evals.ledger import Ledger, Visit
from evals.levers import Levers
from evals.metrics import RunResult, ServiceRecord
from evals.people import People
from forestall.domain.plan import DayPlan

UNDONE, FAILED, MOVED = None, "failed", "moved"
BEGAN = {
    "do-nothing": [-5, 10, 90, UNDONE, FAILED, -5, 4, UNDONE, FAILED, -5],
    "forestall": [-5, -5, 20, 2, -5, 6, -5, MOVED, FAILED, -5],
    "oracle": [-5, -5, 20, -5, FAILED, -5, -5, -5, FAILED, -5],
}


def _ledger(plan: DayPlan, column: list[Any]) -> Ledger:
    ends_at = plan.orders[0].promise.closes_at.timestamp()
    book = Ledger()
    for number, began in enumerate(column, start=1):
        stop, vehicle = f"S{number}", "V01" if number <= 5 else "V02"
        if began == MOVED:
            book.rescheduled.add(f"O{number}")
        elif began is not UNDONE:
            start = ends_at + 60 * (-5 if began == FAILED else began)
            book.visits[stop] = Visit(stop, vehicle, start, start + 300, failed=began == FAILED)
    return book


@pytest.fixture
def summary(tiny, still) -> dict[str, Any]:
    """The three arms through everything between a played day and the JSON, the log's text included."""
    plan = tiny([[(0, 60)] * 5, [(0, 60)] * 5]).build()
    nine = plan.orders[0].promise.closes_at.timestamp()
    books = {arm: _ledger(plan, column) for arm, column in BEGAN.items()}
    books["do-nothing"].travel_s = 6000
    books["forestall"].travel_s, books["forestall"].messages = 7200, 4
    books["forestall"].moved = {"S4"}
    books["forestall"].announced = {"S3": nine - 600, "S4": nine - 600, "S8": nine - 600}
    record = ServiceRecord(
        decisions=4,
        cases=3,
        handled=2,
        cases_resolved_alone=1,
        work=HumanWork(asked=1, answered=1, glances=1),
        # S2 40 and S3 10 minutes before the end; S6 would have been in time; S7's came too late to be one
        alarms={"S2": nine - 2400, "S3": nine - 600, "S6": nine - 1800, "S7": nine + 1},
        told={"S3": (nine, nine + 1800), "S4": (nine - 900, nine + 60)},
        expected_gain=2.4,
        planned_after_s=(60.0, 300.0),
    )
    records = {"forestall": record}
    lines = [
        line_of(arm, "tiny", RunResult(plan, arm, 1, book, records.get(arm, ServiceRecord()), 1.0, 1.0), False)
        for arm, book in books.items()
    ]
    kept: list[Line] = [read_line(one.as_text()) for one in lines]
    return summarise(kept, [], list(BEGAN), [1], Setting(still, Levers(), People.APPROVE))


def test_every_count_of_the_hand_computed_day(summary: dict[str, Any]) -> None:
    """Kept S1 S2 S5 S7 S10; late S3 20, S4 2 and S6 6 minutes; S8 moved; S9 failed. S2, S5, S7 saved, S6 harmed."""
    expected = {
        "stops": 10, "kept": 5, "late": 3, "undone": 0, "failed": 1, "moved_by_us": 1, "broken": 5, "announced": 3,
        "unannounced": 2, "saved": 3, "harmed": 1, "over_60_min": 0, "lateness_s": (20 + 2 + 6) * 60, "travel_s": 7200,
        "moved": 1, "messages": 4, "policy_violations": 0, "human_decisions": 1, "missed": {"0": 4, "5": 3, "15": 2},
    }  # fmt: skip
    own = summary["arms"]["forestall"]
    assert {name: own[name] for name in expected} == expected
    nothing = summary["arms"]["do-nothing"]
    before = {"kept": 3, "late": 3, "undone": 2, "failed": 2, "broken": 7, "over_60_min": 1, "lateness_s": 104 * 60,
              "missed": {"0": 5, "5": 4, "15": 3}, "saved": 0, "harmed": 0}  # fmt: skip
    assert {name: nothing[name] for name in before} == before


def test_the_gap_closed_of_the_hand_computed_day(summary: dict[str, Any]) -> None:
    """The oracle misses S3 alone. 5 - 4 of 5 - 1; beyond 5 minutes 4 - 3 of 4 - 1; beyond 15 3 - 2 of 3 - 1."""
    assert summary["gap_closed"]["mean"] == 0.25
    assert {grace: one["mean"] for grace, one in summary["grace"].items()} == {"0": 0.25, "5": 0.3333, "15": 0.5}
    assert summary["failed_avoided"]["mean"] == 0.5  # S5 of S5 and S9


def test_the_rates_of_the_hand_computed_day(summary: dict[str, Any]) -> None:
    own = summary["arms"]["forestall"]
    assert own["on_time_rate"] == 0.5  # 5 of 10
    assert own["first_attempt_rate"] == 0.8889  # 8 delivered of 9 attempted
    assert own["promise_kept"] == 0.6  # the 5, and S3, which came at 09:20 as told; S4 came at 09:02, told 09:01
    assert own["messages_per_customer"] == 0.4
    assert own["alerts_per_100_stops"] == 30.0  # 3 cases
    assert own["resolved_alone_share"] == 0.5  # 1 of 2 that there was anything to do about
    assert own["human_minutes"] == 2.5  # an answer, 2 minutes; a glance at what runs unless vetoed, half a minute
    assert own["human_decisions_per_100_stops"] == 10.0
    assert own["avoidable_loss_avoided"] == {"expected": 2.4, "realised": 2}  # 3 saved, 1 harmed
    assert own["intervals"]["harmed_of_saved"]["mean"] == 0.3333
    assert own["intervals"]["over_60_ratio"]["mean"] == 0.0
    assert own["intervals"]["travel_ratio"]["mean"] == 1.2


def test_the_alarms_of_the_hand_computed_day(summary: dict[str, Any]) -> None:
    """Late or undone if nobody acts: S2, S3, S4, S7, S8. Alarms in time for S2, S3 and, wrongly, S6."""
    assert summary["arms"]["forestall"]["alarms"] == {
        "raised": 3, "right": 2, "due": 5, "precision": 0.6667, "recall": 0.4, "lead_min": 25.0,
    }  # fmt: skip


def test_the_six_kpis_of_the_hand_computed_day(summary: dict[str, Any]) -> None:
    """At work: 7200 s driving and 9 visits of 300 s, 2.75 hours. Two vans, whose shifts are 20 hours.

    Cents: 2.75 x 3200 = 8800; two vans 9000; two stops to be tried again (S8, S9) 1800; four messages 32; 2.5 minutes
    of a dispatcher 125: 19757 for 8 deliveries.
    """
    kpis = summary["arms"]["forestall"]["kpis"]
    assert kpis["cost_per_delivery"] == 24.7
    assert (kpis["on_time_rate"], kpis["first_attempt_rate"]) == (0.5, 0.8889)
    assert kpis["fleet_utilisation"] == 0.1375  # 9900 of 72000 s
    assert kpis["planning_cycle_min"] == 3.0  # the middle of 1 and 5
    # Places lie 0.01 degrees apart on 41.01 to 41.10 N. Delivered are all but S8 (41.08) and S9 (41.09): two each in
    # the zones from 41.02, 41.04 and 41.06, one each in those from 41.00 and 41.10: five zones.
    zone_km2 = sum((0.02 * 111.32) ** 2 * cos(radians(south + 0.01)) for south in (41.00, 41.02, 41.04, 41.06, 41.10))
    assert kpis["deliveries_per_km2"] == pytest.approx(8 / zone_km2, abs=1e-4)
    assert kpis["busiest_zone"] == 2


def test_one_day_seed_is_told_to_be_no_claim(summary: dict[str, Any]) -> None:
    assert summary["gap_closed"]["low"] is None
    assert any("60" in note for note in summary["notes"])
