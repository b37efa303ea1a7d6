"""Pins: a person says that a stop stays with its vehicle, and that nothing new gets in front of it."""

from dataclasses import replace
from datetime import datetime

from agent.people.hand import Hand
from agent.policy_in_force import PoliciesInForce
from forestall.domain.ids import StopId
from forestall.domain.routes import Stop
from forestall.domain.vocabulary import RouteStatus
from forestall.errors import Conflict, Forbidden
from forestall.store import UnitOfWork


def set_pin(uow: UnitOfWork, gate: PoliciesInForce, stop_id: StopId, pinned: bool, hand: Hand, now: datetime) -> Stop:
    """Pin or unpin an open stop. Its route gets a new version, so that plans made before are held against it.

    Raises:
        NotFound, Forbidden, BadInput (how long they looked), or Conflict: the stop is done, stands so already, or is
        aboard a broken vehicle.
    """
    stop = uow.state.get_stop(stop_id)
    route = uow.state.get_route(stop.route_id)
    action = "pin" if pinned else "unpin"
    if not gate.may(hand.by, hand.role, action, route.hub_id, kind="Stop"):
        raise Forbidden(f"the role {hand.role!r} may not {action} stops")
    look = hand.look(uow.state.get_hub(route.hub_id, route.day).opens_at, now)
    state = {"stop_id": stop.id, "route_id": route.id, "status": stop.status.value, "pinned": stop.pinned}
    if not stop.status.is_open:
        raise Conflict(f"stop {stop_id} is done with", **state)
    if pinned and route.status is RouteStatus.BROKEN:
        raise Conflict("its vehicle has broken down, where no pin holds; edit the plan and leave it out", **state)
    if stop.pinned is pinned:
        raise Conflict(f"stop {stop_id} is {'pinned' if pinned else 'not pinned'} already", **state)
    changed = replace(stop, pinned=pinned)
    uow.state.save_route(replace(route, version=route.version + 1), expected_version=route.version)
    uow.state.save_stop(changed)
    uow.state.touch_hub(route.hub_id)
    body = {"stop_id": stop.id, "route_id": route.id, "hub_id": route.hub_id, **hand.as_record(look)}
    uow.audit.append(now, f"stop.{action}", stop.id, body)
    return changed
