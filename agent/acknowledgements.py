"""Acknowledgements: a changed route is told, asked about again, and at last handed to a person, until it is confirmed.

The channels are tried in turn, each for its own time (``ack_patience``): the driver's app, then for another carrier's
route the carrier, then a call; the instruction is always the same. What silence means for the forecast is in
``forestall.domain.believed``, what it means for the caseload in ``silence``.
"""

import logging
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from operator import attrgetter

from agent.ack_patience import AckPatience, next_channel
from agent.limits import board_of
from agent.run import Ready, Workplace
from agent.silence import WITH_A_PERSON
from agent.steps.situations import hubs_around
from forestall.domain.actions import RouteChange
from forestall.domain.believed import is_followed
from forestall.domain.cases import Case
from forestall.domain.decisions import Decision
from forestall.domain.ids import CaseId, RouteId
from forestall.domain.instructions import Instruction
from forestall.domain.routes import Route
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import CaseKind, CaseStatus, Channel, RouteStatus
from forestall.errors import Conflict, StalePlan
from forestall.intake.confirming import confirm_plan
from forestall.store import UnitOfWork
from tools.rendering import reminder_effect

logger = logging.getLogger(__name__)

CONFIRMED = "instruction.confirmed"
"""The kind of the audit record of a person who confirmed for a driver."""
DRIVEN = frozenset({RouteStatus.PLANNED, RouteStatus.UNDERWAY})
"""Routes whose drivers have something to confirm."""


def instructions_of(
    case: Case, plan_rev: int, decision: Decision, ready: Ready, patience: AckPatience
) -> list[Instruction]:
    """One for each route that the plan changes and somebody will drive: a broken vehicle's driver has nothing to do."""
    before = ready.situation.snapshot
    changed = [(before.routes[change.route_id], change) for change in ready.candidate.route_changes]
    return [
        Instruction(
            route_id=route.id,
            plan_version=route.plan_version + 1,
            day=case.day,
            hub_id=route.hub_id,
            case_id=case.id,
            cause=case.fingerprint,
            plan_rev=plan_rev,
            decision_id=decision.id,
            stops_before=tuple(stop.id for stop in before.open_stops(route.id)),
            departs_before=route.departs_at,
            told_at=decision.at,
            answer_by=(answer_by := _answer_by(route, change, decision.at, patience)),
            channel=Channel.DRIVER,
            next_at=answer_by,
        )
        for route, change in changed
        if route.status in DRIVEN
    ]


def _answer_by(route: Route, change: RouteChange, told_at: datetime, patience: AckPatience) -> datetime:
    if route.status is not RouteStatus.PLANNED:
        return patience.first_answer_by(told_at, None)
    return patience.first_answer_by(told_at, change.departs_at or route.earliest_departure(told_at))


def chase_silent(work: Workplace) -> list[CaseId]:
    """Try the next channel for every plan whose driver has not confirmed it in time, except where nothing may start.

    Returns the cases for which somebody else was faster; their drivers are chased at the next step.
    """
    now = work.clock.now()
    with work.store.read() as uow:
        board = board_of(work, uow)
        due = [one for one in uow.instructions.list_due(now) if not board.holds(one.hub_id, None)]
    missed: list[CaseId] = []
    for route_id, told in groupby(due, key=attrgetter("route_id")):
        try:
            with work.store.write() as uow:
                _chase(work, uow, route_id, now)
        except (Conflict, StalePlan) as error:
            logger.warning("route %s: %s; its driver is asked again later", route_id, error)
            missed += [instruction.case_id for instruction in told]
    return missed


def _chase(work: Workplace, uow: UnitOfWork, route_id: RouteId, now: datetime) -> None:
    """One transaction: what silence has come to for one route, its message and its record."""
    route = uow.state.get_route(route_id)
    waiting = uow.instructions.list_unconfirmed(route_id)
    if not waiting:
        return  # confirmed since they were listed
    newest = waiting[-1]
    if route.status not in DRIVEN:
        uow.instructions.drop(route_id, now)
        return
    if is_followed(tuple(uow.state.list_stops(route_id)), newest):
        confirm_plan(uow, route, newest.plan_version, now)
        return
    uow.state.touch_hub(route.hub_id)  # from now on the forecast believes the old plan
    case = uow.cases.get(newest.case_id)
    snapshot = uow.state.load_snapshot(newest.day, now, hubs_around(uow, case))
    channel = next_channel(newest.channel, snapshot.carrier_of(snapshot.routes[route_id]).kind)
    if channel is None:
        _pass_on(uow, case, newest, now)
    else:
        _remind(work, uow, snapshot, newest, channel, now)


def _remind(
    work: Workplace, uow: UnitOfWork, snapshot: HubSnapshot, newest: Instruction, channel: Channel, now: datetime
) -> None:
    next_at = now + work.ack_patience.of(channel)
    uow.instructions.put_off(newest.route_id, channel, next_at, None)
    effect = reminder_effect(snapshot, newest, channel, expires_at=next_at)
    uow.outbox.add([effect])
    body = {**_about(newest), "channel": channel.value, "effect": effect.key, "answer_by": next_at.isoformat()}
    uow.audit.append(now, "instruction.repeated", newest.route_id, body)


def _pass_on(uow: UnitOfWork, case: Case, newest: Instruction, now: datetime) -> None:
    """Nobody answers: the case that made the plan is a person's now, and open for all to see."""
    uow.instructions.put_off(newest.route_id, newest.channel, None, now)
    if not case.status.is_closed and not case.status.is_waiting:
        told = replace(
            case,
            status=CaseStatus.OPEN,
            kind=CaseKind.PLAN_UNACKNOWLEDGED,
            evidence={**case.evidence, WITH_A_PERSON: True},
            updated_at=now,
            revision=case.revision + 1,
        )
        uow.cases.save(told)
    uow.audit.append(now, "instruction.unanswered", newest.route_id, _about(newest))


def _about(instruction: Instruction) -> dict[str, object]:
    return {
        "route_id": instruction.route_id,
        "plan_version": instruction.plan_version,
        "case_id": instruction.case_id,
        "decision_id": instruction.decision_id,
        "told_at": instruction.told_at.isoformat(),
    }
