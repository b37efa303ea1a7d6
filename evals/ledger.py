"""What came of each stop, and what was seen to go wrong, written down as it happens."""

from dataclasses import dataclass, field

from forestall.domain.ids import ContactId, OrderId, StopId, VehicleId


@dataclass(slots=True)
class Visit:
    """One attempt at one stop: Unix seconds; ``finished_at`` None while it is under way."""

    stop_id: StopId
    vehicle_id: VehicleId
    started_at: float
    finished_at: float | None = None
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that the service broke, as seen from outside: the rule's id, when, and what about."""

    rule: str
    at: float
    subject: str
    detail: str


@dataclass(slots=True)
class Ledger:
    """The first visit of each stop counts; ``moved`` holds the stops that changed routes.

    ``newcomers``: the stops of orders that came during the day, and until when they were promised (Unix seconds); they
    are no part of the promises made when it began. ``safe_places`` is since when each customer's place is agreed,
    ``opted_out`` since when a contact wants no texts, ``false_attempts`` when a driver lied about each stop.
    """

    visits: dict[StopId, Visit] = field(default_factory=dict)
    announced: dict[StopId, float] = field(default_factory=dict)
    called_off: set[OrderId] = field(default_factory=set)
    rescheduled: set[OrderId] = field(default_factory=set)
    moved: set[StopId] = field(default_factory=set)
    newcomers: dict[StopId, float] = field(default_factory=dict)
    safe_places: dict[OrderId, float] = field(default_factory=dict)
    opted_out: dict[ContactId, float] = field(default_factory=dict)
    false_attempts: dict[StopId, float] = field(default_factory=dict)
    breaches: list[Breach] = field(default_factory=list)
    crossed: int = 0  # instructions that were out of date when they arrived, by no fault of the service
    custody_errors: int = 0
    missed_meetings: int = 0  # counted by each of the two
    missed_messages: int = 0  # lists that a driver's device never showed
    travel_s: int = 0
    messages: int = 0

    def begin(self, stop_id: StopId, vehicle_id: VehicleId, now: float) -> None:
        self.visits.setdefault(stop_id, Visit(stop_id, vehicle_id, now))

    def finish(self, stop_id: StopId, now: float, *, failed: bool = False) -> None:
        visit = self.visits[stop_id]
        if visit.finished_at is None:
            visit.finished_at, visit.failed = now, failed

    def is_visited(self, stop_id: StopId) -> bool:
        return stop_id in self.visits

    def breach(self, rule: str, now: float, subject: str, detail: str) -> None:
        self.breaches.append(Breach(rule, now, subject, detail))
