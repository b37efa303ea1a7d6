"""Recheck, from outside, of every message that the service sends: what it may ask of drivers and customers.

Written apart from the service's own rules on purpose, and judged by the truth of the field, not by the service's
picture of it.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time
from math import inf
from typing import Any
from zoneinfo import ZoneInfo

from evals.errands import Errand, Instruction
from evals.goods import Goods
from evals.ledger import Ledger
from evals.roads import Place
from evals.van import Phase, Van
from forestall.domain.ids import OrderId, PackageId, RouteId, StopId, VehicleId
from forestall.domain.plan import DayPlan
from forestall.domain.vocabulary import HolderKind, StopKind

TEXTS_PER_STOP = 2  # a day, proactive ones
TEXTS_FROM, TEXTS_UNTIL = time(8), time(20)  # local time of the hub
ROUNDING = 1e-6


class Inspector:
    """Notes a breach in the ledger for each broken rule; it never stops anything."""

    def __init__(
        self,
        plan: DayPlan,
        vans: Mapping[RouteId, Van],
        goods: Goods,
        stranded: Mapping[VehicleId, Place],
        ledger: Ledger,
    ) -> None:
        self._vans, self._goods, self._stranded, self._ledger = vans, goods, stranded, ledger
        self._skills = {stop.id: stop.skills for stop in plan.stops}
        self._home_route = {stop.id: stop.route_id for stop in plan.stops}
        self._active = {carrier.id: carrier.active for carrier in plan.carriers}
        zones = {hub.id: ZoneInfo(hub.time_zone) for hub in plan.hubs}
        self._zones = {order.id: zones[order.hub_id] for order in plan.orders}
        self._texts: Counter[StopId] = Counter()
        self._told: list[float] = []

    def check_text(self, payload: Mapping[str, Any], now: float) -> None:
        stop_id = StopId(payload["stop_id"])
        self._texts[stop_id] += 1
        if self._texts[stop_id] > TEXTS_PER_STOP:
            self._ledger.breach("text-cap", now, stop_id, f"text number {self._texts[stop_id]} of the day")
        local = datetime.fromtimestamp(now, UTC).astimezone(self._zones[OrderId(payload["order_id"])]).time()
        if not TEXTS_FROM <= local <= TEXTS_UNTIL:
            self._ledger.breach("quiet-hours", now, stop_id, f"sent at {local:%H:%M}")

    def note_told(self, now: float) -> None:
        """All that had happened when this was called is known to the service at ``now``."""
        self._told.append(now)

    def check_instruction(self, van: Van, instruction: Instruction, now: float, sent_at: float) -> None:
        """``sent_at``: the service is held to what it had been told by then; what crossed its message is counted."""
        if van.phase in (Phase.HOME, Phase.BROKEN) and instruction.errands:
            self._note("out-of-service", [van], sent_at, van.route.id, f"vehicle is {van.phase}")
        ahead = [errand for errand in instruction.errands if not self._ledger.is_visited(errand.stop_id)]
        fetched: set[PackageId] = set()
        if van.current is not None and van.current.kind is StopKind.TRANSFER:
            fetched.update(van.current.package_ids)  # on the way to the hand-over, which the list no longer names
        for errand in ahead:
            if errand.kind is StopKind.TRANSFER:
                self._check_transfer(errand, now)
                fetched.update(errand.package_ids)
            else:
                self._check_delivery(van, errand, fetched, sent_at)
        self._check_capacity(van, ahead, sent_at)

    def _check_transfer(self, errand: Errand, now: float) -> None:
        if errand.transfer_from not in self._stranded:
            self._ledger.breach("custody", now, errand.stop_id, f"{errand.transfer_from} is not standing anywhere")

    def _check_delivery(self, van: Van, errand: Errand, fetched: set[PackageId], sent_at: float) -> None:
        stop_id = errand.stop_id
        if van.vehicle.lacks(self._skills.get(stop_id, frozenset())):
            self._note("skills", [], sent_at, stop_id, f"{van.vehicle.id} lacks what it takes")
        if self._home_route.get(stop_id) != van.route.id and not self._active[van.vehicle.carrier_id]:
            self._note("carrier-inactive", [], sent_at, stop_id, van.vehicle.carrier_id)
        for other in self._vans.values():
            if other is not van and _is_committed_to(other, stop_id):
                self._note("committed", [van, other], sent_at, stop_id, f"{other.vehicle.id} is on the way to it")
        assert errand.order_id is not None
        for package_id in self._goods.packages_of(errand.order_id):
            if not self._can_have(van, package_id, fetched):
                kind, holder_id = self._goods.holder_of(package_id)
                holders = [other for other in self._vans.values() if other.vehicle.id == holder_id]
                detail = f"{van.vehicle.id} can't have {package_id}, which {kind} {holder_id} holds"
                self._note("custody", [van, *holders], sent_at, stop_id, detail)

    def _note(self, rule: str, involved: Sequence[Van], sent_at: float, subject: str, detail: str) -> None:
        """A breach, unless the service could not know yet what one of the vehicles involved had just done."""
        if any(self._known_at(van.changed_at) > sent_at for van in involved):
            self._ledger.crossed += 1
        else:
            self._ledger.breach(rule, sent_at, subject, detail)

    def _known_at(self, instant: float) -> float:
        """When the service was told of what happened at ``instant``; a world that tells nobody hides nothing."""
        if not self._told:
            return instant
        place = bisect_left(self._told, instant)
        return self._told[place] if place < len(self._told) else inf

    def _can_have(self, van: Van, package_id: PackageId, fetched: set[PackageId]) -> bool:
        """Aboard, still to be loaded at the van's own hub (or shuttled there), or to be fetched earlier on the list."""
        kind, holder_id = self._goods.holder_of(package_id)
        if kind is HolderKind.VEHICLE:
            rescued = package_id in fetched and holder_id in self._stranded
            return holder_id == van.vehicle.id or rescued
        if kind is HolderKind.HUB and van.phase is Phase.AT_HUB:
            return holder_id == van.route.hub_id or self._goods.link_s(package_id, van.route.hub_id) is not None
        return False

    def _check_capacity(self, van: Van, ahead: Sequence[Errand], sent_at: float) -> None:
        """The load at every point of the list, from what is aboard now."""
        load = Counter(self._goods.load_of(self._goods.list_aboard(van.vehicle.id)))
        if van.phase is Phase.AT_HUB:
            load.update(self._goods.load_of(self._at_hubs(ahead)))
        peak = Counter(load)
        for errand in [*([van.current] if van.current else []), *ahead]:
            if errand.kind is StopKind.TRANSFER:
                load.update(self._goods.load_of(errand.package_ids))
            elif errand.order_id is not None:
                load.subtract(self._goods.load_of(self._goods.packages_of(errand.order_id)))
            peak |= load
        for dimension, limit in van.vehicle.capacity.items():
            if peak[dimension] > limit + ROUNDING:
                detail = f"{peak[dimension]:g} of {limit:g} {dimension}"
                self._note("capacity", [van], sent_at, van.route.id, detail)

    def _at_hubs(self, errands: Sequence[Errand]) -> list[PackageId]:
        orders = [errand.order_id for errand in errands if errand.order_id is not None]
        wanted = [package for order in orders for package in self._goods.packages_of(order)]
        return [package for package in wanted if self._goods.holder_of(package)[0] is HolderKind.HUB]


def _is_committed_to(van: Van, stop_id: StopId) -> bool:
    return van.current is not None and van.current.stop_id == stop_id and van.phase is not Phase.BROKEN
