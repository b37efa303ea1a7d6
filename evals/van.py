"""One vehicle and its driver, from leaving the hub to coming back or breaking down."""

from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from evals.agenda import Agenda, Happening
from evals.carriers import Carriers
from evals.customers import Customers
from evals.docks import Docks
from evals.errands import Errand, Instruction
from evals.feed import Feed
from evals.goods import Goods
from evals.ledger import Ledger
from evals.leg import Leg, standing_at
from evals.meetings import Meetings, Pair
from evals.profile import Profile
from evals.roads import Place, crow_fly_m
from evals.truth import Truth
from forestall.domain.ids import PackageId, StopId, VehicleId
from forestall.domain.network import Vehicle
from forestall.domain.routes import Route
from forestall.domain.vocabulary import EventType, FailureReason, StopKind

NO_SHOW_WAIT_S = 180  # how long a driver rings and waits before he gives up
NEAR_M = 500.0  # whoever is this near a stop goes there rather than to lie about it


class Phase(StrEnum):
    AT_HUB = "AT_HUB"
    DRIVING = "DRIVING"
    STANDING = "STANDING"  # at a stop, waiting or serving, or held up between two legs
    RETURNING = "RETURNING"
    HOME = "HOME"
    BROKEN = "BROKEN"


@dataclass(frozen=True, slots=True)
class Scene:
    """What all vehicles of a day share. ``stranded`` is where the broken ones stand."""

    truth: Truth
    profile: Profile
    agenda: Agenda
    feed: Feed
    goods: Goods
    docks: Docks
    customers: Customers
    carriers: Carriers
    ledger: Ledger
    stranded: dict[VehicleId, Place]
    meetings: Meetings


class Van:
    """``errands`` are what is left to do, in order; ``current`` is the one the driver is committed to.

    ``unread`` is the newest list sent to him while he has not read it: he goes on by the one before. ``is_grounded``:
    the vehicle won't leave its hub today.
    """

    def __init__(
        self, route: Route, vehicle: Vehicle, hub_place: Place, shift_end: float, errands: list[Errand], scene: Scene
    ) -> None:
        self.route, self.vehicle, self.place = route, vehicle, hub_place
        self.phase = Phase.AT_HUB
        self.errands = errands
        self.current: Errand | None = None
        self.leg: Leg | None = None
        self._hub_place, self._shift_end, self._scene = hub_place, shift_end, scene
        self._departs_at = route.departs_at.timestamp()
        self._plan_version = route.plan_version
        self.unread: Instruction | None = None
        self.is_grounded = False
        self._away = scene.truth.away(route)
        self.changed_at = 0.0  # when its newest report arrives: what the service is told until then is out of date
        self._called_at: float | None = None
        self._departure = 0
        self._hold = scene.truth.hold_up(vehicle.id)
        self._breaks_at = scene.truth.breaks_down_at(vehicle.id)
        scene.goods.call_when_brought(route.hub_id, self._look_for_goods)

    # what the driver is told

    def receive(self, instruction: Instruction, now: float, *, by_voice: bool = False) -> None:
        """A newer list, on the driver's device or read out to him over the telephone, which always gets through.

        He takes it up when he reads it, which confirms it: at his hub at once, since he loads by it. An older one, or
        one that reaches a vehicle that is done, changes nothing.
        """
        if instruction.plan_version <= self._plan_version or self.phase in (Phase.HOME, Phase.BROKEN):
            return
        if self.unread is None or self.unread.plan_version < instruction.plan_version:
            self.unread = instruction
        truth, version = self._scene.truth, instruction.plan_version
        if by_voice:
            self._read(instruction, now)
        elif truth.misses_message(self.route.id, version):
            self._scene.ledger.missed_messages += 1
        elif self.phase is Phase.AT_HUB:
            self._read(instruction, now)
        else:
            read_at = max(now, round(now + truth.reads_after_s(self.route.id, version)))
            self._scene.agenda.at(read_at, partial(self._read, instruction))

    def _read(self, instruction: Instruction, now: float) -> None:
        if instruction.plan_version <= self._plan_version or self.phase in (Phase.HOME, Phase.BROKEN):
            return
        self._plan_version = instruction.plan_version
        if self.unread is not None and self.unread.plan_version <= self._plan_version:
            self.unread = None
        if self._obeys(instruction):
            self.errands = [errand for errand in instruction.errands if self._is_ahead(errand)]
            self._announce_hand_ins(now)
        if self.phase is Phase.AT_HUB:
            self._departs_at = instruction.departs_at
            self._called_at = self._called_at or now
            self.expect_departure(now)
        told = {"plan_version": self._plan_version}
        self._scene.feed.say(now, EventType.ROUTE_ACK, self.route.id, told, self.vehicle.id)

    def _announce_hand_ins(self, now: float) -> None:
        ahead = [*self.errands, *([self.current] if self.current else [])]
        bringing = (e.package_ids for e in ahead if e.kind is StopKind.HAND_OVER and e.transfer_to is None)
        coming = [package for packages in bringing for package in packages]
        self._scene.goods.announce(self.vehicle.id, coming, self.route.hub_id, now)

    def _obeys(self, instruction: Instruction) -> bool:
        """A new order of the same stops may be ignored; anything else is arranged with the driver by voice."""
        same = {errand.stop_id for errand in instruction.errands} == {errand.stop_id for errand in self.errands}
        under_way = self.phase is not Phase.AT_HUB
        return not (same and under_way) or self._scene.truth.follows_order(self.route.id, instruction.plan_version)

    def _is_ahead(self, errand: Errand) -> bool:
        is_current = self.current is not None and errand.stop_id == self.current.stop_id
        return not is_current and not self._scene.ledger.is_visited(errand.stop_id)

    # at the hub

    def expect_departure(self, now: float) -> None:
        """Plan to leave once it is time, the goods are there, and a vehicle called up from reserve is ready."""
        self._departure += 1
        if not self.errands:
            return
        leaves = max(now, self._departs_at)
        if self.route.is_spare and self._called_at is not None:
            leaves = max(leaves, self._called_at + self._scene.profile.vehicles.spare_ready_min * 60)
        gets_ready = max(now, leaves - self._scene.profile.late_loads.told_before_min * 60)
        ready = max(leaves, self._scene.goods.ready_at(self._wanted(), self.route.hub_id))
        self._scene.agenda.at(gets_ready, partial(self._get_ready, self._departure))
        self._scene.agenda.at(ready, partial(self._leave_hub, self._departure))

    def _get_ready(self, attempt: int, now: float) -> None:
        if attempt == self._departure and self.phase is Phase.AT_HUB:
            self._scene.docks.look_for(self._wanted(), now)

    def _look_for_goods(self, now: float) -> None:
        if self.phase is Phase.AT_HUB and self.errands:
            self.expect_departure(now)

    def _leave_hub(self, attempt: int, now: float) -> None:
        """Leave, unless the list has changed since this departure was planned: then another one is."""
        if attempt != self._departure or self.phase is not Phase.AT_HUB:
            return
        if self._scene.goods.are_awaited(self._wanted()):
            return  # somebody is bringing them in, and it is told when they are there
        if self._must_stay(attempt, now):
            return
        if not self._can_drive(now, partial(self._leave_hub, attempt)):
            return
        self._scene.goods.load(self._wanted(), self.route.hub_id, self.vehicle.id)
        if self.unread is not None:
            self._note_astray(self.unread)
        self._set_out(now)

    def _must_stay(self, attempt: int, now: float) -> bool:
        """Whether the hub is closed, or nobody is there who would drive; who comes later sets out then."""
        if self._scene.carriers.has_withdrawn(self.vehicle.carrier_id, now):
            self.is_grounded = True
            return True
        waits = [self._scene.docks.opens_again(self.route.hub_id, now)]
        if self._away is not None:
            self.is_grounded = self._away.until is None
            waits.append(self._away.until)
        until = max((instant for instant in waits if instant is not None), default=now)
        if until > now and not self.is_grounded:
            self._scene.agenda.at(until, partial(self._leave_hub, attempt))
        return self.is_grounded or until > now

    def _note_astray(self, unread: Instruction) -> None:
        """It left by a list that no longer held: what it took along besides is not where the service thinks."""
        meant = {errand.order_id for errand in unread.errands}
        wrong = (errand.order_id for errand in self.errands if errand.order_id and errand.order_id not in meant)
        for order_id in wrong:
            self._scene.goods.astray.update(self._scene.goods.packages_of(order_id))

    def _wanted(self) -> list[PackageId]:
        """The packages to deliver by the present list."""
        orders = [errand.order_id for errand in self.errands if errand.order_id is not None]
        return [package for order in orders for package in self._scene.goods.packages_of(order)]

    # on the road

    def _can_drive(self, now: float, again: Happening) -> bool:
        """False when the vehicle won't start any more, or is held up; ``again`` is tried when the hold-up is over."""
        if self._breaks_at is not None and self._breaks_at <= now:
            self._break_down(now, standing_at(self.place, f"stranded:{self.vehicle.id}"))
            return False
        if self._hold is not None and self._hold.holds(now):
            self._scene.agenda.at(self._hold.end, again)
            return False
        return True

    def _go_on(self, now: float) -> None:
        """Done here: drive on, as soon as the vehicle can."""
        self.phase, self.current = Phase.STANDING, None
        if self._can_drive(now, self._go_on):
            self._set_out(now)

    def _set_out(self, now: float) -> None:
        """Commit to the next errand that can be done, or turn home."""
        self.current = self._next_errand(now) if now <= self._shift_end else None
        self.phase = Phase.DRIVING if self.current else Phase.RETURNING
        to_stop = self.current.stop_id if self.current else None
        self._say(now, EventType.DEPARTED, self.route.id, to_stop=to_stop)
        self._drive(self._place_of(self.current), now)

    def _next_errand(self, now: float) -> Errand | None:
        while self.errands:
            errand = self.errands.pop(0)
            if errand.order_id is not None and self._scene.customers.has_called_off(errand.order_id):
                continue
            if self._lies_about(errand):
                self._scene.ledger.false_attempts[errand.stop_id] = now
                self._say(now, EventType.FAILED, errand.stop_id, reason=FailureReason.RECIPIENT_UNAVAILABLE)
                continue
            if self._has_goods(errand):
                return errand
            self._scene.ledger.custody_errors += 1
            self._say(now, EventType.FAILED, errand.stop_id, reason=FailureReason.MISSORT)  # found out at the wheel
        return None

    def _lies_about(self, errand: Errand) -> bool:
        """Whether the driver says that nobody was in, from where he is: once for a stop, and only from afar."""
        if errand.order_id is None or self.phase is Phase.AT_HUB or errand.stop_id in self._scene.ledger.false_attempts:
            return False
        if not self._scene.truth.is_false_attempt(errand.stop_id):
            return False
        return crow_fly_m(self.place, self._place_of(errand)) > NEAR_M

    def _has_goods(self, errand: Errand) -> bool:
        """Whether the driver holds what he is to deliver, or can take over what he is to fetch."""
        goods = self._scene.goods
        if errand.kind is not StopKind.DELIVERY:
            giver = errand.transfer_from or self.vehicle.id
            is_found = giver in self._scene.stranded or errand.location_id in self._scene.truth.roads.places
            return is_found and any(goods.is_aboard(package, giver) for package in errand.package_ids)
        assert errand.order_id is not None
        return all(goods.is_aboard(package, self.vehicle.id) for package in goods.packages_of(errand.order_id))

    def _place_of(self, errand: Errand | None) -> Place:
        if errand is None:
            return self._hub_place
        if errand.transfer_from in self._scene.stranded:
            return self._scene.stranded[errand.transfer_from]
        return self._scene.truth.roads.places[errand.location_id]

    def _drive(self, to: Place, now: float) -> None:
        seconds = self._scene.truth.drive_s(self.vehicle.id, self.place, to, now)
        self.leg = leg = Leg(self.place, to, now, seconds, self._hold)
        if self._breaks_at is not None and self._breaks_at < leg.arrives_at:
            self._scene.agenda.at(self._breaks_at, self._break_on_the_way)
        else:
            self._scene.agenda.at(leg.arrives_at, self._arrive)

    def _break_on_the_way(self, now: float) -> None:
        assert self.leg is not None
        self._scene.ledger.travel_s += round(self.leg.driven_s(now))
        self._break_down(now, self.leg.spot_at(now, f"stranded:{self.vehicle.id}"))

    def _break_down(self, now: float, place: Place) -> None:
        self.phase, self.place, self.leg = Phase.BROKEN, place, None
        self._scene.stranded[self.vehicle.id] = place
        self._scene.goods.announce(self.vehicle.id, (), self.route.hub_id, now)
        told_at = now + self._scene.profile.vehicles.breakdown_told_after_min * 60
        self._say(told_at, EventType.BREAKDOWN, self.vehicle.id, lat=round(place.lat, 6), lon=round(place.lon, 6))

    def _arrive(self, now: float) -> None:
        assert self.leg is not None
        self._scene.ledger.travel_s += round(self.leg.driving_s)
        has_moved = self.leg.start.id != self.leg.end.id
        self.place, self.leg = self.leg.end, None
        if self.current is None:
            self._come_home(now)
        elif has_moved:
            self._get_through(now)
        else:
            self._reach(now)

    def _get_through(self, now: float) -> None:
        """Wait until the street is open, where it is not, and park."""
        errand, truth = self.current, self._scene.truth
        assert errand is not None
        opens_at = truth.barred_until(self.place, now)
        if opens_at is not None:
            self._scene.agenda.at(opens_at, self._get_through)
            return
        parking_s = truth.parking_s(errand.location_id, errand.service_s) if errand.order_id is not None else 0
        self._scene.agenda.at(now + parking_s, self._reach)

    def _reach(self, now: float) -> None:
        """At the door, or at the meeting place."""
        assert self.current is not None
        self.phase = Phase.STANDING
        self._say(now, EventType.ARRIVED, self.current.stop_id)
        self._scene.agenda.at(max(now, self.current.opens_at), self._begin)

    def _come_home(self, now: float) -> None:
        """Back at the hub: the day is over, unless a list has come meanwhile that there is time for."""
        self.phase = Phase.AT_HUB if self.errands and now <= self._shift_end else Phase.HOME
        if self.phase is Phase.AT_HUB:
            self.expect_departure(now)

    # at a stop

    def _begin(self, now: float) -> None:
        errand, scene = self.current, self._scene
        assert errand is not None
        if now > self._shift_end or (errand.order_id and scene.customers.has_called_off(errand.order_id)):
            self._go_on(now)
            return
        if (pair := self._pair(errand)) is not None:
            scene.meetings.come(self, pair, errand, now)
            return
        scene.ledger.begin(errand.stop_id, self.vehicle.id, now)
        if errand.order_id is not None and not scene.customers.can_deliver(errand, now):
            scene.agenda.at(now + NO_SHOW_WAIT_S, self._give_up)
        else:
            scene.agenda.at(now + self._service_s(errand), self._finish)

    def _pair(self, errand: Errand) -> Pair | None:
        """Who meets whom there; None where nobody has to come."""
        if errand.transfer_to is not None:
            return self.vehicle.id, errand.transfer_to
        if errand.transfer_from is not None and errand.transfer_from not in self._scene.stranded:
            return errand.transfer_from, self.vehicle.id
        return None

    def met(self, now: float, lasts_s: float) -> None:
        """The other vehicle is there: goods change hands."""
        assert self.current is not None
        self._scene.ledger.begin(self.current.stop_id, self.vehicle.id, now)
        self._scene.agenda.at(now + lasts_s, self._finish)

    def let_down(self, now: float) -> None:
        """Nobody came: go on without what was to be fetched."""
        errand, scene = self.current, self._scene
        assert errand is not None
        scene.ledger.begin(errand.stop_id, self.vehicle.id, now)
        scene.ledger.finish(errand.stop_id, now, failed=True)
        scene.ledger.missed_meetings += 1
        self._say(now, EventType.FAILED, errand.stop_id, reason=FailureReason.OTHER)
        if errand.kind is StopKind.TRANSFER:
            self.errands = [other for other in self.errands if not self._hangs_on(other, errand)]
        self._go_on(now)

    def _hangs_on(self, delivery: Errand, transfer: Errand) -> bool:
        if delivery.order_id is None:
            return False
        goods = self._scene.goods.packages_of(delivery.order_id)
        return not set(goods).isdisjoint(transfer.package_ids) and not self._has_goods(delivery)

    def _service_s(self, errand: Errand) -> int:
        truth = self._scene.truth
        if errand.order_id is not None:
            return truth.service_s(errand.stop_id, errand.service_s - truth.usual_parking_s(errand.service_s))
        name = errand.stop_id
        if errand.kind is StopKind.TRANSFER:
            name = StopId(f"{errand.transfer_from}>{self.vehicle.id}")
        return truth.service_s(name, errand.service_s)

    def _give_up(self, now: float) -> None:
        assert self.current is not None
        self._scene.ledger.finish(self.current.stop_id, now, failed=True)
        self._say(now, EventType.FAILED, self.current.stop_id, reason=FailureReason.RECIPIENT_UNAVAILABLE)
        self._go_on(now)

    def _finish(self, now: float) -> None:
        errand, goods = self.current, self._scene.goods
        assert errand is not None
        if errand.order_id is not None:
            goods.deliver(errand.order_id)
        elif errand.transfer_from is not None:
            goods.hand_over(errand.package_ids, errand.transfer_from, self.vehicle.id)
        elif errand.transfer_to is not None:
            goods.hand_over(errand.package_ids, self.vehicle.id, errand.transfer_to)
        else:
            goods.hand_in(errand.package_ids, self.vehicle.id, self.route.hub_id, now)
        self._scene.ledger.finish(errand.stop_id, now)
        self._say(now, EventType.COMPLETED, errand.stop_id)
        self._go_on(now)

    # what can be seen from outside

    @property
    def is_busy(self) -> bool:
        """Whether anything more will happen here without a new list."""
        return self.phase in (Phase.DRIVING, Phase.STANDING, Phase.RETURNING) or (
            self.phase is Phase.AT_HUB and bool(self.errands) and not self.is_grounded
        )

    def is_moving(self, now: float) -> bool:
        return self.leg is not None and not self.leg.is_standing(now)

    def point_at(self, now: float) -> tuple[float, float]:
        """(lat, lon) at ``now``."""
        return self.leg.point_at(now) if self.leg is not None else (self.place.lat, self.place.lon)

    def _say(self, at: float, kind: EventType, subject: str, **data: object) -> None:
        self.changed_at = self._scene.feed.say(at, kind, subject, data, self.vehicle.id)
