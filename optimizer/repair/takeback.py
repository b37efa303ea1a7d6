"""Stops whose goods stayed where they were, because a hand-over failed or can't take place: they follow the goods."""

from collections.abc import Collection
from dataclasses import replace

from forestall.domain.handovers import list_misplaced
from forestall.domain.ids import RouteId, StopId
from forestall.domain.routes import Stop
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import StopKind
from optimizer.problem import NO_STOP, FleetProblem
from optimizer.repair.draft import LEAST_GAIN, Draft, Effort, finished_plan
from optimizer.repair.plan import Repairs

ENGINE = "take-back-1"


def take_back(problem: FleetProblem, route_id: RouteId, effort: Effort, seed: int) -> Repairs:
    """Put each misplaced stop of the route at its best place on the route whose vehicle has its goods.

    Free hand-overs of these goods are dropped with them. Goods in a broken vehicle are a rescue's business.
    """
    snapshot, base = problem.snapshot, problem
    stops = [problem.stop_index[stop.id] for stop in list_misplaced(snapshot, route_id)]
    homes = {stop: home for stop in stops if (home := _home(problem, stop)) is not None}
    if not homes:
        return Repairs(rule="nothing_to_move", values={"route": route_id, "stops": len(stops)})
    dropped = _moot(snapshot, {problem.stop_ids[stop] for stop in homes})
    problem = _with_goods_at_hand(problem, homes)
    draft = Draft(problem)
    touched = {problem.route_index[route_id], *homes.values(), *(problem.route_index[s.route_id] for s in dropped)}
    for r in touched:
        gone = {problem.stop_index[stop.id] for stop in dropped} | homes.keys()
        draft.sequences[r] = tuple(stop for stop in problem.sequences[r] if stop not in gone)
    placed = [stop for stop in homes if _place(draft, stop, homes[stop])]
    if len(placed) < len(homes):
        return Repairs(rule="no_receiver", values={"route": route_id, "stops": len(homes)})
    for r in sorted(set(homes.values())):
        draft.improve(r, effort.light, seed)
    engine = {"name": ENGINE, "seed": seed, "priced": draft.priced}
    plan = finished_plan(problem, base, draft.sequences, (), engine, tuple(stop.id for stop in dropped))
    if plan.gain < LEAST_GAIN:
        return Repairs(rule="no_gain", values={"route": route_id, "stops": len(homes)})
    return Repairs((plan,))


def _home(problem: FleetProblem, stop: int) -> int | None:
    """The route whose vehicle has all of the stop's goods and can still deliver them."""
    holder = problem.holders[stop]
    route = None if holder is None or problem.is_split[stop] else problem.snapshot.route_by_vehicle.get(holder)
    r = None if route is None else problem.route_index.get(route.id)
    return None if r is None or problem.stranded[r] or r == problem.route_of[stop] else r


def _moot(snapshot: HubSnapshot, stop_ids: set[StopId]) -> list[Stop]:
    """The free hand-overs at which these stops' goods, and no others, were to change hands."""
    orders = {snapshot.stops[stop_id].order_id for stop_id in stop_ids}
    goods = {package.id for order_id in orders if order_id for package in snapshot.packages_by_order[order_id]}
    return [
        stop
        for stop in snapshot.stops.values()
        if stop.kind is not StopKind.DELIVERY
        and stop.status.is_open
        and not stop.status.is_committed
        and set(stop.package_ids) <= goods
    ]


def _with_goods_at_hand(problem: FleetProblem, stops: Collection[int]) -> FleetProblem:
    """The problem in which these stops can be served, as who has their goods can, with no hand-over before."""
    opens_s, needs = problem.world.opens_s.copy(), problem.needs.copy()
    for stop in stops:
        opens_s[stop] = problem.seconds(problem.snapshot.opens_at(problem.snapshot.stops[problem.stop_ids[stop]]))
        needs[stop] = NO_STOP
    return replace(problem, world=problem.world._replace(opens_s=opens_s), needs=needs)


def _place(draft: Draft, stop: int, route: int) -> bool:
    """Put the stop at its best place on the route."""
    _, sequence = draft.insertion(route, stop)
    draft.sequences[route] = sequence or draft.sequence(route)
    return bool(sequence)
