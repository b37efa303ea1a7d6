"""Joint planning: what one cause does to many routes is answered by one plan for all of them, judged as one.

Each tool's candidates mend a route or a few. Of those that touch none of the same routes, and take none of the same
room, the best go together into one candidate: a hub in a storm is asked about once, and the forecast judges what
everything together does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from agent.planner.rules import RulePlanner
from agent.room import limited_gains
from forestall.domain.actions import Candidate, Judgement
from forestall.domain.ids import CandidateId, CarrierId, RouteId
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import Tool
from tools.situation import Situation, identified


def joint_plan(
    situation: Situation,
    candidates: Sequence[Candidate],
    judgements: Mapping[CandidateId, Judgement],
    planner: RulePlanner,
) -> Candidate | None:
    """The candidates that go together, best first, as one; None for a case of one route, or where only one is any good.

    Each part gains something by itself, though not necessarily the margin: that is asked of the whole.
    """
    if len(situation.case.route_ids) < 2:
        return None
    worth = {c.id: planner.net_gain(c, judgements[c.id]) for c in candidates if c.id in judgements and _may_join(c)}
    parts: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda c: (-worth.get(c.id, 0.0), c.id)):
        if worth.get(candidate.id, 0.0) > 0.0 and _goes_with(candidate, parts, situation.snapshot):
            parts.append(candidate)
    return _as_one(parts) if len(parts) > 1 else None


def _may_join(candidate: Candidate) -> bool:
    """What waits for a carrier's word, or takes goods to another hub, is a plan of its own."""
    return bool(candidate.route_changes) and candidate.tender is None and not candidate.package_moves


def _goes_with(candidate: Candidate, parts: Sequence[Candidate], snapshot: HubSnapshot) -> bool:
    """Whether it reads and changes no route of the parts', and gives no carrier stops that they give it too."""
    routes, carriers = _routes(candidate), _takers(candidate, snapshot)
    return all(routes.isdisjoint(_routes(part)) and carriers.isdisjoint(_takers(part, snapshot)) for part in parts)


def _routes(candidate: Candidate) -> set[RouteId]:
    return {*candidate.read_set, *(change.route_id for change in candidate.route_changes)}


def _takers(candidate: Candidate, snapshot: HubSnapshot) -> set[CarrierId]:
    """The carriers with limited room that would get stops."""
    return set(limited_gains(candidate, snapshot))


def _as_one(parts: Sequence[Candidate]) -> Candidate:
    tools = {part.tool for part in parts}
    return identified(
        replace(
            parts[0],
            id=CandidateId(""),
            tool=tools.pop() if len(tools) == 1 else Tool.REASSIGN,
            actions=tuple(action for part in parts for action in part.actions),
            route_changes=tuple(change for part in parts for change in part.route_changes),
            read_set={route_id: version for part in parts for route_id, version in part.read_set.items()},
            cost_cents=sum(part.cost_cents for part in parts),
            solver={"name": "joint", "parts": [dict(part.solver) for part in parts]},
        )
    )
