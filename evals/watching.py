"""A day that the service watches and nobody alters: what it forecast, and what then became of each stop."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from agent.pictures import Picture, Pictures
from evals.ledger import Ledger
from evals.profile import Profile
from evals.world import World
from forestall.clock import ManualClock
from forestall.domain.plan import DayPlan
from forestall.intake import Intake, parse_events
from forestall.store import Store
from optimizer.repair import Repairer
from optimizer.risk import Forecaster

STEP_S = 60.0  # events are handed over as they come: what arrives minutes late is taken for a wrong clock


@dataclass(frozen=True, slots=True)
class WatchedDay:
    """``pictures`` in the order taken. ``ledger`` is what happened by the day's end, which no picture knew."""

    plan: DayPlan
    seed: int
    pictures: tuple[Picture, ...]
    ledger: Ledger


def watch(plan: DayPlan, profile: Profile, seed: int, forecaster: Forecaster, every_s: float) -> WatchedDay:
    """Play the day as it goes by itself, through the service's own intake, and forecast it every ``every_s`` (whole
    minutes)."""
    world = World(plan, profile, seed)
    pictures: list[Picture] = []
    with _open_intake(world.opens_at) as (store, intake, clock):
        intake.put_plan(plan)
        taker, hubs = Pictures(forecaster, Repairer()), tuple(sorted(hub.id for hub in plan.hubs))
        instant = world.opens_at
        while not world.is_over:
            world.run_to(instant)
            clock.advance_to(datetime.fromtimestamp(instant, UTC))
            intake.take_events(parse_events(world.take_events(), clock.now()))
            if (instant - world.opens_at) % every_s == 0:
                with store.read() as uow:
                    pictures.append(taker.take(uow, plan.day, hubs, clock.now()))
            instant += STEP_S
    return WatchedDay(plan, seed, tuple(pictures), world.ledger)


@contextmanager
def _open_intake(opens_at: float) -> Iterator[tuple[Store, Intake, ManualClock]]:
    with TemporaryDirectory(prefix="forestall-watch-") as folder:
        clock = ManualClock(datetime.fromtimestamp(opens_at, UTC))
        store = Store.open(f"sqlite:///{Path(folder) / 'day.db'}", clock, durable=False)
        with closing(store):
            store.migrate()
            yield store, Intake(store, clock), clock
