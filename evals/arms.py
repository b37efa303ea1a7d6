"""The arms: what is compared on the same day and seed."""

import os
import time
from enum import StrEnum

from evals.auditor import read_record
from evals.inprocess import start_service
from evals.metrics import ALARM_P_LATE, RunResult, ServiceRecord
from evals.people import Dispatcher, People
from evals.player import Player
from evals.profile import Profile
from evals.world import World
from forestall.domain.plan import DayPlan
from forestall.intake import plan_document

STEP_S = 60.0


class Arm(StrEnum):
    DO_NOTHING = "do-nothing"
    FORESTALL = "forestall"


def play(plan: DayPlan, arm: Arm, seed: int, profile: Profile, people: People = People.APPROVE) -> RunResult:
    """The day under one arm. The same arguments give the same result, ``wall_s`` and ``cpu_s`` apart."""
    started, cpu_started = time.perf_counter(), _cpu_s()
    world = World(plan, profile, seed, muted=arm is Arm.DO_NOTHING)
    match arm:
        case Arm.DO_NOTHING:
            world.run_to(world.ends_at)
            record = ServiceRecord()
        case Arm.FORESTALL:
            record = _play_with_service(world, people)
    wall_s, cpu_s = time.perf_counter() - started, _cpu_s() - cpu_started
    return RunResult(plan, arm, seed, world.ledger, record, wall_s, cpu_s)


def _cpu_s() -> float:
    """CPU seconds of this process and of those it has ended, the solver's among them."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _play_with_service(world: World, people: People) -> ServiceRecord:
    dispatcher = Dispatcher(people, world.truth.draws)
    with start_service(world.opens_at) as service:
        service.link.put_plan(world.plan.day, plan_document(world.plan))
        player = Player(world, service.link, dispatcher, service)
        instant = world.opens_at
        while not world.is_over:
            instant += STEP_S
            player.step(instant)
        alarms = service.list_alarms(ALARM_P_LATE)
        return read_record(service.link, world.plan.day, dispatcher.asked, alarms)
