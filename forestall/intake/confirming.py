"""How a driver's word that he has read a plan takes effect: the one way, whoever brings it.

A driver's app says it as an event, a person who reached him says it for him, and his own deeds may say it too.
"""

from dataclasses import replace
from datetime import datetime

from forestall.domain.routes import Route
from forestall.store import UnitOfWork


def confirm_plan(uow: UnitOfWork, route: Route, plan_version: int, at: datetime) -> Route:
    """Note that the driver knows that version of his plan, and so all before it; returns the route.

    That changes no plan, so the route's version stays and no decision goes stale.
    """
    confirmed = replace(route, acknowledged_version=plan_version)
    uow.state.save_route(confirmed, route.version)
    uow.instructions.acknowledge(route.id, plan_version, at)
    return confirmed
