"""The acts of people as the service offers them: each in a transaction of its own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from agent.people import care
from agent.people.care import Act, Snooze
from agent.people.confirming import confirm_route
from agent.people.edits import Wish, edit
from agent.people.hand import Hand
from agent.people.pins import set_pin
from agent.people.undoing import undo
from agent.run import Workplace
from forestall.domain.cases import Case
from forestall.domain.decisions import Decision
from forestall.domain.ids import CaseId, DecisionId, RouteId, StopId
from forestall.domain.routes import Route, Stop
from forestall.domain.vocabulary import OverrideReason


class Office:
    """What a person may do about a case, a route or a stop. All raise NotFound, Forbidden, BadInput or Conflict (with
    the present state). ``revision`` is the case's as the person saw it.

    ``reckoning`` keeps what forecasts and plans to one at a time in this process: edits and undos use the same engines
    as the tick.
    """

    def __init__(self, work: Workplace, reckoning: threading.Lock) -> None:
        self._work, self._reckoning = work, reckoning

    def acknowledge(self, case_id: CaseId, revision: int, hand: Hand) -> Case:
        with self._acting("acknowledge", case_id, revision, hand) as act:
            return care.acknowledge(act)

    def assign(self, case_id: CaseId, revision: int, hand: Hand, to: str | None) -> Case:
        with self._acting("assign", case_id, revision, hand) as act:
            return care.assign(act, to)

    def take_over(self, case_id: CaseId, revision: int, hand: Hand) -> Case:
        with self._acting("take_over", case_id, revision, hand) as act:
            return care.take_over(act)

    def hand_back(self, case_id: CaseId, revision: int, hand: Hand) -> Case:
        with self._acting("hand_back", case_id, revision, hand) as act:
            return care.hand_back(act)

    def snooze(self, case_id: CaseId, revision: int, hand: Hand, terms: Snooze) -> Case:
        with self._acting("snooze", case_id, revision, hand) as act:
            return care.snooze(act, terms)

    def wake(self, case_id: CaseId, revision: int, hand: Hand) -> Case:
        with self._acting("wake", case_id, revision, hand) as act:
            return care.wake(act)

    def merge(self, case_id: CaseId, revision: int, hand: Hand, into: CaseId) -> Case:
        with self._acting("merge", case_id, revision, hand) as act:
            return care.merge(act, into)

    def edit(self, case_id: CaseId, wish: Wish, hand: Hand) -> Case:
        with self._reckoning:
            return edit(self._work, case_id, wish, hand)

    def undo(
        self,
        case_id: CaseId,
        hand: Hand,
        decision_id: DecisionId | None = None,
        reason: OverrideReason | None = None,
    ) -> tuple[Case, Decision]:
        with self._reckoning:
            return undo(self._work, case_id, decision_id, reason, hand)

    def set_pin(self, stop_id: StopId, pinned: bool, hand: Hand) -> Stop:
        with self._work.store.write() as uow:
            return set_pin(uow, self._work.gate, stop_id, pinned, hand, self._work.clock.now())

    def confirm_route(self, route_id: RouteId, plan_version: int, hand: Hand) -> Route:
        with self._work.store.write() as uow:
            return confirm_route(uow, self._work.gate, route_id, plan_version, hand, self._work.clock.now())

    @contextmanager
    def _acting(self, action: str, case_id: CaseId, revision: int, hand: Hand) -> Iterator[Act]:
        with self._work.store.write() as uow:
            yield Act(uow, self._work.gate, action, case_id, revision, hand, self._work.clock.now())
