"""The telephone and the dock of an operations room: how a decision reaches drivers and customers."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from evals.arms.board import Board, Round
from forestall.domain.ids import OrderId, PackageId, RouteId, StopId
from forestall.domain.routes import Stop
from forestall.domain.vocabulary import ActionKind
from tools.rendering import driver_payload

TEXT_FROM, TEXT_UNTIL = 8, 20  # local hours between which customers may be texted


@dataclass(slots=True)
class Desk:
    """``tell_driver`` takes the payload of a driver effect, ``text`` a template and the payload of a text message."""

    board: Board
    tell_driver: Callable[[Mapping[str, Any]], None]
    text: Callable[[str, Mapping[str, Any]], None]
    done: Counter[ActionKind] = field(default_factory=Counter)
    _changed: dict[RouteId, Round] = field(default_factory=dict)
    _texted: set[StopId] = field(default_factory=set)
    _packages: dict[OrderId, list[PackageId]] = field(default_factory=dict)
    _size: dict[PackageId, Mapping[str, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for package in self.board.plan.packages:
            self._packages.setdefault(package.order_id, []).append(package.id)
            self._size[package.id] = package.size

    def give(self, one: Round, stops: Sequence[Stop], now: float) -> None:
        """A driver is to have this list; it goes out with ``send``."""
        one.ahead = list(stops)
        if one.is_at_hub and one.called_at is None:
            one.called_at = now
        self._changed[one.route.id] = one

    def send(self) -> None:
        """Send every driver whose list has changed his new one."""
        for one in self._changed.values():
            one.plan_version += 1
            self.tell_driver(driver_payload(replace(one.route, plan_version=one.plan_version), one.ahead))
        self._changed.clear()

    def tell_late(self, stop: Stop, now: float) -> None:
        """Tell the customer, once, that the delivery will be late; not at night, and not who can't be texted."""
        if stop.order_id is None or stop.id in self._texted or not self._may_text(stop.order_id, now):
            return
        self._texted.add(stop.id)
        self.done[ActionKind.NOTIFY_ETA] += 1
        self.text("eta_update", {"order_id": stop.order_id, "stop_id": stop.id})

    def _may_text(self, order_id: OrderId, now: float) -> bool:
        plan = self.board.plan
        order = next(order for order in plan.orders if order.id == order_id)
        contact = next((contact for contact in plan.contacts if contact.id == order.contact_id), None)
        hub = next(hub for hub in plan.hubs if hub.id == order.hub_id)
        local = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(hub.time_zone))
        is_day = TEXT_FROM <= local.hour < TEXT_UNTIL
        return is_day and contact is not None and contact.accepts_sms and contact.phone is not None

    # what fits and what may go where

    def packages_of(self, stops: Iterable[Stop]) -> list[PackageId]:
        return [package for stop in stops if stop.order_id for package in self._packages.get(stop.order_id, [])]

    def is_to_be_fetched(self, one: Round, stop: Stop) -> bool:
        """Whether its goods are in a broken van still, which he is to visit first."""
        fetched = {package for other in one.ahead for package in other.package_ids}
        return not fetched.isdisjoint(self.packages_of([stop]))

    def has_room(self, one: Round, more: Iterable[Stop]) -> bool:
        """Whether all of it fits at once: what he has to deliver still or could not deliver, and these."""
        bound = [one.bound] if one.bound is not None else []
        load: Counter[str] = Counter()
        for package in {*self.packages_of([*bound, *one.ahead, *one.taking_back, *more])}:
            load.update(self._size[package])
        return all(load[dimension] <= limit for dimension, limit in one.vehicle.capacity.items())

    def may_take(self, one: Round, stop: Stop) -> bool:
        """Whether the vehicle has what the stop asks for, and is one that this room can send there unasked."""
        if one.vehicle.lacks(stop.skills):
            return False
        home = self.board.rounds[stop.route_id]
        carrier = next(carrier for carrier in self.board.plan.carriers if carrier.id == one.vehicle.carrier_id)
        is_own = one.vehicle.carrier_id == home.vehicle.carrier_id
        return carrier.active and (is_own or carrier.answers_within_s is None)
