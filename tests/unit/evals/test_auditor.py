"""Nothing may be done without leave, or without a record of it."""

from typing import Any

import pytest

from evals.auditor import list_breaches

DECISION = {"id": "d1", "case_id": "c1", "plan_rev": 1, "at": "2026-03-02T09:00:00Z", "candidate_id": "k1"}


def trace(
    autonomy: str | None, *, approved: bool = False, edited: bool = False, done: bool = False, audited: bool = True
) -> dict[str, Any]:
    gate = None if autonomy is None else {"autonomy": autonomy}
    words = ["APPROVED"] * approved + ["EDITED"] * edited
    return {
        "decisions": [{"id": "d0", "plan_rev": 0, "verdict": "AUTOMATIC"}] if done else [],
        "proposals": [{"plan_rev": 1, "gate": gate, "candidates": [{"id": "k1", "actions": [{"kind": "REASSIGN"}]}]}],
        "approvals": [{"plan_rev": 1, "verdict": word} for word in words],
        "audit": [{"subject": "c1", "body": {"decision_id": "d1"}}] if audited else [],
    }


@pytest.mark.parametrize(
    ("verdict", "record"),
    [
        ("AUTOMATIC", trace("AUTO")),
        ("NOT_VETOED", trace("VETO_WINDOW")),
        ("APPROVED", trace("APPROVE_FIRST", approved=True)),
        ("EDITED", trace("APPROVE_FIRST", edited=True)),
        ("UNDONE", trace("APPROVE_FIRST", done=True)),
        ("EXPIRED", trace("APPROVE_FIRST")),
        ("FORBIDDEN", trace("FORBIDDEN")),
    ],
)
def test_what_policy_allowed_is_no_breach(verdict: str, record: dict[str, Any]) -> None:
    assert list_breaches(record, {**DECISION, "verdict": verdict}) == []


@pytest.mark.parametrize(
    ("verdict", "record"),
    [
        ("AUTOMATIC", trace("VETO_WINDOW")),
        ("AUTOMATIC", trace("FORBIDDEN")),
        ("AUTOMATIC", trace(None)),
        ("NOT_VETOED", trace("APPROVE_FIRST")),
        ("APPROVED", trace("APPROVE_FIRST", approved=False)),
        ("EDITED", trace("APPROVE_FIRST", approved=True)),
        ("EDITED", trace("FORBIDDEN", edited=True)),
        ("UNDONE", trace("APPROVE_FIRST")),
        ("UNDONE", trace("FORBIDDEN", done=True)),
    ],
)
def test_what_it_did_not_allow_is_one(verdict: str, record: dict[str, Any]) -> None:
    assert [breach.rule for breach in list_breaches(record, {**DECISION, "verdict": verdict})] == ["no-leave"]


def test_a_decision_without_its_record_is_a_breach_whatever_it_was() -> None:
    breaches = list_breaches(trace("APPROVE_FIRST", audited=False), {**DECISION, "verdict": "EXPIRED"})
    assert [breach.rule for breach in breaches] == ["unaudited"]
