"""The service: what the API, the scheduler and the simulated day call."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.types import Command

from agent.answers import answer_question, lapse_due
from agent.detectors import Fault
from agent.graph import CaseGraph
from agent.learning.job import LearningJob
from agent.relay import relay_due
from agent.run import GRAPH_VERSION, CaseRun, RunContext, Workplace
from agent.sweep import Sweeper
from agent.tenders import settle_tenders
from forestall.clock import Clock
from forestall.domain.cases import Case
from forestall.domain.ids import CaseId, InterruptId
from forestall.domain.vocabulary import CaseStatus, Channel, OverrideReason, Verdict
from forestall.errors import Conflict
from forestall.intake import Intake
from forestall.settings import Settings
from forestall.store import Store
from tools.channels import EffectChannel

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TickReport:
    """What one scheduled step did: plans made, questions answered or lapsed, effects settled, cases that failed, and
    detectors that did."""

    planned: int
    resumed: int
    lapsed: int
    sent: int
    failed: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()


class Service:
    """One process's service. ``tick`` does all the work that time brings; a lock keeps it to one at a time here, and
    on PostgreSQL a leader election (agent.schedule) keeps it to one process."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        store: Store,
        intake: Intake,
        work: Workplace,
        graph: CaseGraph,
        checkpoints: BaseCheckpointSaver[Any],
        sweeper: Sweeper,
        learning: LearningJob,
        channels: Mapping[Channel, EffectChannel],
        closers: Sequence[Callable[[], None]] = (),
    ) -> None:
        self.settings, self.clock, self.store, self.intake = settings, clock, store, intake
        self._work, self._graph, self._sweeper, self._channels = work, graph, sweeper, channels
        self._checkpoints, self._learning = checkpoints, learning
        self._closers = closers
        self._ticking = threading.Lock()

    def tick(self) -> TickReport:
        """One step: lapse what is due, hear people's and carriers' answers, sweep, plan, send, learn. Idempotent:
        what was done is not done again."""
        with self._ticking:
            self._work.forecaster.refresh(self.store, self.clock)
            with self.store.write() as uow:
                lapsed = lapse_due(uow, self.clock.now())
            resumed, failed = self._resume_answered()
            failed += settle_tenders(self._work)
            swept = self._sweeper.sweep_due(self.clock.now())
            failed += [case_id for case_id in swept.due if not self._plan(case_id)]
            for case_id in swept.closed:
                self._checkpoints.delete_thread(case_id)  # nothing else ever would
            sent = relay_due(self.store, self.clock, self._channels, self.settings.lease_s)
            self._learning.run_due(self.clock.now())
        return TickReport(len(swept.due), resumed, lapsed, sent, tuple(failed), swept.faults)

    def answer(
        self,
        case_id: CaseId,
        interrupt_id: InterruptId,
        verdict: str,
        by: str,
        reason: OverrideReason | None = None,
        note: str = "",
        role: str = "dispatcher",
    ) -> Case:
        """A person's answer to an open question (see ``answer_question`` for what may go wrong).

        The answer is on record when this returns; the next tick carries it out.
        """
        with self.store.write() as uow:
            return answer_question(
                uow, self._work.gate, case_id, interrupt_id, verdict, by, role, reason, note, self.clock.now()
            )

    @property
    def detector_faults(self) -> tuple[Fault, ...]:
        """Detectors that failed when their hubs were last looked at: what they look for, nobody sees."""
        return self._sweeper.faults

    def recover(self) -> list[CaseId]:
        """After a start: re-open every case whose run was cut off, or whose pause the checkpoints no longer know.

        A question that is withdrawn this way is asked again, about a fresh plan; nothing it asked about has happened.
        """
        with self.store.write() as uow:
            cut_off = uow.cases.list(statuses=[CaseStatus.EXECUTING, CaseStatus.PROPOSED])
            lost = [question for question in uow.approvals.list_open() if not self._is_paused(question.case_id)]
            for question in lost:
                uow.approvals.answer(
                    question.case_id, question.interrupt_id, Verdict.STALE, self.clock.now(), "system:recovery"
                )
                uow.approvals.mark_resumed(question.case_id, question.interrupt_id)
            reopened = cut_off + [uow.cases.get(question.case_id) for question in lost]
            for case in reopened:
                now = self.clock.now()
                uow.cases.save(replace(case, status=CaseStatus.OPEN, updated_at=now, revision=case.revision + 1))
        return [case.id for case in reopened]

    def close(self) -> None:
        """Release the solver's processes, the checkpoints and the store, in that order."""
        for close in self._closers:
            close()
        self.store.close()

    def _resume_answered(self) -> tuple[int, list[str]]:
        """Let the graphs hear the answers. An answer stays unresumed until its run has come to an end."""
        with self.store.read() as uow:
            answered = uow.approvals.list_unresumed()
        failed: list[str] = []
        for question in answered:
            assert question.verdict is not None
            # A run that was cut off after its pause goes on from its checkpoint; the answer is already in its state.
            go_on: Command[str] | None = (
                Command(resume=question.verdict.value) if self._is_paused(question.case_id) else None
            )
            if self._run(question.case_id, go_on):
                with self.store.write() as uow:
                    uow.approvals.mark_resumed(question.case_id, question.interrupt_id)
            else:
                failed.append(question.case_id)
        return len(answered), failed

    def _plan(self, case_id: CaseId) -> bool:
        return self._run(case_id, CaseRun(schema_version=GRAPH_VERSION, case_id=case_id, attempts=0))

    def _run(self, case_id: CaseId, given: CaseRun | Command[str] | None) -> bool:
        """Run or resume one case's graph. A case that fails is logged and reported, and does not stop the others."""
        try:
            self._graph.invoke(given, _thread(case_id), context=RunContext(self._work), durability="sync")
        except Conflict as error:
            logger.warning("case %s: %s; it is looked at again", case_id, error)
            return False
        except Exception:
            logger.exception("case %s: its run failed; it is looked at again", case_id)
            return False
        return True

    def _is_paused(self, case_id: CaseId) -> bool:
        return bool(self._graph.get_state(_thread(case_id)).interrupts)


def _thread(case_id: CaseId) -> RunnableConfig:
    return {"configurable": {"thread_id": case_id}}
