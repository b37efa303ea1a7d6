"""What a driver has behind him today, as far as reports tell, and what the hours of service still allow."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from forestall.domain.network import HoursOfService
from forestall.domain.routes import Route
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import StopStatus
from optimizer.risk.heads import LegTimes, origin_of
from optimizer.risk.learning import driven_order

_NO_RULES = HoursOfService()


@dataclass(frozen=True, slots=True)
class Duty:
    """The rules (inf: none) in seconds, and how much is used up once the driver is through with the committed stop."""

    break_after_s: float
    break_s: float
    drive_limit_s: float
    duty_limit_s: float
    driven_s: float
    since_break_s: float
    began_at: datetime


def duty_of(snapshot: HubSnapshot, route: Route, leg_s: LegTimes) -> Duty:
    """The duty of a route's driver. Breaks are not reported: a standstill of a break's length between one visit and
    setting out for the next was one."""
    driver = snapshot.drivers.get(route.driver_id) if route.driver_id is not None else None
    rules = (driver.hours if driver else None) or _NO_RULES
    break_s = rules.break_s or 0.0
    driven_s, since_break_s = _driven_s(snapshot, route, leg_s, break_s)
    return Duty(
        break_after_s=_limit(rules.break_after_s),
        break_s=break_s,
        drive_limit_s=_limit(rules.max_drive_s),
        duty_limit_s=_limit(rules.max_duty_s),
        driven_s=driven_s,
        since_break_s=min(since_break_s, _limit(rules.break_after_s)),
        began_at=driver.shift_start if driver else route.departed_at or route.departs_at,
    )


def _limit(seconds: float | None) -> float:
    return np.inf if seconds is None else seconds


def _driven_s(snapshot: HubSnapshot, route: Route, leg_s: LegTimes, break_s: float) -> tuple[float, float]:
    """Seconds at the wheel up to the committed stop, and those of them since the last break."""
    driven_s, since_break_s, rests_since = 0.0, 0.0, None
    stops = driven_order(snapshot, route)
    for stop in stops:
        if stop.departed_at is None or stop.arrived_at is None:
            continue
        if rests_since is not None and 0.0 < break_s <= (stop.departed_at - rests_since).total_seconds():
            since_break_s = 0.0
        seconds = max((stop.arrived_at - stop.departed_at).total_seconds(), 0.0)
        driven_s, since_break_s, rests_since = driven_s + seconds, since_break_s + seconds, stop.finished_at
    bound_for = snapshot.committed_stop(route.id)
    if bound_for is None or bound_for.status is not StopStatus.ENROUTE:
        return driven_s, since_break_s
    set_out = bound_for.departed_at or route.departed_at or snapshot.taken_at
    if rests_since is not None and 0.0 < break_s <= (set_out - rests_since).total_seconds():
        since_break_s = 0.0
    hub = snapshot.hubs[route.hub_id].location
    usual_s = leg_s(route, origin_of(snapshot, route.id, hub), bound_for.location)
    seconds = max(usual_s, (snapshot.taken_at - set_out).total_seconds())
    return driven_s + seconds, since_break_s + seconds
