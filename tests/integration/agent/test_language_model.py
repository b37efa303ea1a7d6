"""A language model over HTTP beside the running service: slow, broken or hostile, it does no harm."""

import json
import subprocess
import sys
from pathlib import Path
from threading import Event

import pytest

from agent.planner.models import ChatModel
from agent.planner.rules import RulePlanner
from agent.trace import build_trace
from evals.chat_server import ChatServer
from evals.model_behaviours import UNUSABLE, contrary, helpful, stalling
from factories import DAY, make_plan
from forestall.domain.vocabulary import Advice, Autonomy, EventType, Verdict
from optimizer.prices import Prices
from policy_files import permit_all, write_policies

INJECTIONS = (Path(__file__).parents[2] / "injections.txt").read_text(encoding="utf-8").splitlines()

_FIRST_QUESTION = """
import json, sys
from agent.planner.models import ChatModel
from evals.chat_server import ChatServer
from evals.model_behaviours import helpful

option = {"broken_after": 1, "broken_before": 2, "stops_changing_vehicle": 1}
with ChatServer(helpful).running() as server:
    model = ChatModel("stub", "openai", server.base_url, "none", 30.0, 400)
    packages = {name.split(".")[0] for name in sys.modules}
    model.ask("task", json.dumps({"options": {"A": option}}), {"title": "Ranking", "type": "object", "properties": {}})
    print(json.dumps(sorted({name.split(".")[0] for name in sys.modules} - packages)))
"""


def break_and_decide(field, **settings):
    """A breakdown with several ways out; what was decided, by what, and what was asked."""
    if settings:
        field.restart(**settings)
    field.begin(make_plan(route_count=4, stops_each=4))
    field.break_down()
    for minute in (41, 52, 63):
        field.tick_at(minute)
    with field.service.store.read() as uow:
        decisions = [d for case in field.cases for d in uow.decisions.list_for_case(case.id)]
        proposals = [uow.proposals.get(d.case_id, d.plan_rev) for d in decisions]
    return decisions, proposals


def asks(server, **settings):
    return {
        "llm_model": "stub",
        "llm_base_url": server.base_url,
        "llm_band": 0.01,  # nearly every plan is put to it
        "llm_timeout_s": 60.0,
        **settings,
    }


@pytest.mark.parametrize("name", [*UNUSABLE, "stalling"])
def test_a_model_that_is_no_use_changes_no_decision(field, name):
    released = Event()
    behaviour = stalling(released) if name == "stalling" else UNUSABLE[name]
    with ChatServer(behaviour).running() as server:
        decisions, proposals = break_and_decide(field, **asks(server, llm_timeout_s=0.1 if name == "stalling" else 60))
        assert server.asked
        released.set()
    consulted = [p for p in proposals if p.consultation is not None]
    assert {p.consultation.advice for p in consulted} == {Advice.FELL_BACK}
    by_rules = RulePlanner(price_per_cent=Prices().cent)
    assert all(p.planner == "rules" for p in proposals)
    assert all(p.ranking == by_rules.rank(p.candidates, p.judgements) for p in consulted)
    assert decisions[0].verdict is Verdict.AUTOMATIC  # as without it: a rescue does not wait


def test_what_a_model_prefers_is_never_done_without_a_persons_answer(field):
    with ChatServer(contrary).running() as server:
        break_and_decide(field, **asks(server))
    with field.service.store.read() as uow:
        all_proposals = [uow.proposals.get(case.id, rev) for case in field.cases for rev in range(1, case.plan_rev + 1)]
        by_model = [p for p in all_proposals if p.planner == "llm"]
        assert by_model
        assert all(p.gate is None or p.gate.autonomy is Autonomy.APPROVE_FIRST for p in by_model)
        revisions = {(p.case_id, p.plan_rev) for p in by_model}
        for case in field.cases:
            for decision in uow.decisions.list_for_case(case.id):
                if (decision.case_id, decision.plan_rev) in revisions:
                    assert decision.verdict not in {Verdict.AUTOMATIC, Verdict.NOT_VETOED}


def test_where_nobody_may_be_asked_a_model_stops_nothing_that_runs_by_itself(field, tmp_path):
    """An operator's policy that grants no approvals forbids what a model prefers, and not what the rules prefer."""
    policies = write_policies(tmp_path / "policies", permit_all())
    with ChatServer(contrary).running() as server:
        decisions, proposals = break_and_decide(field, **asks(server, policy_dir=policies))
    first, decision = proposals[0], decisions[0]
    assert first.consultation.advice is Advice.REORDERED
    assert (first.planner, decision.verdict) == ("rules", Verdict.AUTOMATIC)
    assert (
        decision.candidate_id == RulePlanner(price_per_cent=Prices().cent).rank(first.candidates, first.judgements)[0]
    )


def test_none_of_a_hundred_injected_texts_reaches_the_model(field):
    assert len(set(INJECTIONS)) == 100
    with ChatServer(helpful).running() as server:
        field.restart(**asks(server))
        field.begin(make_plan(route_count=4, stops_each=4))
        for number, text in enumerate(INJECTIONS):
            field.tell(EventType.CUSTOMER_REPLY, f"O{number % 16 + 1:03d}", 30 + number / 100, choice=text)
        field.tell(EventType.DEPARTED, "R01", 35, to_stop="S001")
        note = " ".join(INJECTIONS)[:2000]
        field.tell(EventType.BREAKDOWN, "V01", 40, lat=41.155, lon=-8.605, note=note)
        field.tick_at(41)
        said = "\n".join(message["content"] for body in server.asked for message in body["messages"])
    assert server.asked
    assert not [text for text in INJECTIONS if text[:20].lower() in said.lower()]


def test_its_note_is_for_the_dispatcher_and_goes_to_nobody_else(field):
    word = "Zwiebelkuchen speaks for the first."

    def chatty(brief):
        return json.dumps({"order": sorted(brief["options"]), "note": word})

    with ChatServer(chatty).running() as server:
        break_and_decide(field, **asks(server))
    with field.service.store.read() as uow:
        traces = [build_trace(uow, case.id) for case in field.cases]
        sent = [str(row.effect) for row in uow.outbox.list_after(0)]
    notes = [p["model_note"] for trace in traces for p in trace["proposals"] if p["model_note"]]
    assert notes
    assert {(note["model"], note["text"]) for note in notes} == {("openai:stub", word)}
    assert sent
    assert not [text for text in sent if "Zwiebelkuchen" in text]


def test_the_record_holds_what_was_asked_and_answered(field):
    with ChatServer(UNUSABLE["prose"]).running() as server:
        decisions, _ = break_and_decide(field, **asks(server))
    with field.service.store.read() as uow:
        bodies = [record.body for record in uow.audit.list() if record.kind == "decision"]
    talks = [body["language_model"] for body in bodies if body["language_model"]]
    assert talks
    assert all(talk["request_hash"] and talk["answer"] and talk["options"] and talk["fault"] for talk in talks)
    assert decisions
    assert DAY in {body["decision"]["day"] for body in bodies}


def test_a_server_that_counts_tokens_below_nothing_gives_no_budget_back():
    brief = json.dumps({"options": {"A": {"broken_after": 1, "broken_before": 2, "stops_changing_vehicle": 1}}})
    with ChatServer(helpful, tokens=-5000).running() as server:
        model = ChatModel("stub", "openai", server.base_url, "none", 10.0, 400)
        assert model.ask("task", brief, {"title": "Ranking", "type": "object", "properties": {}}).tokens == 0


def test_everything_that_takes_long_to_load_is_loaded_before_the_first_question():
    """Seconds of imports belong to the start of the service, not to a case that waits."""
    done = subprocess.run([sys.executable, "-c", _FIRST_QUESTION], check=True, capture_output=True, text=True)
    assert json.loads(done.stdout) == []
