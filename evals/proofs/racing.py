"""A person vetoes at the very moment the window runs out: whoever is told the veto was taken is obeyed."""

import random
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from agent.service import Service
from evals.proofs.crowd import BREAK_DOWN_AT, OPENS_AT, breakdowns, crowd, open_service, sign_of_life, write_policies
from forestall.clock import ManualClock
from forestall.domain.decisions import Approval
from forestall.domain.ids import CaseId
from forestall.domain.vocabulary import OverrideReason, Verdict
from forestall.errors import Conflict

_VETO = (
    '@id("proof.veto") @why("Everything runs unless vetoed.") @veto_minutes("5") '
    'permit (principal, action == Action::"executeUnlessVetoed", resource);'
)
_BEFORE = timedelta(milliseconds=1)
_HEAD_START_S = 0.03


@dataclass(frozen=True, slots=True)
class Racing:
    """``vetoed`` were told that the veto was taken, ``executed`` carried out; ``after_veto`` of them both: never."""

    races: int
    vetoed: int
    executed: int
    after_veto: int
    neither: int

    @property
    def holds(self) -> bool:
        return self.after_veto == 0 and self.neither == 0 and self.vetoed + self.executed == self.races > 0


class _CreepingClock(ManualClock):
    """Every look at it moves it on, so that no two windows end at the same instant."""

    def now(self) -> datetime:
        self.advance_to(super().now() + timedelta(milliseconds=2))
        return super().now()


class _Starts:
    """How much later either side starts, at most: whoever wins gives the other more of a start the next time.

    So the veto meets every part of the other's step, however long that takes on this machine.
    """

    def __init__(self, draws: random.Random) -> None:
        self._draws = draws
        self._veto_s = self._tick_s = _HEAD_START_S

    def draw(self) -> tuple[float, float]:
        """Seconds until the veto, and until the step."""
        return self._draws.random() * self._veto_s, self._draws.random() * self._tick_s

    def learn(self, veto_won: bool) -> None:
        factor = 1.5 if veto_won else 1 / 1.5
        self._veto_s, self._tick_s = self._veto_s * factor, self._tick_s / factor


def prove_racing(url: str, folder: Path, races: int, seed: int = 1) -> Racing:
    """Let one server's deadline and another server's veto meet, ``races`` times, each on a case of its own."""
    policies, draws = write_policies(folder / "policies", _VETO), random.Random(seed)
    with closing(open_service(url, folder, _CreepingClock(OPENS_AT), policy_dir=policies, durable=False)) as first:
        questions = _bring_up(first, races)
    late, early = ManualClock(questions[0].asked_at), ManualClock(questions[0].asked_at)
    with (
        closing(open_service(url, folder, late, policy_dir=policies, durable=False)) as executor,
        closing(open_service(url, folder, early, policy_dir=policies, durable=False)) as desk,
    ):
        taken: set[CaseId] = set()
        starts = _Starts(draws)
        for question in questions:
            late.advance_to(question.expires_at)
            early.advance_to(question.expires_at - _BEFORE)
            executor.intake.take_events([sign_of_life(late.now())])
            is_taken = _race(executor, desk, question, *starts.draw())
            starts.learn(is_taken)
            if is_taken:
                taken.add(question.case_id)
        executor.tick()
        return _count(executor, questions, taken)


def _bring_up(service: Service, races: int) -> list[Approval]:
    service.intake.put_plan(crowd(races))
    service.intake.take_events(list(breakdowns(races)))
    assert isinstance(service.clock, ManualClock)
    service.clock.advance_to(BREAK_DOWN_AT + timedelta(minutes=1))
    service.tick()
    with service.store.read() as uow:
        return sorted(uow.approvals.list_open(), key=lambda question: question.expires_at)


def _race(executor: Service, desk: Service, question: Approval, wait_a_s: float, wait_b_s: float) -> bool:
    """Whether the veto was taken."""
    taken: list[bool] = []
    start = threading.Barrier(2)

    def veto() -> None:
        start.wait()
        time.sleep(wait_a_s)
        try:
            desk.answer(question.case_id, question.interrupt_id, "veto", by="proof", reason=OverrideReason.OTHER)
            taken.append(True)
        except Conflict:
            taken.append(False)

    person = threading.Thread(target=veto)
    person.start()
    start.wait()
    time.sleep(wait_b_s)
    executor.tick()
    person.join()
    return taken[0]


def _count(service: Service, questions: list[Approval], taken: set[CaseId]) -> Racing:
    with service.store.read() as uow:
        executed = {
            question.case_id
            for question in questions
            for decision in uow.decisions.list_for_case(question.case_id)
            if decision.plan_rev == question.plan_rev and decision.verdict is Verdict.NOT_VETOED
        }
        sent = {question.case_id for question in questions if uow.outbox.list_for_case(question.case_id)}
    asked = {question.case_id for question in questions}
    return Racing(
        races=len(questions),
        vetoed=len(taken),
        executed=len(executed),
        after_veto=len(taken & (executed | sent)),
        neither=len(asked - taken - executed),
    )
