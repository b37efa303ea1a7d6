"""What is odd in a plan that may still be driven: told with the receipt, never a reason to refuse it."""

from collections.abc import Iterator

from forestall.domain.plan import DayPlan
from forestall.errors import Problem
from forestall.intake.checks import Finding, loads
from forestall.intake.draft import Draft
from forestall.intake.problems import MAX_PROBLEMS, dotted


def advise(plan: DayPlan) -> tuple[Problem, ...]:
    """Everything odd in ``plan``, at most MAX_PROBLEMS of them."""
    draft = Draft.of(plan)
    rules = (_overloaded, _unplanned, _without_goods, _from_another_hub, _off_the_matrix)
    findings = [finding for rule in rules for finding in rule(draft)]
    return tuple(Problem(dotted(f.path), f.message, f.remedy) for f in findings[:MAX_PROBLEMS])


def _overloaded(draft: Draft) -> Iterator[Finding]:
    vehicles = {vehicle.id: vehicle for vehicle in draft.vehicles.values()}
    loaded = loads(draft)
    for index, route in draft.routes.items():
        capacity = vehicles[route.vehicle_id].capacity
        for dimension, load in sorted(loaded.get(route.id, {}).items()):
            if load > capacity.get(dimension, load):
                message = f"{load:g} {dimension} on vehicle {route.vehicle_id}, which takes {capacity[dimension]:g}"
                yield Finding(("routes", index), message, "move stops to another route, or correct the capacity")


def _unplanned(draft: Draft) -> Iterator[Finding]:
    planned = {stop.order_id for stop in draft.stops.values()}
    for index, order in draft.orders.items():
        if order.id not in planned:
            yield Finding(("orders", index), f"no stop delivers order {order.id}", "add a stop for it")


def _without_goods(draft: Draft) -> Iterator[Finding]:
    packed = {package.order_id for package in draft.packages.values()}
    for index, order in draft.orders.items():
        if order.id not in packed:
            yield Finding(("orders", index), f"order {order.id} has no package", "list its packages")


def _from_another_hub(draft: Draft) -> Iterator[Finding]:
    route_hub = {route.id: route.hub_id for route in draft.routes.values()}
    order_hub = {order.id: order.hub_id for order in draft.orders.values()}
    for index, stop in draft.stops.items():
        if stop.order_id is not None and order_hub[stop.order_id] != route_hub[stop.route_id]:
            message = f"the goods are at hub {order_hub[stop.order_id]}, the route leaves {route_hub[stop.route_id]}"
            yield Finding(("stops", index, "order_id"), message, "move the goods, or plan it from their hub")


def _off_the_matrix(draft: Draft) -> Iterator[Finding]:
    if draft.matrix is None:
        return
    known = set(draft.matrix.location_ids)
    places = [(("hubs", i, "location"), hub.location) for i, hub in draft.hubs.items()]
    places += [(("stops", i, "location"), stop.location) for i, stop in draft.stops.items()]
    for path, location in places:
        if location.id not in known:
            message = f"location {location.id} is not in the travel matrix; its times are estimated"
            yield Finding(path, message, "add its row and column to the matrix")
