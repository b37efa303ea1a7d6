"""The service: what the API, the scheduler and the simulated day call."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.types import Command

from agent.acknowledgements import chase_silent
from agent.answers import answer_question, lapse_due
from agent.detectors import Fault
from agent.feed_watch import FeedWatch, heard_nothing_since
from agent.graph import CaseGraph
from agent.learning.job import LearningJob
from agent.people.care import wake_due
from agent.people.escalation import escalate_due
from agent.people.hand import Hand
from agent.people.office import Office
from agent.relay import relay_due
from agent.run import GRAPH_VERSION, CaseRun, Workplace
from agent.runs import CaseRuns
from agent.sweep import Sweeper
from agent.tenders import settle_tenders
from agent.timers import ask_about_missed
from agent.wakeup import Bell
from forestall.clock import Clock
from forestall.domain.cases import Case
from forestall.domain.decisions import Approval
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


@dataclass(frozen=True, slots=True)
class _Worked:
    """The part of a TickReport that is nothing while the field's reports are waited for."""

    planned: int = 0
    resumed: int = 0
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
        bell: Bell,
        closers: Sequence[Callable[[], None]] = (),
    ) -> None:
        self.settings, self.clock, self.store, self.intake = settings, clock, store, intake
        self._work, self._sweeper, self._channels = work, sweeper, channels
        self._runs, self._learning = CaseRuns(work, graph, checkpoints), learning
        self._closers = closers
        self._reckoning = threading.Lock()
        self._watching_since, self._feed = clock.now(), FeedWatch()
        self.bell = bell
        self.people = Office(work, self._reckoning)

    def tick(self) -> TickReport:
        """One step: lapse what is due, hear people's and carriers' answers, chase silent drivers, sweep, plan, send,
        learn. Idempotent: what was done is not done again. While the field's reports are behind, nothing is planned or
        carried out, and nobody is chased for a word that may be among them."""
        with self._reckoning:
            self._work.forecaster.refresh(self.store, self.clock)
            with self.store.write() as uow:
                uow.lock_state()  # people change cases too
                now = self.clock.now()
                self._work.gate.refresh(uow, now)
                ask_about_missed(uow, now, self._watching_since)
                lapsed = lapse_due(uow, now)
                wake_due(uow, now)
                escalate_due(uow, self.settings.escalation, now)
                waits = self._feed.must_wait(uow, now)
            worked = _Worked() if waits else self._work_on()
            sent = relay_due(self._work, self._channels, self.settings.lease_s)
            self._runs.forget_closed(self.clock.now())
            self._learning.run_due(self.clock.now())
        return TickReport(worked.planned, worked.resumed, lapsed, sent, worked.failed, worked.faults)

    def _work_on(self) -> _Worked:
        """What rests on how the field stands."""
        resumed, failed = self._resume_answered()
        failed += settle_tenders(self._work)
        failed += chase_silent(self._work)
        began = self.clock.now()
        swept = self._sweeper.sweep_due(began)
        planned = 0
        for case_id in swept.due:
            if self._is_deaf_since(began):
                break  # they are due in the next step as well
            planned += 1
            failed += [] if self._plan(case_id) else [case_id]
        return _Worked(planned, resumed, tuple(failed), swept.faults)

    def _is_deaf_since(self, began: datetime) -> bool:
        with self.store.read() as uow:
            return heard_nothing_since(uow, began, self.clock.now())

    def answer(
        self,
        case_id: CaseId,
        interrupt_id: InterruptId,
        verdict: str,
        by: str,
        reason: OverrideReason | None = None,
        note: str = "",
        role: str = "dispatcher",
        on_behalf_of: str | None = None,
        shown_at: datetime | None = None,
        seen_ms: int | None = None,
    ) -> Case:
        """A person's answer to an open question (see ``answer_question`` for what may go wrong).

        The answer is on record when this returns; the next tick carries it out.
        """
        hand = Hand(by, role, on_behalf_of, shown_at, seen_ms, note)
        with self.store.write() as uow:
            self._work.gate.refresh(uow, self.clock.now())
            case = answer_question(uow, self._work.gate, case_id, interrupt_id, verdict, reason, hand, self.clock.now())
        self.bell.ring()
        return case

    @property
    def detector_faults(self) -> tuple[Fault, ...]:
        """Detectors that failed when their hubs were last looked at: what they look for, nobody sees."""
        return self._sweeper.faults

    @property
    def waiting_for_reports_since(self) -> datetime | None:
        """Since when nothing is planned because the field's reports are behind; None while they are not."""
        return self._feed.waiting_since

    def send_through(self, channels: Mapping[Channel, EffectChannel]) -> None:
        """Hand effects to these channels from the next step on."""
        self._channels = channels

    def recover(self) -> list[CaseId]:
        """After a start, or on becoming the leader: re-open every case whose run was cut off, or whose pause the
        checkpoints no longer know, or keep in the form of another version of the graph.

        A question that is withdrawn this way is asked again, about a fresh plan; nothing it asked about has happened.
        Veto windows that ran out before now are not taken for consent.
        """
        self._watching_since = self.clock.now()
        with self.store.write() as uow:
            cut_off = uow.cases.list(statuses=[CaseStatus.EXECUTING, CaseStatus.PROPOSED])
            lost = [question for question in uow.approvals.list_open() if not self._runs.is_paused(question.case_id)]
            for question in lost:
                uow.approvals.answer(
                    question.case_id, question.interrupt_id, Verdict.STALE, self.clock.now(), "system:recovery"
                )
                uow.approvals.mark_resumed(question.case_id, question.interrupt_id)
                self._runs.forget(question.case_id)
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
            if self._is_decided(question) or self._hear(question, question.verdict):
                with self.store.write() as uow:
                    uow.approvals.mark_resumed(question.case_id, question.interrupt_id)
            else:
                failed.append(question.case_id)
        return len(answered), failed

    def _is_decided(self, question: Approval) -> bool:
        """Whether the answer was carried out just before a process ended, and only its checkpoint is missing."""
        with self.store.read() as uow:
            decisions = uow.decisions.list_for_case(question.case_id)
        return any(decision.plan_rev == question.plan_rev for decision in decisions)

    def _hear(self, question: Approval, verdict: Verdict) -> bool:
        """Let the case's run go on from its pause; a person's own version is a run of its own, from the beginning."""
        given = _run_of(question) if verdict is Verdict.EDITED else self._runs.answered(question)
        return self._run(question.case_id, given)

    def _plan(self, case_id: CaseId) -> bool:
        return self._run(case_id, CaseRun(schema_version=GRAPH_VERSION, case_id=case_id, attempts=0, answer=None))

    def _run(self, case_id: CaseId, given: CaseRun | Command[str] | None) -> bool:
        """Run or resume one case's graph. A case that fails is logged and reported, and does not stop the others."""
        try:
            self._runs.go(case_id, given)
        except Conflict as error:
            logger.warning("case %s: %s; it is looked at again", case_id, error)
            return False
        except Exception:
            logger.exception("case %s: its run failed; it is looked at again", case_id)
            return False
        return True


def _run_of(question: Approval) -> CaseRun:
    """The run that carries out a person's own version of a plan."""
    return CaseRun(
        schema_version=GRAPH_VERSION,
        case_id=question.case_id,
        plan_rev=question.plan_rev,
        attempts=0,
        answer=Verdict.EDITED.value,
        outcome="",
    )
