"""Confirming for a driver: a person who has reached him says that he has read his newest plan.

It reports a fact and starts nothing, so switches do not stop it.
"""

from datetime import datetime

from agent.acknowledgements import CONFIRMED, DRIVEN
from agent.people.hand import Hand
from agent.policy_in_force import PoliciesInForce
from forestall.domain.ids import RouteId
from forestall.domain.routes import Route
from forestall.errors import Conflict, Forbidden
from forestall.intake.confirming import confirm_plan
from forestall.store import UnitOfWork


def confirm_route(
    uow: UnitOfWork, gate: PoliciesInForce, route_id: RouteId, plan_version: int, hand: Hand, now: datetime
) -> Route:
    """Note that the driver of the route knows that version of his plan: as if he had said so himself, and on record.

    Raises:
        NotFound, Forbidden, BadInput (how long they looked), or Conflict with the present state: there is a newer
        version, this one is confirmed already, or nobody drives the route any more.
    """
    uow.lock_state()  # no plan may come between what is read here and what is written
    route = uow.state.get_route(route_id)
    if not gate.may(hand.by, hand.role, "confirm", route.hub_id, kind="Route"):
        raise Forbidden(f"the role {hand.role!r} may not confirm plans for drivers")
    _check_waits(route, plan_version)
    waiting = uow.instructions.list_unconfirmed(route_id)
    told_at = waiting[-1].told_at if waiting else uow.state.get_hub(route.hub_id, route.day).opens_at
    look = hand.look(told_at, now)
    confirmed = confirm_plan(uow, route, plan_version, now)
    uow.state.touch_hub(route.hub_id)
    body = {
        "route_id": route.id,
        "hub_id": route.hub_id,
        "plan_version": plan_version,
        "confirmed_before": route.acknowledged_version,
        "driver_id": route.driver_id,
        "case_ids": sorted({instruction.case_id for instruction in waiting}),
        **hand.as_record(look),
    }
    uow.audit.append(now, CONFIRMED, route.id, body)
    return confirmed


def can_be_confirmed(route: Route) -> bool:
    """Whether its newest plan waits for the word of somebody who drives it."""
    return route.acknowledged_version < route.plan_version and route.status in DRIVEN


def _check_waits(route: Route, plan_version: int) -> None:
    state = {
        "route_id": route.id,
        "status": route.status.value,
        "plan_version": route.plan_version,
        "acknowledged_version": route.acknowledged_version,
    }
    if plan_version != route.plan_version:
        raise Conflict(f"the newest plan of {route.id} is version {route.plan_version}, not {plan_version}", **state)
    if plan_version <= route.acknowledged_version:
        raise Conflict(f"version {plan_version} of the plan of {route.id} is confirmed already", **state)
    if route.status not in DRIVEN:
        raise Conflict(f"nobody drives {route.id} any more", **state)
