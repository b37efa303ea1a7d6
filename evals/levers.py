"""Levers: what can be done about a day before it begins, pulled for every arm alike and reported apart."""

import re
from dataclasses import dataclass, replace
from datetime import timedelta

from evals.replanning import with_slack
from forestall.domain.plan import DayPlan
from forestall.domain.routes import Route
from forestall.errors import BadInput, Problem

_EARLIER = re.compile(r"earlier:(\d{1,3})")
_MOST_MIN = 240


@dataclass(frozen=True, slots=True)
class Levers:
    """``earlier_min``: every route leaves so much earlier, if its hub and driver are there. ``slack_min``: the first
    plan is made again with so much room before every promise's end."""

    earlier_min: int = 0
    slack_min: int = 0

    def as_json(self) -> dict[str, int]:
        return {"depart_earlier_min": self.earlier_min, "slack_min": self.slack_min}


def read_levers(depart: str | None, slack_min: int) -> Levers:
    """``--depart earlier:15`` and ``--slack 15``. Raises BadInput for anything else."""
    found = _EARLIER.fullmatch(depart) if depart is not None else None
    problems = []
    if depart is not None and (found is None or int(found[1]) > _MOST_MIN):
        problems.append(Problem("--depart", f"is {depart!r}", f"write earlier:MINUTES, {_MOST_MIN} at most"))
    if not 0 <= slack_min <= _MOST_MIN:
        problems.append(Problem("--slack", f"is {slack_min}", f"give 0 to {_MOST_MIN} minutes"))
    if problems:
        raise BadInput("The levers can't be read.", problems)
    return Levers(int(found[1]) if found else 0, slack_min)


def apply_levers(plan: DayPlan, levers: Levers) -> DayPlan:
    """The plan with the levers pulled; its promises, goods and name stay, and so does the truth it meets."""
    if levers.slack_min:
        plan = with_slack(plan, levers.slack_min * 60)
    if levers.earlier_min:
        plan = _leaving_earlier(plan, timedelta(minutes=levers.earlier_min))
    return plan


def _leaving_earlier(plan: DayPlan, by: timedelta) -> DayPlan:
    """Nobody leaves before the hub has opened and the driver's shift has begun; spares go when they are called."""
    hubs, drivers = {hub.id: hub for hub in plan.hubs}, {driver.id: driver for driver in plan.drivers}

    def moved(route: Route) -> Route:
        driver = drivers.get(route.driver_id) if route.driver_id else None
        open_from = max(hubs[route.hub_id].opens_at, driver.shift_start) if driver else hubs[route.hub_id].opens_at
        # a route that is planned to leave before it all stays as it is
        return replace(route, departs_at=max(min(open_from, route.departs_at), route.departs_at - by))

    return replace(plan, routes=tuple(route if route.is_spare else moved(route) for route in plan.routes))
