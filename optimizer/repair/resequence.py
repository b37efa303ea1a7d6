"""A better order for one vehicle's own goods: the repair that custody always allows."""

from forestall.domain.ids import RouteId
from optimizer.problem import FleetProblem
from optimizer.repair.draft import LEAST_GAIN, Draft, Effort, finished_plan
from optimizer.repair.plan import Repairs

ENGINE = "resequence-1"


def resequence(problem: FleetProblem, route_id: RouteId, effort: Effort, seed: int) -> Repairs:
    """Search the order of the route's free stops by P(miss), lateness and travel; keep the old one unless beaten."""
    route = problem.route_index[route_id]
    old = problem.sequences[route]
    if len(old) < 2 or problem.stranded[route]:
        return Repairs(rule="nothing_to_move", values={"route": route_id, "free_stops": len(old)})
    draft = Draft(problem)
    draft.improve(route, effort, seed)
    engine = {
        "name": ENGINE,
        "seed": seed,
        "kicks": effort.kicks,
        "orders_limit": effort.orders,
        "priced": draft.priced,
    }
    plan = finished_plan(problem, problem, {route: draft.sequence(route)}, (), engine)
    if plan.gain < LEAST_GAIN:
        return Repairs(rule="no_gain", values={"route": route_id, "priced": draft.priced})
    return Repairs((plan,))
