"""A language model may reorder plans that are nearly as good as each other, and nothing else."""

import json
import shutil
import subprocess
import sys
import threading
import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.planner.advisor import Advisor
from agent.planner.brief import write_brief
from agent.planner.budget import Allowance, Budget
from agent.planner.models import Reply
from agent.planner.rules import RulePlanner
from agent.planner.traces import RecordedModel, Recorder
from agent.run import Desk
from agent.steps.consider import plan
from evals.chat_server import Broken
from evals.model_behaviours import UNUSABLE, contrary, helpful, stalling
from factories import START, make_candidate, make_case, make_judgement
from forestall.domain.vocabulary import Advice, CaseKind
from forestall.errors import BadInput, Unavailable

PLANNER = RulePlanner(margin=100.0)

_NEVER_ENDS = """
import time
from types import SimpleNamespace
from agent.planner.advisor import Advisor
from agent.planner.budget import Allowance, Budget
from agent.planner.rules import RulePlanner

model = SimpleNamespace(name="test:endless", ask=lambda *_: time.sleep(600))
brief = SimpleNamespace(text="{}", schema={})
assert "no answer" in str(Advisor(model, RulePlanner(), Budget(Allowance()), 0.05, 0.8)._ask(brief))
"""


class Model:
    """Answers as a behaviour does; ``asked`` are the briefs."""

    name = "test:model"

    def __init__(self, behaviour, tokens=100):
        self.behaviour, self.tokens, self.asked = behaviour, tokens, []

    def ask(self, task, brief, schema):
        self.asked.append(json.loads(brief))
        try:
            return Reply(self.behaviour(json.loads(brief)), self.tokens)
        except Broken as error:
            raise Unavailable("out of order") from error


def plans(*gains):
    """Candidates k0, k1… with these gains, in price units."""
    candidates = [make_candidate(f"k{i}", cost_cents=0) for i in range(len(gains))]
    judged = {
        c.id: make_judgement(c.id, loss_before=10_000.0, loss_after=10_000.0 - gain, misses_before=5.0,
                             misses_after=5.0 - gain / 2_000)
        for c, gain in zip(candidates, gains, strict=True)
    }  # fmt: skip
    return candidates, judged, PLANNER.rank(candidates, judged)


def advise(model, gains, band=0.8, budget=None, timeout_s=60.0, now=START, recorder=None):
    candidates, judged, ranking = plans(*gains)
    advisor = Advisor(model, PLANNER, budget or Budget(Allowance()), timeout_s, band, recorder)
    return ranking, *advisor.reorder(make_case(), candidates, judged, ranking, now)


def test_plans_of_nearly_equal_worth_are_put_in_the_models_order():
    rules, advised, asked = advise(Model(contrary), [3000, 2900, 2800])
    assert advised == rules[::-1]
    assert asked.advice is Advice.REORDERED


def test_a_plan_that_is_clearly_worse_is_never_put_to_the_model():
    model = Model(contrary)
    rules, advised, _ = advise(model, [3000, 2900, 1000])
    assert len(model.asked[0]["options"]) == 2
    assert advised[2] == rules[2] == "k2"


def test_with_one_plan_worth_doing_nobody_is_asked():
    model = Model(helpful)
    rules, advised, asked = advise(model, [3000, 500])
    assert (advised, asked, model.asked) == (rules, None, [])


@pytest.mark.parametrize("behaviour", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_an_answer_that_is_not_what_was_asked_for_leaves_the_rules_order(behaviour):
    rules, advised, asked = advise(Model(behaviour), [3000, 2900, 2800])
    assert advised == rules
    assert asked.advice is Advice.FELL_BACK
    assert asked.fault


def test_a_model_that_stalls_is_not_waited_for():
    is_over = threading.Event()

    def stall(brief):
        is_over.wait(60)
        return contrary(brief)

    rules, advised, asked = advise(Model(stall), [3000, 2900], timeout_s=0.05)
    is_over.set()
    assert advised == rules
    assert "no answer within" in asked.fault


def test_a_stalled_model_costs_no_case_more_than_its_time_out_and_few_cases_that():
    """Three failures are paid for with time at most: then nobody waits for it, for as long as it is left alone."""
    model, budget = Model(stalling(threading.Event(), 5.0)), Budget(Allowance(failures=3, rest=timedelta(minutes=2)))
    candidates, judged, ranking = plans(3000, 2900)
    advisor = Advisor(model, PLANNER, budget, 0.2, 0.8)
    began, took = time.monotonic(), []
    for _ in range(20):
        advised, asked = advisor.reorder(make_case(), candidates, judged, ranking, START)
        took.append(asked.took_ms)
        assert advised == ranking
    assert time.monotonic() - began < 2.0  # 20 time-outs would be 4
    assert len([ms for ms in took if ms >= 200]) <= 3
    assert len(model.asked) <= 3
    assert "left alone" in asked.fault


@pytest.mark.parametrize(
    "kind", [CaseKind.FAILED_ATTEMPT_RISK, CaseKind.CUSTOMER_RESCHEDULE, CaseKind.CUSTOMER_MESSAGE]
)
def test_a_model_is_not_asked_about_what_customers_are_asked_or_have_said(kind):
    model = Model(contrary)
    candidates, judged, _ = plans(3000, 2900)
    advisor = Advisor(model, PLANNER, Budget(Allowance()), 5.0, 0.8)
    desk = Desk(
        situation=SimpleNamespace(case=make_case(kind=kind), now=START), candidates=tuple(candidates), judgements=judged
    )
    work = SimpleNamespace(planner=PLANNER, advisor=advisor)
    plan({}, SimpleNamespace(context=SimpleNamespace(work=work, desk=desk)))
    assert (model.asked, desk.planner, desk.consultation) == ([], "rules", None)


def test_after_its_rest_a_model_that_is_well_again_is_asked_as_before():
    model, budget = Model(UNUSABLE["broken"]), Budget(Allowance(failures=3, rest=timedelta(minutes=2)))
    for _ in range(3):
        advise(model, [3000, 2900], budget=budget)
    model.behaviour = helpful
    for minute in (2, 2, 2):
        _, _, asked = advise(model, [3000, 2900], budget=budget, now=START + timedelta(minutes=minute))
        assert asked.advice is Advice.AGREED


def test_a_model_that_is_still_ill_after_its_rest_is_left_alone_again_at_its_first_failure():
    model, budget = Model(UNUSABLE["broken"]), Budget(Allowance(failures=3, rest=timedelta(minutes=2)))
    for minute in (0, 0, 0, 2, 2, 3):
        advise(model, [3000, 2900], budget=budget, now=START + timedelta(minutes=minute))
    assert len(model.asked) == 4


def test_failures_with_an_answer_between_them_are_not_in_a_row():
    model, budget = Model(UNUSABLE["broken"]), Budget(Allowance(failures=3))
    for behaviour in (UNUSABLE["broken"], UNUSABLE["prose"], helpful, UNUSABLE["broken"], UNUSABLE["prose"], helpful):
        model.behaviour = behaviour
        advise(model, [3000, 2900], budget=budget)
    assert len(model.asked) == 6


def test_whatever_a_model_raises_is_a_fault_and_no_more():
    class Broken:
        name = "test:broken"

        def ask(self, task, brief, schema):
            raise RecursionError

    rules, advised, asked = advise(Broken(), [3000, 2900])
    assert advised == rules
    assert "RecursionError" in asked.fault


def test_a_model_that_never_ends_its_sentence_keeps_no_process_from_ending():
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", _NEVER_ENDS], check=True, timeout=60)
    assert time.monotonic() - began < 30


def test_after_three_failures_in_a_row_the_model_is_left_alone_for_a_while():
    model, budget = Model(UNUSABLE["prose"]), Budget(Allowance(failures=3, rest=timedelta(minutes=2)))
    for minute in (0, 0, 0, 1):
        advise(model, [3000, 2900], budget=budget, now=START + timedelta(minutes=minute))
    assert len(model.asked) == 3
    advise(model, [3000, 2900], budget=budget, now=START + timedelta(minutes=2))
    assert len(model.asked) == 4


def test_no_more_tokens_are_used_than_the_hour_allows():
    model, budget = Model(helpful, tokens=600), Budget(Allowance(tokens_an_hour=1000))
    for minute in (0, 1, 2):
        advise(model, [3000, 2900], budget=budget, now=START + timedelta(minutes=minute))
    assert len(model.asked) == 2
    advise(model, [3000, 2900], budget=budget, now=START + timedelta(minutes=61))
    assert len(model.asked) == 3


def test_no_more_money_is_spent_than_the_hour_allows():
    model = Model(helpful, tokens=1000)
    budget = Budget(Allowance(cents_an_hour=1.5, cents_per_million=1000.0))  # a question costs a cent
    for _ in range(4):
        advise(model, [3000, 2900], budget=budget)
    assert len(model.asked) == 2


def test_what_was_recorded_is_answered_again_and_anything_else_fails(tmp_path):
    traces = tmp_path / "traces.jsonl"
    _, first, _ = advise(Model(contrary), [3000, 2900], recorder=Recorder(traces))
    _, again, asked = advise(RecordedModel(traces), [3000, 2900])
    assert again == first
    assert asked.advice is Advice.REORDERED
    rules, advised, asked = advise(RecordedModel(traces), [3000, 2950])
    assert advised == rules
    assert "never recorded" in asked.fault


@pytest.mark.parametrize("behaviour", [UNUSABLE["broken"], UNUSABLE["prose"]])
def test_what_failed_when_it_was_recorded_fails_alike_when_it_is_replayed(tmp_path, behaviour):
    traces = tmp_path / "traces.jsonl"
    _, _, first = advise(Model(behaviour), [3000, 2900], recorder=Recorder(traces))
    rules, advised, again = advise(RecordedModel(traces), [3000, 2900])
    assert advised == rules
    assert again.fault == first.fault


def test_an_answer_that_came_too_late_to_be_used_is_recorded_as_none(tmp_path):
    traces = tmp_path / "traces.jsonl"
    _, _, first = advise(
        Model(stalling(threading.Event(), 0.3)), [3000, 2900], timeout_s=0.05, recorder=Recorder(traces)
    )
    _, _, again = advise(RecordedModel(traces), [3000, 2900])
    assert "no answer within" in first.fault
    assert again.fault == first.fault


def test_a_question_asked_twice_gets_its_answers_in_their_order(tmp_path):
    traces = tmp_path / "traces.jsonl"
    for behaviour in (contrary, helpful):
        advise(Model(behaviour), [3000, 2900], recorder=Recorder(traces))
    replay = RecordedModel(traces)
    assert [advise(replay, [3000, 2900])[2].advice for _ in range(3)] == [
        Advice.REORDERED, Advice.AGREED, Advice.AGREED,
    ]  # fmt: skip


def test_a_record_that_can_no_longer_be_written_costs_no_decision(tmp_path):
    folder = tmp_path / "gone"
    folder.mkdir()
    recorder = Recorder(folder / "traces.jsonl")
    shutil.rmtree(folder)
    _, _, asked = advise(Model(contrary), [3000, 2900], recorder=recorder)
    assert asked.advice is Advice.REORDERED


def test_a_record_that_can_not_be_written_at_all_is_refused_at_once(tmp_path):
    with pytest.raises(BadInput):
        Recorder(tmp_path / "no such folder" / "traces.jsonl")


def test_a_file_that_holds_no_traces_is_refused_by_line(tmp_path):
    path = tmp_path / "traces.jsonl"
    path.write_text('{"request_hash": "a", "answer": "b", "tokens": 1}\n{"answer": 1}\n')
    with pytest.raises(BadInput) as refusal:
        RecordedModel(path)
    assert "line 2 is no trace" in str(refusal.value.problems)


def test_the_note_is_two_sentences_of_plain_text_at_most():
    def chatty(brief):
        return json.dumps({"order": sorted(brief["options"]), "note": "One.\x1b[31m Two!\n\nThree. Four."})

    _, _, asked = advise(Model(chatty), [3000, 2900])
    assert asked.note == "One. [31m Two!"


def test_letters_do_not_tell_what_the_rules_think():
    candidates, judged, _ = plans(2000, 3000)
    brief = write_brief(make_case(), candidates, judged, START)
    assert dict(brief.letters) == {"A": "k0", "B": "k1"}


@given(answer=st.one_of(st.text(max_size=200), st.binary(max_size=80).map(lambda b: b.decode("latin-1"))))
def test_whatever_is_answered_the_ranking_keeps_exactly_its_plans(answer):
    rules, advised, _ = advise(Model(lambda _: answer), [3000, 2900, 2800, 1000])
    assert sorted(advised) == sorted(rules)
