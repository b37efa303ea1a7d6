"""One day played under one arm."""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import Any

from agent.planner.traces import NEVER_RECORDED
from evals.arms.board import Board
from evals.arms.desk import Desk
from evals.arms.greedy import Greedy
from evals.arms.oracle import play_oracle
from evals.arms.reactive import Reactive
from evals.auditor import read_record
from evals.inprocess import ServiceInProcess, start_service
from evals.metrics import ALARM_P_LATE, RunResult, ServiceRecord
from evals.people import Dispatcher, People
from evals.player import Player
from evals.profile import Profile
from evals.world import World
from forestall.domain.decisions import Proposal
from forestall.domain.plan import DayPlan
from forestall.domain.vocabulary import Mode
from forestall.errors import BadInput, Problem
from forestall.intake import plan_document
from forestall.settings import Settings

STEP_S = 60.0
NO_MODEL: Mapping[str, None] = {"llm_model": None, "llm_traces": None, "llm_record": None}
"""The service's settings under which it asks no language model."""

Room = Reactive | Greedy


class Arm(StrEnum):
    DO_NOTHING = "do-nothing"
    REACTIVE = "reactive"
    GREEDY = "greedy"
    FORESTALL = "forestall"
    SUGGEST = "suggest"
    FORESTALL_LLM = "forestall-llm"
    ORACLE = "oracle"


def play(plan: DayPlan, arm: Arm, seed: int, profile: Profile, people: People = People.APPROVE) -> RunResult:
    """The day under one arm. The same arguments give the same result, ``wall_s`` and ``cpu_s`` apart.

    ``people`` answer the questions of FORESTALL, with a language model or without; those of SUGGEST always go to a
    slow person. Raises BadInput where FORESTALL_LLM is to be played and no model is named, or recorded answers that are
    not those of this day.
    """
    started, cpu_started = time.perf_counter(), _cpu_s()
    world = World(plan, profile, seed, muted=arm is Arm.DO_NOTHING)
    match arm:
        case Arm.DO_NOTHING:
            world.run_to(world.ends_at)
            record = ServiceRecord()
        case Arm.REACTIVE:
            record = _play_with_room(world, Reactive)
        case Arm.GREEDY:
            record = _play_with_room(world, Greedy)
        case Arm.FORESTALL:
            record = play_with_service(world, people, Mode.LIVE)
        case Arm.FORESTALL_LLM:
            with played_with_model(world, people) as (service, dispatcher):
                record = _record(service, plan.day, dispatcher)
        case Arm.SUGGEST:
            record = play_with_service(world, People.SLOW, Mode.SUGGEST)
        case Arm.ORACLE:
            world, record = play_oracle(plan, profile, seed), ServiceRecord()
    wall_s, cpu_s = time.perf_counter() - started, _cpu_s() - cpu_started
    return RunResult(plan, arm, seed, world.ledger, record, wall_s, cpu_s)


def _cpu_s() -> float:
    """CPU seconds of this process and of those it has ended, the solver's among them."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _play_with_room(world: World, furnish: Callable[[Board, Desk], Room]) -> ServiceRecord:
    """The operations room gets the plan, the reports and two ways to speak; of the world it sees nothing else."""
    board = Board(world.plan)
    desk = Desk(board, world.receive_driver_effect, world.receive_text)
    room, instant = furnish(board, desk), world.opens_at
    while not world.is_over:
        instant += STEP_S
        world.run_to(instant)
        board.take(world.take_events())
        world.note_told(instant)
        room.look(instant)
    return ServiceRecord(actions={str(kind): count for kind, count in sorted(desk.done.items())})


def play_with_service(world: World, people: People, mode: Mode) -> ServiceRecord:
    """Play ``world`` with a service of its own that runs in ``mode`` and asks ``people``; gives its own record.

    No language model has a part in it, whatever the environment names: that is an arm of its own.
    """
    with played_with_service(world, people, mode, **NO_MODEL) as (service, dispatcher):
        return _record(service, world.plan.day, dispatcher)


@contextmanager
def played_with_service(
    world: World, people: People, mode: Mode, **told: Any
) -> Iterator[tuple[ServiceInProcess, Dispatcher]]:
    """Play ``world`` to its end with a service of its own, and give it as it stands then; ``told`` are its settings."""
    dispatcher = Dispatcher(people, world.truth.draws)
    with start_service(world.opens_at, mode, **told) as service:
        service.link.put_plan(world.plan.day, plan_document(world.plan))
        player = Player(world, service.link, dispatcher, service)
        instant = world.opens_at
        while not world.is_over:
            instant += STEP_S
            player.step(instant)
        yield service, dispatcher


def _record(service: ServiceInProcess, day: str, dispatcher: Dispatcher) -> ServiceRecord:
    return read_record(service.link, day, dispatcher.asked, service.list_alarms(ALARM_P_LATE))


@contextmanager
def played_with_model(world: World, people: People) -> Iterator[tuple[ServiceInProcess, Dispatcher]]:
    """Play ``world`` to its end with the language model, or the recorded answers, that the environment names.

    Raises BadInput where it names none, and where the recorded answers lack some: that is no replay of that model.
    """
    settings = Settings()
    if settings.llm_traces is None and settings.llm_model is None:
        problem = Problem(
            "FORESTALL_LLM_TRACES", "is not set, nor is FORESTALL_LLM_MODEL", "name recorded answers, or a model"
        )
        raise BadInput("The arm forestall-llm has no language model to ask.", [problem])
    with played_with_service(world, people, Mode.LIVE) as (service, dispatcher):
        require_recorded(service.list_proposals(world.plan.day))
        yield service, dispatcher


def require_recorded(proposals: Iterable[Proposal]) -> None:
    """Raises BadInput where a replay of recorded answers had none for a question."""
    asked = [proposal.consultation for proposal in proposals if proposal.consultation is not None]
    missing = sum(NEVER_RECORDED in consultation.fault for consultation in asked)
    if missing:
        problem = Problem(
            "FORESTALL_LLM_TRACES",
            f"lacks {missing} of the {len(asked)} questions of this day",
            "record the same day, seed and profile with this version: FORESTALL_LLM_RECORD",
        )
        raise BadInput("The recorded answers are not this day's.", [problem])
