"""Intake over the store: a plan or a batch of events goes in whole, in one transaction, or not at all."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar, cast

from forestall.clock import Clock
from forestall.domain.events import Event, EventResult
from forestall.domain.ids import VehicleId
from forestall.domain.plan import DayPlan
from forestall.domain.routes import Position
from forestall.domain.vocabulary import EventOutcome, EventType
from forestall.errors import Conflict, Problem
from forestall.intake.advice import advise
from forestall.intake.documents import LISTS
from forestall.intake.eventdata import REPLAY
from forestall.intake.handlers import handle
from forestall.intake.plan import check_plan
from forestall.intake.replay import list_waiting, replay_id, replay_parked
from forestall.intake.rows import APPLIED, Outcome, parked
from forestall.store import Store, UnitOfWork

T = TypeVar("T")
_Key = tuple[str, str]
# Another server may change the same route or take the same event between our reading and our commit.
_ATTEMPTS = 4


@dataclass(frozen=True, slots=True)
class PlanReceipt:
    """What became of a plan. ``counts`` says how many rows of each list; ``warnings`` what is odd but was taken."""

    day: str
    digest: str
    outcome: Literal["created", "unchanged", "replaced"]
    counts: Mapping[str, int]
    warnings: tuple[Problem, ...] = ()
    replayed: int = 0  # events that had waited for something this plan names


@dataclass(frozen=True, slots=True)
class EventsReceipt:
    """What became of a batch: every event is one of accepted, duplicate and parked. ``results`` are in its order."""

    accepted: int
    duplicates: int
    parked: int
    results: tuple[EventResult, ...]


class Intake:
    """The one way in for plans and events. Safe to share between threads.

    ``heard`` is told of every batch once it is kept for good.
    """

    def __init__(self, store: Store, clock: Clock, heard: Callable[[Sequence[Event]], None] = lambda _: None) -> None:
        self._store, self._clock, self._heard = store, clock, heard
        self._vehicles: set[VehicleId] = set()  # known to exist: positions come too often to ask each time

    def put_plan(self, plan: DayPlan) -> PlanReceipt:
        """Take in a day's plan; the same plan again changes nothing.

        Conflict when that day has begun and the plan is another one; BadInput with every problem when it is faulty.
        """
        check_plan(plan)
        warnings = advise(plan)
        counts = {name: len(getattr(plan, name)) for name in LISTS}
        with self._store.write() as uow:
            known = uow.plans.find_digest(plan.day)
            if known == plan.digest:
                return PlanReceipt(plan.day, plan.digest, "unchanged", counts, warnings)
            uow.plans.put(plan)
            for hub in plan.hubs:
                uow.state.touch_hub(hub.id)
            replayed = replay_parked(uow, self._apply)
        self._vehicles.clear()
        outcome: Literal["created", "replaced"] = "created" if known is None else "replaced"
        return PlanReceipt(plan.day, plan.digest, outcome, counts, warnings, replayed)

    def take_events(self, events: Sequence[Event]) -> EventsReceipt:
        """Keep every event and apply those that can be; one seen before counts as a duplicate and has no effect."""
        receipt = self._again_if_overtaken(lambda: self._take_once(events))
        self._heard(events)
        return receipt

    def list_parked(self, limit: int = 200) -> list[tuple[Event, EventResult]]:
        """Events that still wait for something to become known, with the reason, the oldest first."""
        with self._store.read() as uow:
            return list_waiting(uow, limit)

    def _take_once(self, events: Sequence[Event]) -> EventsReceipt:
        with self._store.write() as uow:
            known = uow.inbox.known([(event.source, event.id) for event in events])
            fresh = {(event.source, event.id): event for event in reversed(events)}  # the first of equals
            fresh = {key: event for key, event in fresh.items() if key not in known}
            outcomes = self._apply(uow, sorted(fresh.values(), key=_when))
            uow.inbox.add([(event, outcomes[key].outcome, outcomes[key].detail) for key, event in fresh.items()])
            if any(outcome.grows for outcome in outcomes.values()):
                replay_parked(uow, self._apply)
            earlier = {key: _find_earlier(uow, key) for key in known}
        return _receipt(events, outcomes, earlier)

    def _apply(self, uow: UnitOfWork, events: Sequence[Event]) -> dict[_Key, Outcome]:
        """Apply new events, the earliest first; positions in one go."""
        positions = [event for event in events if event.type is EventType.POSITION]
        outcomes = self._apply_positions(uow, positions)
        for event in events:
            if event.type is not EventType.POSITION:
                outcomes[event.source, event.id] = handle(uow, event)
        return outcomes

    def _apply_positions(self, uow: UnitOfWork, events: Sequence[Event]) -> dict[_Key, Outcome]:
        known = {vehicle_id for vehicle_id in {VehicleId(e.subject) for e in events} if self._is_known(uow, vehicle_id)}
        uow.state.put_positions(_position(event) for event in events if event.subject in known)
        return {
            (event.source, event.id): APPLIED if event.subject in known else parked(f"no vehicle {event.subject}")
            for event in events
        }

    def _is_known(self, uow: UnitOfWork, vehicle_id: VehicleId) -> bool:
        if vehicle_id in self._vehicles:
            return True
        if uow.state.find_vehicle(vehicle_id) is None:
            return False
        self._vehicles.add(vehicle_id)
        return True

    def _again_if_overtaken(self, work: Callable[[], T]) -> T:
        for _ in range(_ATTEMPTS - 1):
            try:
                return work()
            except Conflict:
                continue  # the next try sees what the other server did
        return work()


def _when(event: Event) -> tuple[object, ...]:
    return event.occurred_at, event.claimed_at


def _position(event: Event) -> Position:
    lat, lon = cast(float, event.data["lat"]), cast(float, event.data["lon"])
    return Position(VehicleId(event.subject), event.occurred_at, lat, lon)


def _find_earlier(uow: UnitOfWork, key: _Key) -> Outcome:
    found = uow.inbox.find(REPLAY, replay_id(*key)) or uow.inbox.find(*key)
    assert found is not None, "the inbox said that it knows this event"
    return Outcome(found[1].outcome, found[1].detail)


def _receipt(
    events: Sequence[Event], outcomes: Mapping[_Key, Outcome], earlier: Mapping[_Key, Outcome]
) -> EventsReceipt:
    seen: set[_Key] = set(earlier)
    results = []
    for event in events:
        key = (event.source, event.id)
        outcome = earlier[key] if key in earlier else outcomes[key]
        results.append(EventResult(event.source, event.id, outcome.outcome, key in seen, outcome.detail))
        seen.add(key)
    counts = Counter("duplicate" if result.duplicate else result.outcome for result in results)
    return EventsReceipt(
        accepted=counts[EventOutcome.APPLIED] + counts[EventOutcome.SUPERSEDED],
        duplicates=counts["duplicate"],
        parked=counts[EventOutcome.PARKED],
        results=tuple(results),
    )
