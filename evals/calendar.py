"""The same day again on another date: what lets several days share one database, as a service's days do."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from forestall.domain.plan import DayPlan
from forestall.intake.plan import with_digest

# What a day owns; hubs, carriers, vehicles, drivers and contacts come back under their own names.
_OWNED = ("orders", "packages", "routes", "stops")
_NAMED_BY = {"id", "order_id", "route_id"}


def on_day(plan: DayPlan, number: int) -> DayPlan:
    """``plan`` as the day ``number`` days later: every instant moved, and its own orders, packages, routes and stops
    under names of that day (``d03-S001``), because such ids belong to one day for good."""
    mark, shift = f"d{number:02d}", timedelta(days=number)
    moved: DayPlan = _moved(replace(plan, day=f"{plan.day}-{mark}"), shift)
    owned = {name: tuple(_renamed(one, mark) for one in getattr(moved, name)) for name in _OWNED}
    routes = tuple(replace(route, day=moved.day) for route in owned["routes"])
    return with_digest(
        replace(moved, orders=owned["orders"], packages=owned["packages"], routes=routes, stops=owned["stops"])
    )


def _moved(value: Any, shift: timedelta) -> Any:
    """The value with every instant in it, however deep, that much later."""
    if isinstance(value, datetime):
        return value + shift
    if isinstance(value, tuple):
        return tuple(_moved(one, shift) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: _moved(getattr(value, f.name), shift) for f in fields(value)})
    return value


def _renamed(value: Any, mark: str) -> Any:
    news: Mapping[str, str] = {
        f.name: f"{mark}-{getattr(value, f.name)}"
        for f in fields(value)
        if f.name in _NAMED_BY and getattr(value, f.name) is not None
    }
    return replace(value, **news)
