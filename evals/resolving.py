"""From an event to the committed action: a day full of disruptions against a service as production runs it.

The events go in over HTTP (in this process, without a socket), the schedule runs in its own thread with its usual
interval, commits wait for the disk, and the clock runs in real time while the service works; between two minutes of
the day it jumps. A latency ends when another reader of the database can see the decision.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from agent.schedule import Schedule
from agent.service import Service
from api.app import create_app
from evals.asgi import InProcessTransport
from evals.feed import Envelope
from evals.link import ServiceLink
from evals.people import Dispatcher, People
from evals.player import Player
from evals.profile import Profile, load_profile
from evals.world import World
from forestall.bootstrap import build
from forestall.domain.decisions import Decision
from forestall.domain.plan import DayPlan
from forestall.domain.vocabulary import Verdict
from forestall.errors import Unavailable
from forestall.intake import plan_document
from forestall.settings import Settings

_STEP_S = 60.0
_LOOK_EVERY_S = 0.004
_GIVE_UP_S = 120.0


@dataclass(frozen=True, slots=True)
class Reaction:
    """One case that an event opened: whether it was decided and carried out alone, and after how many seconds.

    ``cpu_s`` is what this process worked meanwhile: about the seconds of a machine that has nothing else to do.
    """

    case_id: str
    automatic: bool
    seconds: float | None = None
    cpu_s: float | None = None


def eventful(profile: Profile | None = None) -> Profile:
    """The default profile with breakdowns, late loads and hold-ups enough for many cases a day."""
    base = profile or load_profile(None)
    return base.model_copy(
        update={
            "name": "eventful",
            "hold_ups": base.hold_ups.model_copy(update={"rate": 0.3}),
            "late_loads": base.late_loads.model_copy(update={"rate": 0.4}),
            "vehicles": base.vehicles.model_copy(update={"breakdowns": 0.2}),
        }
    )


def measure_day(plan: DayPlan, profile: Profile, seed: int) -> list[Reaction]:
    """Play the day; what became of every case that was opened in answer to an event."""
    world = World(plan, profile, seed)
    dispatcher = Dispatcher(People.APPROVE, world.truth.draws)
    with _running(world.opens_at) as running:
        running.link.put_plan(plan.day, plan_document(plan))
        player = Player(world, running.link, dispatcher, running)
        instant = world.opens_at
        while not world.is_over:
            instant += _STEP_S
            player.step(instant)
        return running.reactions


class JumpingClock:
    """Runs in real time, and jumps ahead when told."""

    def __init__(self, start: datetime) -> None:
        self._base, self._since = start, time.perf_counter()

    def now(self) -> datetime:
        return self._base + timedelta(seconds=time.perf_counter() - self._since)

    def jump_to(self, instant: datetime) -> None:
        """It is ``instant`` now, or stays what it is when that has gone by."""
        self._base, self._since = max(instant, self.now()), time.perf_counter()


@dataclass
class _Watch:
    """Looks at the database while the service reacts, and notes when each new decision can first be seen."""

    service: Service
    began: float
    at: datetime
    known: int
    began_cpu: float
    seen: list[tuple[float, float]] = field(default_factory=list)

    def run(self, stop: threading.Event) -> None:
        while not stop.wait(_LOOK_EVERY_S):
            self.look()
        self.look()

    def look(self) -> None:
        with self.service.store.read() as uow:
            count = uow.decisions.count()
        spent = (time.perf_counter() - self.began, time.process_time() - self.began_cpu)
        self.seen += [spent] * (count - self.known - len(self.seen))


class _Running:
    """The service with its schedule at work, as ``evals.player.Pace`` and as the way in for events."""

    def __init__(self, service: Service, schedule: Schedule, clock: JumpingClock, client: httpx.Client) -> None:
        self._service, self._schedule, self._clock = service, schedule, clock
        self.link = _TimedLink(client, self._begin)
        self._watch: tuple[_Watch, threading.Thread, threading.Event] | None = None
        self.reactions: list[Reaction] = []
        service.bell.listen(self._rung)
        self._has_rung = False

    def set_time(self, instant: float) -> None:
        self._clock.jump_to(datetime.fromtimestamp(instant, UTC))

    def now(self) -> float:
        return self._clock.now().timestamp()

    def work(self) -> bool:
        """Wait for what the events set off; where they could wait, the scheduled step is brought forward unmeasured."""
        urgent = self._has_rung
        if not urgent:
            self._service.bell.ring()
        if not self._schedule.wait_until_idle(_GIVE_UP_S):
            raise Unavailable(f"a step of the service took longer than {_GIVE_UP_S:g} s")
        self._end(urgent)
        return True

    def _begin(self) -> None:
        self._has_rung = False
        with self._service.store.read() as uow:
            known = uow.decisions.count()
        watch = _Watch(self._service, time.perf_counter(), self._clock.now(), known, time.process_time())
        stop = threading.Event()
        thread = threading.Thread(target=watch.run, args=(stop,))
        self._watch = (watch, thread, stop)
        thread.start()

    def _rung(self) -> None:
        self._has_rung = True

    def _end(self, urgent: bool) -> None:
        if self._watch is None:
            return
        watch, thread, stop = self._watch
        stop.set()
        thread.join()
        self._watch, self._has_rung = None, False
        if urgent:
            self.reactions += self._read(watch)

    def _read(self, watch: _Watch) -> Iterator[Reaction]:
        with self._service.store.read() as uow:
            decisions = sorted(uow.decisions.list(limit=len(watch.seen)), key=lambda one: (one.at, one.id))
            cases = [case for case in uow.cases.list(limit=200) if case.opened_at >= watch.at]
        seen = dict(zip((one.id for one in decisions), watch.seen, strict=False))
        for case in cases:
            mine = [one for one in decisions if one.case_id == case.id]
            yield _reaction(case.id, mine, [seen[one.id] for one in mine])


def _reaction(case_id: str, decisions: Sequence[Decision], seen: Sequence[tuple[float, float]]) -> Reaction:
    for decision, (seconds, cpu_s) in zip(decisions, seen, strict=True):
        if decision.verdict is Verdict.AUTOMATIC and decision.candidate_id is not None:
            return Reaction(case_id, True, seconds, cpu_s)
    return Reaction(case_id, False)


class _TimedLink(ServiceLink):
    """A link that says when events are about to be posted."""

    def __init__(self, client: httpx.Client, posting: Callable[[], None]) -> None:
        super().__init__(client)
        self._posting = posting

    def post_events(self, events: Sequence[Envelope]) -> None:
        self._posting()
        super().post_events(events)


@contextmanager
def _running(opens_at: float) -> Iterator[_Running]:
    clock = JumpingClock(datetime.fromtimestamp(opens_at, UTC))
    with TemporaryDirectory(prefix="forestall-resolve-") as folder:
        settings = Settings(data_dir=Path(folder), database_url=None, host="127.0.0.1")
        with closing(build(settings, clock=clock)) as service, Schedule(service) as schedule:
            transport = InProcessTransport(create_app(service))
            with httpx.Client(transport=transport, base_url="http://127.0.0.1") as client:
                yield _Running(service, schedule, clock, client)
