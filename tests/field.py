"""The world around one service in tests: events in, time on, and what came out."""

from collections.abc import Callable
from datetime import datetime
from itertools import count

from agent.service import Service
from factories import DAY, at, make_event, make_plan
from forestall.clock import ManualClock
from forestall.domain.cases import Case
from forestall.domain.instructions import Instruction
from forestall.domain.plan import DayPlan
from forestall.domain.vocabulary import Channel, EventType
from forestall.intake.plan import with_digest


class Field:
    """The world around one service: events in, time on, and what came out.

    Drivers confirm what they are told at once, but those of ``silent`` routes: these hear nothing but a call, and those
    of ``unreachable`` ones not even that.
    """

    def __init__(self, open_service: Callable[..., Service], clock: ManualClock) -> None:
        self.clock, self._open = clock, open_service
        self.silent: set[str] = set()
        self.unreachable: set[str] = set()
        self._heard: set[str] = set()
        self.service = open_service()
        self._numbers = count(1)

    def begin(self, plan: DayPlan | None = None) -> None:
        self.service.intake.put_plan(with_digest(plan or make_plan(route_count=3, stops_each=4)))

    def tell(self, kind: EventType, subject: str, minute: float, received: float | None = None, **data: object) -> None:
        """What happens at ``minute`` and is received at once, or at ``received``."""
        event = make_event(
            f"e{next(self._numbers)}", kind, subject, occurred_at=at(minute), claimed_at=at(minute),
            received_at=at(minute if received is None else received), data=data,
        )  # fmt: skip
        self.service.intake.take_events([event])

    def tick_at(self, minute: float) -> None:
        self.go_to(at(minute))
        report = self.service.tick()
        assert report.failed == ()
        self._confirm(minute)

    def _confirm(self, minute: float) -> None:
        """Drivers answer to what has come out since the last time."""
        with self.service.store.read() as uow:
            rows = [row for row in uow.outbox.list_after(0) if row.effect.key not in self._heard]
        for effect in (row.effect for row in rows):
            self._heard.add(effect.key)
            deaf = {Channel.DRIVER: self.silent | self.unreachable, Channel.VOICE: self.unreachable}.get(effect.channel)
            route = str(effect.payload.get("route_id", ""))  # not every effect in a test is about a route
            if route and deaf is not None and route not in deaf:
                self.tell(EventType.ROUTE_ACK, route, minute, plan_version=effect.payload["plan_version"])

    def go_to(self, instant: datetime) -> None:
        self.clock.advance_to(instant)

    def restart(self, **settings: object) -> None:
        """As after a kill: nothing of the old process but its database and checkpoints."""
        self.service.close()
        self.service = self._open(**settings)
        self.service.recover()

    def break_down(self, vehicle: str = "V01", route: str = "R01", minute: float = 40) -> None:
        """The vehicle sets out with everything aboard, and breaks down on its way to the first stop."""
        first = f"S{(int(route[1:]) - 1) * 4 + 1:03d}"
        self.tell(EventType.DEPARTED, route, minute - 5, to_stop=first)
        self.tell(EventType.BREAKDOWN, vehicle, minute, lat=41.155, lon=-8.605)

    def break_the_only_van(self, plan: DayPlan | None = None) -> Case:
        """R01's van, the only one but the spare, breaks down at 40; RSP1 is told at 41 to fetch its goods."""
        self.begin(plan or make_plan(route_count=1, stops_each=4))
        self.break_down()
        self.tick_at(41)
        [case] = self.cases
        return case

    def told(self, route: str) -> list[tuple[str, str]]:
        """What the route's driver was told, by channel and template."""
        with self.service.store.read() as uow:
            rows = [row.effect for row in uow.outbox.list_after(0)]
        return [(effect.channel.value, effect.template) for effect in rows if effect.payload.get("route_id") == route]

    @property
    def expected_late(self) -> float:
        """How many stops the newest forecast expects to be late."""
        with self.service.store.read() as uow:
            return sum(score.p_late for score in uow.scores.latest(DAY).values())

    @property
    def instruction(self) -> Instruction:
        """The one changed plan of the day that a driver has to confirm."""
        with self.service.store.read() as uow:
            [one] = [one for case in self.cases for one in uow.instructions.list_for_case(case.id)]
        return one

    @property
    def cases(self) -> list[Case]:
        with self.service.store.read() as uow:
            return uow.cases.list(day=DAY)

    @property
    def effects(self) -> list[dict[str, object]]:
        with self.service.store.read() as uow:
            return [
                {"key": row.effect.key, "state": row.state, **row.effect.payload} for row in uow.outbox.list_after(0)
            ]
