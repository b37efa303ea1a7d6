"""Recorded questions put to another version of the policies: which plans it would have treated otherwise."""

from collections.abc import Iterable
from dataclasses import dataclass

from forestall.domain.decisions import Proposal
from forestall.domain.ids import CandidateId, CaseId, HubId
from forestall.domain.vocabulary import Autonomy
from policies.gate import Gate
from policies.question import PlanQuestion


@dataclass(frozen=True, slots=True)
class Change:
    """One recorded plan that would have been treated otherwise, by which policies and why."""

    case_id: CaseId
    plan_rev: int
    made_at: str
    was: Autonomy
    becomes: Autonomy
    candidate_was: CandidateId | None
    candidate_becomes: CandidateId | None
    policy_ids: tuple[str, ...]
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Replay:
    """``asked``: recorded plans put to the other version. ``unrecorded``: plans whose questions were not kept."""

    asked: int
    unrecorded: int
    changes: tuple[Change, ...]


def replay(gate: Gate, recorded: Iterable[tuple[HubId, Proposal]]) -> Replay:
    """Ask ``gate`` everything that was asked about each plan, in the same order, until it allows one.

    What was not asked then can't be asked now: where it forbids all that was asked, it says FORBIDDEN.
    """
    asked = unrecorded = 0
    changes: list[Change] = []
    for hub_id, proposal in recorded:
        if proposal.asked:
            asked += 1
            changes += _changed(gate, hub_id, proposal)
        elif proposal.ranking:
            unrecorded += 1
    return Replay(asked, unrecorded, tuple(changes))


def _changed(gate: Gate, hub_id: HubId, proposal: Proposal) -> list[Change]:
    was = proposal.gate.autonomy if proposal.gate is not None else Autonomy.FORBIDDEN
    verdict, candidate = None, None
    for one in proposal.asked:
        answer = gate.ask(proposal.planner, hub_id, PlanQuestion.from_context(one.facts))
        verdict = verdict or answer
        if answer.autonomy is not Autonomy.FORBIDDEN:
            verdict, candidate = answer, one.candidate_id
            break
    assert verdict is not None, "only plans that policy was asked about are replayed"
    if (verdict.autonomy, candidate) == (was, proposal.chosen):
        return []
    return [
        Change(
            case_id=proposal.case_id,
            plan_rev=proposal.plan_rev,
            made_at=proposal.made_at.isoformat(),
            was=was,
            becomes=verdict.autonomy,
            candidate_was=proposal.chosen,
            candidate_becomes=candidate,
            policy_ids=verdict.policy_ids,
            why=verdict.why,
        )
    ]
