"""What is counted rather than measured, and the last word of policy, inside the transaction that applies a plan.

A plan is judged on what was read a moment before; a limit that two plans reach together would be passed by both. So
the applying transaction makes itself the only one that carries anything out, counts again, reads the switches again,
and asks policy once more.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from agent.questions import position_of, question_of
from agent.run import Ready, Workplace
from agent.switching import read_board
from forestall.domain.actions import Candidate
from forestall.domain.decisions import Asked, GateVerdict, HubPace
from forestall.domain.ids import HubId, StopId
from forestall.domain.switches import Switchboard
from forestall.domain.vocabulary import Autonomy, Channel, Position
from forestall.store import UnitOfWork
from tools.situation import Situation

_WINDOW = timedelta(hours=1)
_NOTHING_STARTS = frozenset({Position.STOP, Position.SHADOW})


class NoLongerAllowed(Exception):
    """What was allowed when the plan was checked is not allowed any more; nothing of it was applied."""

    def __init__(self, verdict: GateVerdict) -> None:
        self.verdict = verdict
        super().__init__(f"{verdict.autonomy.value}: {'; '.join(verdict.why)}")


def board_of(work: Workplace, uow: UnitOfWork) -> Switchboard:
    """The switches as this transaction sees them, with what the process's own settings say."""
    return read_board(uow, work.mode, work.kill_switch)


def pace_of(uow: UnitOfWork, hub_id: HubId, now: datetime) -> HubPace:
    """What was carried out by itself in the hub within the hour before ``now``."""
    return uow.decisions.pace_of_hub(hub_id, now - _WINDOW)


def require_still_allowed(
    work: Workplace,
    uow: UnitOfWork,
    ready: Ready,
    planner: str,
    enough: Collection[Autonomy],
    carrier_agreed: bool = False,
) -> Asked:
    """Ask policy again, with everything counted in this writing transaction, which no other can overtake.

    ``carrier_agreed``: a receiving carrier has just said yes, which is its newest word on whether it has room.

    Raises:
        NoLongerAllowed: policy now grants less than ``enough``, or a switch has stopped what the plan concerns.
    """
    uow.hold_counts()
    work.gate.refresh(uow, work.clock.now())
    situation = _counted_again(work, uow, ready.situation, ready.candidate)
    question = question_of(work, situation, ready.candidate, ready.judgement)
    if carrier_agreed:
        question = replace(question, receiver_has_room=True)
    verdict = work.gate.ask(planner, situation.case.hub_id, question)
    # the switches are looked at beside policy as well: they hold even where its engine fails
    if verdict.autonomy not in enough or position_of(situation, ready.candidate) in _NOTHING_STARTS:
        raise NoLongerAllowed(verdict)
    return Asked(ready.candidate.id, question.as_context(), verdict)


def _counted_again(work: Workplace, uow: UnitOfWork, situation: Situation, candidate: Candidate) -> Situation:
    work.contact_log.refresh(uow)
    now, snapshot = work.clock.now(), situation.snapshot
    texts = [notice for notice in candidate.notices if notice.channel is Channel.SMS]
    contacts = {snapshot.orders[notice.order_id].contact_id for notice in texts if notice.order_id is not None}
    zone = snapshot.hubs[situation.case.hub_id].time_zone
    return replace(
        situation,
        told=work.contact_log.told([StopId(notice.subject_id) for notice in texts], now, zone),
        told_today_by_contact=work.contact_log.count_by_contact([c for c in contacts if c is not None], now, zone),
        pace=pace_of(uow, situation.case.hub_id, now),
        board=board_of(work, uow),
    )
