"""Rehearsal: days played one after another into the configured database, forecast and never acted on.

This is how the risk model's life is tried out, and a first model trained, before real days have gone by. Plans and
events come in through the service's own intake, forecasts are made and kept as its sweep does, and ended stops are
labelled by its own job; there are no cases, since nobody would act on them, and so no label is censored.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from agent.learning.forecasting import Forecasting
from agent.learning.frames import frame_of
from agent.learning.job import LearningJob
from agent.learning.labels import AFTER_CLOSING
from agent.pictures import Pictures
from evals.calendar import on_day
from evals.profile import Profile
from evals.world import World
from forestall.bootstrap import make_forecasting, make_learning
from forestall.clock import ManualClock
from forestall.domain.plan import DayPlan
from forestall.errors import BadInput, Problem
from forestall.intake import Intake, parse_events
from forestall.settings import Settings
from forestall.store import Store
from optimizer.repair import Repairer

STEP_S = 300.0


@dataclass(frozen=True, slots=True)
class RehearsedDay:
    """What came of one day; ``model`` made its last forecast; ``frames`` and ``outcomes`` are there to learn from."""

    day: str
    model: str
    stops: int
    late: int
    frames: int
    outcomes: int


def rehearse(
    plans: Sequence[DayPlan], profile: Profile, settings: Settings, first: int, days: int, seed: int
) -> Iterator[RehearsedDay]:
    """Play ``days`` days, the first one ``first`` days after the plans' own date, taking the plans in turn.

    The same ``seed`` has another truth in store for every day. Raises BadInput when one of the days was played before,
    or the settings keep no features.
    """
    if settings.features_every_s == 0:
        problem = Problem("FORESTALL_FEATURES_EVERY_S", "is 0: nothing would be kept", "give seconds, 1800 for example")
        raise BadInput("There would be nothing to learn from.", [problem])
    dates = [on_day(plans[number % len(plans)], number) for number in range(first, first + days)]
    clock = ManualClock(min(hub.opens_at for hub in dates[0].hubs))
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    with closing(Store.open(settings.resolved_database_url, clock, durable=settings.durable)) as store:
        store.migrate()
        _check_unplayed(store, [plan.day for plan in dates])
        stage = _Stage(store, clock, make_forecasting(settings), make_learning(settings, store), settings)
        for plan in dates:
            yield stage.play(World(plan, profile, seed))


def _check_unplayed(store: Store, days: Sequence[str]) -> None:
    with store.read() as uow:
        played = sorted(set(days) & set(uow.plans.list_days()))
    if played:
        remedy = "begin later with --first, or use another database"
        raise BadInput("A day is played once.", [Problem(day, "is in the database already", remedy) for day in played])


class _Stage:
    """The parts of a service that watch, and its clock."""

    def __init__(
        self, store: Store, clock: ManualClock, forecasting: Forecasting, learning: LearningJob, settings: Settings
    ) -> None:
        self._store, self._clock, self._forecasting, self._learning = store, clock, forecasting, learning
        self._intake = Intake(store, clock)
        self._pictures = Pictures(forecasting, Repairer())
        self._every_s = max(settings.features_every_s, STEP_S)

    def play(self, world: World) -> RehearsedDay:
        plan = world.plan
        self._intake.put_plan(plan)
        instant, due, frames = world.opens_at, world.opens_at, 0
        while not world.is_over:
            world.run_to(instant)
            self._clock.advance_to(datetime.fromtimestamp(instant, UTC))
            self._intake.take_events(parse_events(world.take_events(), self._clock.now()))
            if instant >= due:
                frames += self._look(plan)
                due += self._every_s
            instant += STEP_S
        over_at = max(hub.closes_at for hub in plan.hubs) + AFTER_CLOSING
        self._clock.advance_to(max(self._clock.now(), over_at + timedelta(seconds=1)))
        self._learning.run(self._clock.now())
        with self._store.read() as uow:
            outcomes = uow.outcomes.list_known([plan.day]).values()
        late = sum(outcome.late for outcome in outcomes)
        return RehearsedDay(plan.day, self._forecasting.model_name, len(plan.stops), late, frames, len(outcomes))

    def _look(self, plan: DayPlan) -> bool:
        """Forecast what is open and keep it; False when nothing is."""
        self._forecasting.refresh(self._store, self._clock)
        hubs = tuple(sorted(hub.id for hub in plan.hubs))
        with self._store.read() as uow:
            picture = self._pictures.take(uow, plan.day, hubs, self._clock.now())
        if not picture.forecast.stops:
            return False
        with self._store.write() as uow:
            uow.scores.add(picture.forecast)
            uow.frames.add(frame_of(picture.snapshot, picture.forecast))
        return True
