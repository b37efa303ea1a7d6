"""The runs of cases. Their checkpoints are a cache that may be thrown away: rows hold all that they are made of."""

from datetime import datetime, timedelta
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.types import Command

from agent.graph import CaseGraph
from agent.run import GRAPH_VERSION, MAX_PLAN_ATTEMPTS, CaseRun, RunContext, Workplace
from forestall.domain.decisions import Approval
from forestall.domain.ids import CaseId

# Which closed cases' checkpoints are gone, as an instant: the key of the installation's fact.
_FORGOTTEN_UNTIL = "runs_forgotten_until"
# A case that closed a moment before it was read may be committed a moment after.
_OVERLAP = timedelta(minutes=1)


class CaseRuns:
    """Starts, resumes and forgets the graph's runs, one thread of checkpoints for each case."""

    def __init__(self, work: Workplace, graph: CaseGraph, checkpoints: BaseCheckpointSaver[Any]) -> None:
        self._work, self._graph, self._checkpoints = work, graph, checkpoints

    def go(self, case_id: CaseId, given: CaseRun | Command[str] | None) -> None:
        """Run a case's graph until it ends or waits; what a person is to answer is on disk before it waits."""
        self._graph.invoke(given, _thread(case_id), context=RunContext(self._work), durability="sync")

    def is_paused(self, case_id: CaseId) -> bool:
        """Whether the case's run waits for an answer, in the form of this version of the graph."""
        state = self._graph.get_state(_thread(case_id))
        return bool(state.interrupts) and state.values.get("schema_version") == GRAPH_VERSION

    def answered(self, question: Approval) -> Command[str] | None:
        """What to go on with now that ``question`` has its answer.

        A run that was cut off after its pause goes on from its checkpoint, the answer being in its state. One that the
        checkpoints have lost, or keep in another version's form, is made again from the question's row.
        """
        assert question.verdict is not None
        if self.is_paused(question.case_id):
            return Command(resume=question.verdict.value)
        state = self._graph.get_state(_thread(question.case_id))
        if state.values.get("schema_version") != GRAPH_VERSION or state.values.get("plan_rev") != question.plan_rev:
            self._make_again(question)
        return None

    def forget(self, case_id: CaseId) -> None:
        """Delete a case's checkpoints."""
        self._checkpoints.delete_thread(case_id)

    def forget_closed(self, now: datetime) -> int:
        """Delete the checkpoints of every case that was closed since the last time, in whichever way; how many."""
        with self._work.store.read() as uow:
            kept = uow.meta.get(_FORGOTTEN_UNTIL)
            since = datetime.fromisoformat(kept) if kept is not None else None
            closed = uow.cases.list_closed_since(None if since is None else since - _OVERLAP)
        for case_id in closed:
            self.forget(case_id)
        if closed and (since is None or now > since):
            with self._work.store.write() as uow:
                uow.meta.put(_FORGOTTEN_UNTIL, now.isoformat())
        return len(closed)

    def _make_again(self, question: Approval) -> None:
        assert question.verdict is not None
        self.forget(question.case_id)
        state = CaseRun(
            schema_version=GRAPH_VERSION,
            case_id=question.case_id,
            plan_rev=question.plan_rev,
            attempts=MAX_PLAN_ATTEMPTS - 1,
            answer=question.verdict.value,
            outcome="",
        )
        self._graph.update_state(_thread(question.case_id), state, as_node="wait")


def _thread(case_id: CaseId) -> RunnableConfig:
    return {"configurable": {"thread_id": case_id}}
