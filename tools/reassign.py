"""reassign: stops to another vehicle, from the hub's floor before departure, or from a broken van by a rescue."""

from forestall.domain.ids import RouteId
from forestall.domain.vocabulary import RouteStatus, Tool
from optimizer.repair import Repairs
from tools.changes import candidate_of
from tools.situation import Offer, Situation, decline


def propose(situation: Situation) -> Offer:
    """Rescues for broken routes and relocations for routes not yet loaded; goods under way stay where they are."""
    answers = [answer for route_id in situation.case.route_ids if (answer := _answer(situation, route_id)) is not None]
    candidates = tuple(
        candidate_of(situation.snapshot, Tool.REASSIGN, plan) for answer in answers for plan in answer.plans
    )
    if candidates:
        return Offer(candidates)
    if not answers:
        return decline(Tool.REASSIGN, "reassign.goods_are_aboard", routes=list(situation.case.route_ids))
    return decline(Tool.REASSIGN, f"reassign.{answers[0].rule}", **answers[0].values)


def _answer(situation: Situation, route_id: RouteId) -> Repairs | None:
    status = situation.snapshot.routes[route_id].status
    if status is RouteStatus.BROKEN:
        return situation.repairer.rescue(situation.problem, route_id)
    if status is RouteStatus.PLANNED:
        at_risk = [stop_id for stop_id in situation.case.stop_ids if _is_on(situation, stop_id, route_id)]
        return situation.repairer.relocate(situation.problem, at_risk)
    return None


def _is_on(situation: Situation, stop_id: str, route_id: RouteId) -> bool:
    return any(stop.id == stop_id for stop in situation.snapshot.open_stops(route_id))
