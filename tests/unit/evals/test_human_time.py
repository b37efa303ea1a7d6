"""People's time, by hand: what each kind of word to a case counts as, and how long it takes."""

from typing import Any

import pytest

from evals.handling import handling_of
from evals.human_time import HumanWork, work_on

ASKED, ANSWERED, ENDS = "2026-03-02T09:00:00Z", "2026-03-02T09:04:00Z", "2026-03-02T09:20:00Z"


def question(rev: int, verdict: str | None, *, is_veto: bool = False) -> dict[str, Any]:
    return {"plan_rev": rev, "verdict": verdict, "is_veto": is_veto, "asked_at": ASKED, "expires_at": ENDS}


def own_version(rev: int) -> dict[str, Any]:
    """The row of a person's own version: answered by being made."""
    return {"plan_rev": rev, "verdict": "EDITED", "is_veto": False, "asked_at": ANSWERED, "expires_at": ANSWERED}


@pytest.mark.parametrize(
    ("rows", "undos", "decisions", "minutes"),
    [
        ([question(1, "APPROVED")], 0, 1, 2.0),
        ([question(1, "REJECTED")], 0, 1, 3.0),
        ([question(1, "EXPIRED")], 0, 1, 0.0),
        ([question(1, "NOT_VETOED", is_veto=True)], 0, 0, 0.5),
        ([question(1, "VETOED", is_veto=True)], 0, 1, 1.5),
        ([question(1, "EDITED"), own_version(2)], 0, 1, 5.0),  # one decision: the question's answer is the edit
        ([question(1, "EDITED", is_veto=True), own_version(2)], 0, 1, 5.5),  # it would have run without them
        ([question(1, "WITHDRAWN"), own_version(2)], 0, 2, 5.0),  # asked, taken over instead, and then edited
        ([question(1, "APPROVED")], 1, 2, 5.0),  # approved, and taken back: 2 + 3
        ([], 1, 1, 3.0),  # what ran by itself, taken back
    ],
)
def test_each_word_of_a_person_is_one_decision_with_its_own_effort(rows, undos, decisions, minutes):
    work = work_on(rows, undos=undos)
    assert (work.decisions, work.minutes) == (decisions, minutes)


def test_the_work_on_several_cases_adds_up_kind_by_kind():
    one = work_on([question(1, "EDITED"), own_version(2)], undos=1)
    other = work_on([question(1, "EDITED", is_veto=True), own_version(2)], escalations=1)
    both = one + other
    assert both == HumanWork(asked=1, glances=1, escalations=1, edits=2, edits_unasked=1, undos=1)
    assert both.decisions == 1 + 1 + 1 + 1  # the question, the escalation, the edit of a veto window, the undo
    assert both.minutes == 0.5 + 5 + 2 * 5 + 3


def plan(rev: int, before: float, after: float) -> dict[str, Any]:
    judgement = {"misses_before": before, "misses_after": after}
    candidate = {"id": f"k{rev}", "actions": [{"kind": "REASSIGN"}], "judgement": judgement}
    return {"plan_rev": rev, "candidates": [candidate]}


def decision(rev: int, verdict: str, at: str) -> dict[str, Any]:
    return {"plan_rev": rev, "verdict": verdict, "candidate_id": f"k{rev}", "at": at}


def test_an_edited_plan_that_was_taken_back_was_carried_out_and_gained_what_was_left_of_it():
    """3.0 to 1.0 as edited after 5 minutes; taking it back makes 0.5 to 2.0 of it: 2.0 - 1.5 are left."""
    trace = {
        "case": {"tier": 0, "opened_at": "2026-03-02T09:00:00Z"},
        "proposals": [plan(1, 3.0, 0.8), plan(2, 3.0, 1.0), plan(3, 0.5, 2.0)],
        "approvals": [question(1, "EDITED"), own_version(2)],
        "decisions": [
            decision(2, "EDITED", "2026-03-02T09:05:00Z"),
            decision(3, "UNDONE", "2026-03-02T09:30:00Z"),
        ],
    }
    handled = handling_of(trace)
    assert handled.acted
    assert not handled.is_alone
    assert (handled.expected_gain, handled.planned_after_s) == (0.5, 300.0)
    assert (handled.work.decisions, handled.work.minutes) == (2, 5.0 + 3.0)
