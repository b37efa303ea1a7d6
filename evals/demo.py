"""The demo: the city's day played in quick time against a real server in a process of its own."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from evals.arms import Arm
from evals.auditor import read_record
from evals.city import build_city
from evals.metrics import RunResult, ServiceRecord, describe
from evals.outcomes import list_outcomes
from evals.people import Dispatcher, People
from evals.player import Player
from evals.profile import Profile, load_profile
from evals.server import Server, started
from evals.world import World
from forestall.domain.plan import DayPlan
from forestall.errors import Unavailable
from forestall.intake import plan_document

STEP_S = 60.0  # virtual
NEWS_EVERY_S = 600.0  # virtual
BEFORE_FIRST_DEPARTURE_S = 1200.0  # virtual; nothing happens in a day before that
READY_IN_S = 15.0  # real; how long a server usually takes to come up
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class QuickTime:
    """``rate`` virtual seconds pass for each real one; at ``anchor`` (real) it is ``start`` (virtual)."""

    start: datetime
    anchor: datetime
    rate: float

    def now(self) -> float:
        """The virtual moment, Unix seconds."""
        return (self.start + (datetime.now(UTC) - self.anchor) * self.rate).timestamp()

    def wait_until(self, instant: float) -> None:
        """Sleep until the virtual clock shows ``instant``."""
        time.sleep(max(0.0, (instant - self.now()) / self.rate))

    def as_environment(self) -> dict[str, str]:
        """The settings that put a server on the same clock."""
        return {
            "FORESTALL_CLOCK_START": self.start.isoformat(),
            "FORESTALL_CLOCK_ANCHOR": self.anchor.isoformat(),
            "FORESTALL_CLOCK_RATE": str(self.rate),
        }


@dataclass(frozen=True, slots=True)
class RunningServer:
    """The pace of a server that has its own clock: nobody tells it the time, and it works when it sees fit."""

    clock: QuickTime

    def now(self) -> float:
        return self.clock.now()

    def set_time(self, instant: float) -> None:
        del instant

    def work(self) -> bool:
        return True


class Demo:
    """One day of the city against one server."""

    def __init__(self, plan: DayPlan, profile: Profile, seed: int, server: Server, time_: QuickTime, say: Say) -> None:
        self.world = World(plan, profile, seed)
        self._plan, self._profile, self._seed = plan, profile, seed
        self._server, self._time, self._say = server, time_, say
        self._dispatcher = Dispatcher(People.PATIENT, self.world.truth.draws)
        self._player = Player(self.world, server.link, self._dispatcher, RunningServer(time_))
        self._news_due = time_.start.timestamp()
        self._began = time.monotonic()

    def open(self) -> None:
        """Start the server and hand it the plan of the day."""
        self._server.keep_up()
        self._server.link.put_plan(self._plan.day, plan_document(self._plan))

    def play_until(self, end: float) -> None:
        """Play in step with the virtual clock to ``end`` (Unix seconds), or to the end of the day.

        A world that has fallen behind its clock takes one long step instead of many late ones.
        """
        instant = self._time.start.timestamp()
        while not self.world.is_over and instant < end:
            self._time.wait_until(instant)
            self._step(instant)
            if instant >= self._news_due:
                self._news_due = instant + NEWS_EVERY_S
                self._tell_news()
            instant = max(instant + STEP_S, self._time.now() // STEP_S * STEP_S)

    def _step(self, instant: float) -> None:
        try:
            self._player.step(instant)
        except Unavailable:
            if self._server.keep_up():
                self._say("the server was gone and has been started again; it goes on where it was")

    def _tell_news(self) -> None:
        moment = datetime.fromtimestamp(self.world.now, UTC)  # the city's local time, in winter
        decided = list_outcomes(self._plan, self.world.ledger, self.world.now).values()
        kept = sum(not outcome.is_broken for outcome in decided)
        cases, waiting = self._count_cases()
        share = f"{100 * kept / len(decided):.1f} % of {len(decided)}" if decided else "none yet"
        self._say(
            f"{moment:%H:%M}  on time so far {share}, cases {cases}, waiting for a person {waiting}, "
            f"messages {self.world.ledger.messages}"
        )

    def _count_cases(self) -> tuple[str, str]:
        try:
            day = self._plan.day
            return str(len(self._server.link.list_cases(day))), str(len(self._server.link.list_questions(day)))
        except Unavailable:
            return "?", "?"  # it is started again with the next step

    def summarise(self) -> dict[str, object]:
        """The report of the day so far, beside doing nothing up to the same moment."""
        nothing = World(self._plan, self._profile, self._seed, muted=True)
        nothing.run_to(self.world.now)
        record = read_record(self._server.link, self._plan.day, self._dispatcher.asked)
        wall_s = time.monotonic() - self._began
        until = None if self.world.is_over else self.world.now
        baseline = RunResult(self._plan, Arm.DO_NOTHING, self._seed, nothing.ledger, ServiceRecord(), 0.0, 0.0, until)
        run = RunResult(self._plan, Arm.FORESTALL, self._seed, self.world.ledger, record, wall_s, 0.0, until)
        return describe(run, baseline)


def run_demo(
    port: int = 8000,
    rate: float = 60.0,
    seed: int = 1,
    profile: Profile | None = None,
    day_limit_min: float | None = None,
    data_dir: Path | None = None,
    say: Say = print,
) -> dict[str, object]:
    """Play the city's day at ``rate`` against a server on ``port``; gives the report when the day is over.

    ``day_limit_min`` ends it after so many virtual minutes. Ctrl-C ends it early, with the report so far. The server's
    data is in ``data_dir``, or in a temporary folder that goes with it.

    Raises:
        Unavailable: the server can't be started, for example because the port is taken.
    """
    rules = profile or load_profile()
    say("building the city and its first plan")
    plan = build_city(seed, spares=rules.vehicles.spare_vans)
    first = min(route.departs_at for route in plan.routes if not route.is_spare)
    start = first - timedelta(seconds=BEFORE_FIRST_DEPARTURE_S)
    quick = QuickTime(start, datetime.now(UTC) + timedelta(seconds=READY_IN_S), rate)
    with _folder(data_dir) as folder, started(port, folder, quick.as_environment()) as server:
        demo = Demo(plan, rules, seed, server, quick, say)
        try:
            demo.open()
            say(f"{plan.day}: {len(plan.stops)} stops, {len(plan.routes)} routes at {rate:g} times real time")
            say(f"watch, approve and veto at {server.address}  (Ctrl-C ends it)")
            demo.play_until(start.timestamp() + (day_limit_min or 24 * 60) * 60)
        except KeyboardInterrupt:
            say("stopping")
        return demo.summarise()


def _folder(data_dir: Path | None) -> AbstractContextManager[Path]:
    if data_dir is not None:
        return nullcontext(data_dir)
    return _temporary_folder()


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="forestall-demo-") as folder:
        yield Path(folder)
