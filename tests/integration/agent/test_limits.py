"""Limits hold when two plans reach them at the same moment, whichever server applies them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from langgraph.runtime import Runtime

from agent.run import Desk, Ready, RunContext
from agent.steps.carry_out import commit
from agent.steps.situations import situation_of
from factories import at, make_case, make_effect, make_judgement, make_plan, make_proposal
from forestall.domain.actions import Action, Candidate, Notice
from forestall.domain.decisions import GateVerdict
from forestall.domain.ids import CandidateId, ContactId
from forestall.domain.vocabulary import ActionKind, Autonomy, CaseStatus, Channel, Tool
from policy_files import ASK, forbid_alone, permit_all, write_policies

PLACES = 5  # odd: two plans race for the last one


def text_to(stop_id: str, order_id: str) -> Notice:
    params = {
        "stop_id": stop_id, "order_id": order_id, "eta_from": at(90).isoformat(), "eta_to": at(120).isoformat(),
        "choices": {}, "time_zone": "Europe/Lisbon",
        "not_before": at(60).isoformat(), "expires_at": at(700).isoformat(),
    }  # fmt: skip
    return Notice(Channel.SMS, "eta_update", stop_id, params, order_id)


def words(number: int, notices: tuple[Notice, ...] = (), cost_cents: int = 0) -> Candidate:
    """A plan that moves no stop, so that nothing but a limit can keep two of them apart."""
    action = Action(ActionKind.NOTIFY_ETA)
    return Candidate(CandidateId(f"k{number}"), Tool.NOTIFY_CUSTOMER, (action,), notices=notices, cost_cents=cost_cents)


def checked(service, number: int, candidate: Candidate):
    """A case whose plan has just been found allowed; what ``commit`` needs to carry it out."""
    case = make_case(f"case-{number}", status=CaseStatus.EXECUTING, plan_rev=1)
    verdict = GateVerdict(Autonomy.AUTO, ("test.all",), ("everything",), "v")
    judgement = make_judgement(candidate.id, effects=(), stops_moved=0)
    proposal = make_proposal(
        case.id, candidates=(candidate,), judgements={candidate.id: judgement}, ranking=(candidate.id,),
        chosen=candidate.id, gate=verdict,
    )  # fmt: skip
    with service.store.write() as uow:
        uow.cases.add(case)
        uow.proposals.add(proposal)
    with service.store.read() as uow:
        situation = situation_of(service._work, uow, case)
    context = RunContext(service._work, Desk(ready=Ready(candidate, situation, (), judgement)))
    return {"case_id": case.id, "plan_rev": 1}, Runtime(context=context)


def race(*runs):
    """Commit all at once; how each ended."""
    start = Barrier(len(runs))

    def go(run):
        start.wait()
        return commit(*run)["outcome"]

    with ThreadPoolExecutor(len(runs)) as pool:
        return sorted(pool.map(go, runs))


@pytest.fixture
def servers(open_service, tmp_path):
    """Two servers over one database, under policies that a test writes."""

    def open_two(*policies: str):
        folder = write_policies(tmp_path / "policies", permit_all(), ASK, *policies)
        first = open_service(policy_dir=folder, data_dir=tmp_path / "a")
        second = open_service(policy_dir=folder, data_dir=tmp_path / "b")
        plan = make_plan(route_count=2, stops_each=4)
        one = ContactId("C001")
        first.intake.put_plan(replace(plan, orders=tuple(replace(o, contact_id=one) for o in plan.orders)))
        first.clock.advance_to(at(61))
        return first, second

    return open_two


def test_two_plans_at_once_never_both_take_the_hours_last_place(servers):
    first, second = servers(forbid_alone("test.pace", f"context.actionsInHubLastHour >= {PLACES}"))
    runs = [checked((first, second)[number % 2], number, words(number)) for number in range(2 * PLACES)]
    outcomes = [outcome for pair in zip(runs[::2], runs[1::2], strict=True) for outcome in race(*pair)]
    assert outcomes.count("committed") == PLACES
    with first.store.read() as uow:
        assert uow.decisions.pace_of_hub("H1", at(0)).actions == PLACES


def test_two_plans_at_once_never_both_spend_the_hours_last_money(servers):
    limit = "context.addedCostInHubLastHourCents + context.addedCostCents > 1000"
    first, second = servers(forbid_alone("test.cost", limit))
    outcomes = race(checked(first, 1, words(1, cost_cents=600)), checked(second, 2, words(2, cost_cents=600)))
    assert outcomes == ["committed", "stale"]


def test_two_plans_at_once_never_both_send_the_customers_last_message(servers):
    first, second = servers()
    with first.store.write() as uow:
        uow.outbox.add([make_effect(f"earlier {n}", recipient_id="C001", payload={"stop_id": "S008"}) for n in (1, 2)])
    outcomes = race(
        checked(first, 1, words(1, (text_to("S001", "O001"),))),
        checked(second, 2, words(2, (text_to("S002", "O002"),))),
    )
    assert outcomes == ["committed", "stale"]
    with first.store.read() as uow:
        assert len(uow.outbox.list_after(0, channel=Channel.SMS)) == 3


def test_the_record_says_what_was_counted_when_the_plan_was_applied(servers):
    first, _ = servers()
    commit(*checked(first, 1, words(1, cost_cents=250)))
    commit(*checked(first, 2, words(2)))
    with first.store.read() as uow:
        [one, two] = [record.body["policy_when_applied"] for record in uow.audit.list()]
    assert one["facts"]["actionsInHubLastHour"] == 0
    assert two["facts"]["actionsInHubLastHour"] == 1
    assert two["facts"]["addedCostInHubLastHourCents"] == 250
    assert two["verdict"]["why"] == ["everything"]
    assert two["verdict"]["policy_ids"] == ["test.all"]
