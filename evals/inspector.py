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

from evals.carriers import Carriers
from evals.errands import Errand, Instruction
from evals.goods import Goods
from evals.ledger import Ledger
from evals.newcomers import Newcomer
from evals.roads import Place
from evals.van import Phase, Van
from forestall.domain.ids import CarrierId, OrderId, PackageId, RouteId, StopId, VehicleId
from forestall.domain.plan import DayPlan
from forestall.domain.vocabulary import HolderKind, StopKind

TEXTS_PER_STOP = 2  # a day, proactive ones
ANSWERS_PER_STOP = 2  # a day, to what the customer wrote
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
        carriers: Carriers,
        ledger: Ledger,
    ) -> None:
        self._vans, self._goods, self._stranded, self._ledger = vans, goods, stranded, ledger
        self._carriers = carriers
        vehicles = {vehicle.id: vehicle.carrier_id for vehicle in plan.vehicles}
        self._home_carrier = {route.id: vehicles[route.vehicle_id] for route in plan.routes}
        self._skills = {stop.id: stop.skills for stop in plan.stops}
        self._home_route = {stop.id: stop.route_id for stop in plan.stops}
        self._active = {carrier.id: carrier.active for carrier in plan.carriers}
        zones = {hub.id: ZoneInfo(hub.time_zone) for hub in plan.hubs}
        self._hub_zones = zones
        self._zones = {order.id: zones[order.hub_id] for order in plan.orders}
        self._contacts = {order.id: order.contact_id for order in plan.orders}
        self._texts: Counter[tuple[StopId, bool]] = Counter()
        self._told: list[float] = []
        self._promised: dict[tuple[VehicleId, VehicleId | None], StopId] = {}

    def welcome(self, newcomer: Newcomer) -> None:
        """An order that came during the day; its customer has the same rights."""
        self._zones[newcomer.order_id] = self._hub_zones[newcomer.hub_id]
        self._contacts[newcomer.order_id] = newcomer.contact_id

    def check_text(self, payload: Mapping[str, Any], now: float) -> None:
        stop_id, is_answer = StopId(payload["stop_id"]), bool(payload.get("in_reply"))
        self._texts[stop_id, is_answer] += 1
        number = self._texts[stop_id, is_answer]
        if number > (ANSWERS_PER_STOP if is_answer else TEXTS_PER_STOP):
            self._ledger.breach("text-cap", now, stop_id, f"text number {number} of the day")
        local = datetime.fromtimestamp(now, UTC).astimezone(self._zones[OrderId(payload["order_id"])]).time()
        if not TEXTS_FROM <= local <= TEXTS_UNTIL:
            self._ledger.breach("quiet-hours", now, stop_id, f"sent at {local:%H:%M}")
        self._check_wanted(OrderId(payload["order_id"]), stop_id, now)

    def _check_wanted(self, order_id: OrderId, stop_id: StopId, now: float) -> None:
        """Whoever has answered STOP gets no more texts; one that was on its way already is counted."""
        contact_id = self._contacts.get(order_id)
        opted_out_at = self._ledger.opted_out.get(contact_id) if contact_id is not None else None
        if opted_out_at is None:
            return
        if self._known_at(opted_out_at) < now:
            self._ledger.breach("opted-out", now, stop_id, f"{contact_id} has answered STOP")
        else:
            self._ledger.crossed += 1

    def note_told(self, now: float) -> None:
        """All that had happened when this was called is known to the service at ``now``."""
        self._told.append(now)

    def check_instruction(self, van: Van, instruction: Instruction, sent_at: float) -> None:
        """``sent_at``: the service is held to what it had been told by then; what crossed its message is counted."""
        if van.phase in (Phase.HOME, Phase.BROKEN) and instruction.errands:
            self._note("out-of-service", [van], sent_at, van.route.id, f"vehicle is {van.phase}")
        ahead = [errand for errand in instruction.errands if not self._ledger.is_visited(errand.stop_id)]
        fetched: set[PackageId] = set()
        if van.current is not None and van.current.kind is StopKind.TRANSFER:
            fetched.update(van.current.package_ids)  # on the way to the hand-over, which the list no longer names
        for errand in ahead:
            match errand.kind:
                case StopKind.TRANSFER:
                    self._check_transfer(van, errand, sent_at)
                    fetched.update(errand.package_ids)
                case StopKind.HAND_OVER:
                    self._check_hand_over(van, errand, sent_at)
                case StopKind.DELIVERY:
                    self._check_delivery(van, errand, fetched, sent_at)
        self._check_capacity(van, ahead, sent_at)

    def _check_transfer(self, van: Van, errand: Errand, sent_at: float) -> None:
        """The giver stands broken; or it has the goods and is told as well, which ``check_promises`` looks after."""
        giver = next((other for other in self._vans.values() if other.vehicle.id == errand.transfer_from), None)
        if giver is None:
            self._ledger.breach("custody", sent_at, errand.stop_id, f"there is no vehicle {errand.transfer_from}")
        elif giver.vehicle.id not in self._stranded:
            self._check_held(giver, errand, [van, giver], sent_at)
            if not _is_handing_over_to(giver, van.vehicle.id):
                self._promised[giver.vehicle.id, van.vehicle.id] = errand.stop_id

    def _check_hand_over(self, van: Van, errand: Errand, sent_at: float) -> None:
        self._check_held(van, errand, [van], sent_at)
        self._promised.pop((van.vehicle.id, errand.transfer_to), None)

    def _check_held(self, giver: Van, errand: Errand, involved: Sequence[Van], sent_at: float) -> None:
        """Whoever is to give packages away has them."""
        for package_id in errand.package_ids:
            if not self._goods.is_aboard(package_id, giver.vehicle.id):
                self._note("custody", involved, sent_at, errand.stop_id, f"{giver.vehicle.id} has no {package_id}")

    def check_promises(self, now: float) -> None:
        """Everything that was sent so far is delivered: who was promised to be met has been told of it."""
        for (giver, taker), stop_id in self._promised.items():
            self._ledger.breach("custody", now, stop_id, f"{taker or 'the hub'} waits for {giver}, which was not told")
        self._promised.clear()

    def _check_delivery(self, van: Van, errand: Errand, fetched: set[PackageId], sent_at: float) -> None:
        stop_id = errand.stop_id
        if van.vehicle.lacks(self._skills.get(stop_id, frozenset())):
            self._note("skills", [], sent_at, stop_id, f"{van.vehicle.id} lacks what it takes")
        if not self._has_it(van, stop_id) and not self._drives(van.vehicle.carrier_id, sent_at):
            self._note("carrier-inactive", [], sent_at, stop_id, van.vehicle.carrier_id)
        if errand.safe_place:
            self._check_safe_place(errand, sent_at)
        home, carrier_id = self._home_route.get(stop_id), van.vehicle.carrier_id
        is_foreign = home is not None and self._home_carrier[home] != carrier_id
        if is_foreign and not self._carriers.has_agreed(carrier_id, stop_id, sent_at):
            self._note("carrier-unasked", [], sent_at, stop_id, f"{carrier_id} has not agreed to it")
        for other in self._vans.values():
            if other is not van and _is_committed_to(other, stop_id):
                self._note("committed", [van, other], sent_at, stop_id, f"{other.vehicle.id} is on the way to it")
        assert errand.order_id is not None
        for package_id in self._goods.packages_of(errand.order_id):
            if not self._can_have(van, package_id, fetched):
                if package_id in self._goods.astray:
                    self._ledger.crossed += 1  # its driver had not read the list by which another was to take it
                    continue
                kind, holder_id = self._goods.holder_of(package_id)
                holders = [other for other in self._vans.values() if other.vehicle.id == holder_id]
                detail = f"{van.vehicle.id} can't have {package_id}, which {kind} {holder_id} holds"
                self._note("custody", [van, *holders], sent_at, stop_id, detail)

    def _has_it(self, van: Van, stop_id: StopId) -> bool:
        """Whether the stop is the vehicle's already: by the first plan, or by what its driver was told before."""
        return self._home_route.get(stop_id) == van.route.id or any(e.stop_id == stop_id for e in _list_told(van))

    def _drives(self, carrier_id: CarrierId, sent_at: float) -> bool:
        """Whether the carrier drives today, as far as the service had been told."""
        if not self._active[carrier_id]:
            return False
        withdrew_at = self._carriers.withdrew_at(carrier_id)
        return withdrew_at is None or self._known_at(withdrew_at) > sent_at

    def _check_safe_place(self, errand: Errand, sent_at: float) -> None:
        """A parcel is left at a door only where its customer has said so."""
        assert errand.order_id is not None
        if self._ledger.safe_places.get(errand.order_id, inf) > sent_at:
            self._note("safe-place-unasked", [], sent_at, errand.stop_id, f"{errand.order_id} has named no place")

    def _note(self, rule: str, involved: Sequence[Van], sent_at: float, subject: str, detail: str) -> None:
        """A breach, unless the service could not know yet what one of the vehicles involved had just done, or would do
        by a list that its driver had not replaced by the newest."""
        if any(van.unread is not None or self._known_at(van.changed_at) > sent_at for van in involved):
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
            return holder_id == van.vehicle.id or package_id in fetched or self._is_brought(van, package_id, holder_id)
        if kind is HolderKind.HUB and van.phase is Phase.AT_HUB:
            return holder_id == van.route.hub_id or self._goods.link_s(package_id, van.route.hub_id) is not None
        return False

    def _is_brought(self, van: Van, package_id: PackageId, holder_id: str) -> bool:
        """Whether another vehicle is to bring it back to the hub that this one has not left."""
        giver = next((other for other in self._vans.values() if other.vehicle.id == holder_id), None)
        if giver is None or van.phase is not Phase.AT_HUB or giver.route.hub_id != van.route.hub_id:
            return False
        if not _is_handing_over_to(giver, None):
            self._promised[giver.vehicle.id, None] = StopId(package_id)
        return True

    def _check_capacity(self, van: Van, ahead: Sequence[Errand], sent_at: float) -> None:
        """The load at every point of the list, from what is aboard now."""
        load = Counter(self._goods.load_of(self._goods.list_aboard(van.vehicle.id)))
        if van.phase is Phase.AT_HUB:
            load.update(self._goods.load_of(self._to_load(van, ahead)))
        peak = Counter(load)
        for errand in [*([van.current] if van.current else []), *ahead]:
            if errand.kind is StopKind.TRANSFER:
                load.update(self._goods.load_of(errand.package_ids))
            elif errand.kind is StopKind.HAND_OVER:
                load.subtract(self._goods.load_of(errand.package_ids))
            elif errand.order_id is not None:
                load.subtract(self._goods.load_of(self._goods.packages_of(errand.order_id)))
            peak |= load
        for dimension, limit in van.vehicle.capacity.items():
            if peak[dimension] > limit + ROUNDING:
                detail = f"{peak[dimension]:g} of {limit:g} {dimension}"
                self._note("capacity", [van], sent_at, van.route.id, detail)

    def _to_load(self, van: Van, errands: Sequence[Errand]) -> list[PackageId]:
        """What is at the hub now, or brought there, but not what is fetched on the way."""
        fetched = {package for errand in errands for package in errand.package_ids}
        orders = [errand.order_id for errand in errands if errand.order_id is not None]
        wanted = [package for order in orders for package in self._goods.packages_of(order)]
        mine = (HolderKind.VEHICLE, van.vehicle.id)
        return [package for package in wanted if package not in fetched and self._goods.holder_of(package) != mine]


def _is_committed_to(van: Van, stop_id: StopId) -> bool:
    return van.current is not None and van.current.stop_id == stop_id and van.phase is not Phase.BROKEN


def _is_handing_over_to(giver: Van, taker: VehicleId | None) -> bool:
    """Whether the giver (None: to the hub) has been told already: it is on its list, read or not, or it is going."""
    return any(e.kind is StopKind.HAND_OVER and e.transfer_to == taker for e in _list_told(giver))


def _list_told(van: Van) -> list[Errand]:
    """What its driver goes by, and what he has been sent and not read yet."""
    return [*van.errands, *([van.current] if van.current else []), *(van.unread.errands if van.unread else ())]
