"""A case's trace as text: everything the page shows, readable at a terminal."""

from agent.trace import build_trace
from agent.trace_text import render_trace_text


def test_the_text_tells_the_whole_story(waiting, small):
    store = waiting.service.store
    small.add_decision(store)
    with store.write() as uow:
        uow.approvals.answer("C-1", "I-1", "REJECTED", small.NOW, "Ada", "COST", "not today")
    with store.read() as uow:
        text = render_trace_text(build_trace(uow, "C-1"))
    for words in (
        "C-1  Vehicle broke down on R1: S1, S2",
        "S1 on R1",
        "P(late) 62 %",
        "driving takes 1.30 times the usual, 40 %",
        "* Move S2 from R1 to R2 [cand-1]",
        "S2: P(miss) 63 % to 5 %",
        "gets worse: S3",
        "not chosen: avoids 0.20 expected misses, the recommended plan 1.00",
        "no shuttle runs from H1",
        "Needs a person's approval (reassign-needs-approval",
        "Stops change hands.",
        'rejected, 08:00:00 by Ada, Costs too much, "not today"',
        "done automatically",
        "Your parcel comes between 10:00 and 11:00.",
        "#1 08:00:00 decision C-1",
    ):
        assert words in text, text


def test_a_case_without_a_plan_has_a_short_trace(planned, small):
    with planned.service.store.write() as uow:
        uow.cases.add(small.make_case(status="OPEN", plan_rev=0))
    with planned.service.store.read() as uow:
        text = render_trace_text(build_trace(uow, "C-1"))
    assert "Plan" not in text
    assert "Decisions" not in text
