"""The gate: what policy says, who may answer, and that a policy with a fault never comes into force."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forestall.domain.vocabulary import ActionKind, Autonomy, CaseKind
from forestall.errors import BadInput
from policies.examples import read_examples, run_examples
from policies.gate import Gate, PolicyTexts, read_policies
from policies.question import PlanQuestion

GATE = Gate(read_policies())
ANNOTATED = '@id("a") @why("b")'
PERMIT_EXECUTE = 'permit (principal, action == Action::"execute", resource)'
HARMLESS = PlanQuestion(kinds=frozenset({"RESEQUENCE"}), case_kind="WINDOW_MISS_RISK")


@pytest.mark.parametrize("example", read_examples(), ids=lambda example: example.story)
def test_policy_says_what_operations_wrote_down(example):
    [outcome] = run_examples(GATE, [example])
    assert outcome.mismatch == "", outcome.said


questions = st.builds(
    PlanQuestion,
    kinds=st.frozensets(st.sampled_from([kind.value for kind in ActionKind]), min_size=1),
    case_kind=st.sampled_from([kind.value for kind in CaseKind]),
    stops_moved=st.integers(0, 100),
    stops_harmed=st.integers(0, 20),
    added_cost_cents=st.integers(0, 100_000),
    crosses_carrier=st.booleans(),
    brings_home=st.booleans(),
    giver_at_work=st.booleans(),
    rescues_by_driver_today=st.integers(0, 4),
    data_age_minutes=st.integers(0, 90),
)


@given(questions)
def test_nothing_passes_the_kill_switch(question):
    assert GATE.ask("rules", "H1", replace(question, kill_switch=True)).autonomy is Autonomy.FORBIDDEN


@given(questions)
def test_what_a_language_model_prefers_waits_for_a_persons_answer(question):
    assert GATE.ask("llm", "H1", question).autonomy in {Autonomy.APPROVE_FIRST, Autonomy.FORBIDDEN}


@given(questions)
def test_suggest_mode_makes_everything_wait_for_a_person(question):
    verdict = GATE.ask("rules", "H1", replace(question, mode="SUGGEST"))
    assert verdict.autonomy in {Autonomy.APPROVE_FIRST, Autonomy.FORBIDDEN}


@given(questions)
def test_every_verdict_names_its_policies_and_their_reasons(question):
    verdict = GATE.ask("rules", "H1", question)
    assert verdict.policy_ids
    assert len(verdict.why) == len(verdict.policy_ids)
    assert all(verdict.why)


def test_guardrails_hold_beside_an_operator_who_permits_everything(tmp_path: Path):
    (tmp_path / "autonomy.cedar").write_text('@id("mine.all") @why("all") permit (principal, action, resource);')
    gate = Gate(read_policies(tmp_path))
    assert gate.ask("rules", "H1", HARMLESS).autonomy is Autonomy.AUTO
    assert gate.ask("rules", "H1", replace(HARMLESS, receiver_contract_active=False)).autonomy is Autonomy.FORBIDDEN


def test_without_a_permit_everything_is_forbidden(tmp_path: Path):
    (tmp_path / "autonomy.cedar").write_text("")
    assert Gate(read_policies(tmp_path)).ask("rules", "H1", HARMLESS).autonomy is Autonomy.FORBIDDEN


def test_auditors_read_and_dispatchers_answer():
    assert GATE.may("ann", "dispatcher", "answer", "H1")
    assert not GATE.may("ann", "auditor", "answer", "H1")


def test_the_version_changes_with_any_text():
    texts = read_policies()
    assert PolicyTexts(texts.policies + "\n// a word", texts.schema).version != texts.version


@pytest.mark.parametrize(
    ("policy", "fault"),
    [
        (f"{ANNOTATED} {PERMIT_EXECUTE} when {{ context.addedCostCent > 1 }};", "addedCostCent"),
        (f'{ANNOTATED} {PERMIT_EXECUTE} when {{ context.stopsMoved == "x" }};', "Long"),
        (f"{PERMIT_EXECUTE};", "@id"),
        (f'{ANNOTATED} @veto_minutes("soon") {PERMIT_EXECUTE};', "veto_minutes"),
        (f"{ANNOTATED} permit (principal", "end of input"),
    ],
    ids=["misspelt fact", "wrong type", "no id", "veto time no number", "syntax"],
)
def test_a_policy_with_a_fault_never_comes_into_force(policy: str, fault: str):
    with pytest.raises(BadInput) as caught:
        Gate(PolicyTexts(policy, read_policies().schema))
    assert fault in str(caught.value.as_body())


def test_an_operator_folder_without_the_file_is_refused_by_name(tmp_path: Path):
    with pytest.raises(BadInput) as caught:
        read_policies(tmp_path)
    assert "autonomy.cedar" in str(caught.value.as_body())


def test_an_example_that_names_an_unknown_fact_is_refused_with_its_place(tmp_path: Path):
    file = tmp_path / "examples.yaml"
    file.write_text(
        "- {story: x, plan: {kinds: [RESEQUENCE], case_kind: WINDOW_MISS_RISK, stop_moved: 1}, expect: AUTO}"
    )
    with pytest.raises(BadInput) as caught:
        read_examples(file)
    assert "example 1: plan.stop_moved" in str(caught.value.as_body())


ACTS = ("answer", "edit", "take_over", "hand_back", "undo", "snooze", "wake", "acknowledge", "assign", "merge")


@pytest.mark.parametrize("role", ["dispatcher", "admin", "auditor", "nobody"])
def test_every_act_on_cases_routes_and_stops_is_for_dispatchers_and_administrators(role):
    may = role in {"dispatcher", "admin"}
    assert {GATE.may("ann", role, act, "H1") for act in ACTS} == {may}
    assert {GATE.may("ann", role, act, "H1", kind="Stop") for act in ("pin", "unpin")} == {may}
    assert GATE.may("ann", role, "confirm", "H1", kind="Route") is may
