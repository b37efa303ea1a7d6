"""The graph of one case: load > propose > forecast > plan > gate > (wait) > recheck > commit, or conclude."""

from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from agent.run import MAX_PLAN_ATTEMPTS, CaseRun, RunContext
from agent.steps import carry_out, consider, decide
from forestall.domain.vocabulary import Autonomy, Verdict

CaseGraph = CompiledStateGraph[CaseRun, RunContext, CaseRun, CaseRun]
_GO_AHEAD = frozenset({Verdict.APPROVED.value, Verdict.NOT_VETOED.value})


def build_graph(checkpointer: BaseCheckpointSaver[Any]) -> CaseGraph:
    """In SHADOW an allowed plan leads to ``conclude``: decided and recorded, never carried out."""
    graph = StateGraph(CaseRun, context_schema=RunContext)
    graph.add_node("load", consider.load)
    graph.add_node("propose", consider.propose)
    graph.add_node("forecast", consider.forecast)
    graph.add_node("plan", consider.plan)
    graph.add_node("gate", decide.gate)
    graph.add_node("wait", decide.wait)
    graph.add_node("recheck", carry_out.recheck)
    graph.add_node("commit", carry_out.commit)
    graph.add_node("conclude", carry_out.conclude)
    graph.add_conditional_edges(START, _begin, ["load", "recheck"])
    graph.add_edge("load", "propose")
    graph.add_edge("propose", "forecast")
    graph.add_edge("forecast", "plan")
    graph.add_edge("plan", "gate")
    graph.add_conditional_edges("gate", _after_gate, _TARGETS)
    graph.add_conditional_edges("wait", _after_wait, _TARGETS)
    graph.add_conditional_edges("recheck", _after_recheck, _TARGETS)
    graph.add_conditional_edges("commit", _after_commit, _TARGETS)
    graph.add_conditional_edges("conclude", _after_conclude, _TARGETS)
    return graph.compile(checkpointer=checkpointer)


_TARGETS = ["load", "wait", "recheck", "commit", "conclude", END]


def _begin(state: CaseRun) -> str:
    """A person's own version is a proposal already; everything else begins with a look at the state."""
    return "recheck" if state.get("answer") == Verdict.EDITED else "load"


def _after_gate(state: CaseRun) -> str:
    if state.get("outcome") == "unchanged":
        return END
    if state.get("chosen") is None or state.get("outcome") in {"held_out", decide.SHADOWED}:
        return "conclude"
    return "recheck" if state["autonomy"] == Autonomy.AUTO.value else "wait"


def _after_wait(state: CaseRun) -> str:
    return "recheck" if state.get("answer") in _GO_AHEAD else "conclude"


def _after_recheck(state: CaseRun) -> str:
    return "commit" if state["outcome"] == "ready" else "conclude"


def _after_commit(state: CaseRun) -> str:
    match state["outcome"]:
        case "committed":
            return END
        case "unchecked":
            return "recheck"
        case _:
            return "conclude"


def _after_conclude(state: CaseRun) -> str:
    """A plan that had gone stale is on record as such; look afresh, but not for ever."""
    went_stale = state["outcome"] == "set_aside"
    return "load" if went_stale and state["attempts"] < MAX_PLAN_ATTEMPTS else END
