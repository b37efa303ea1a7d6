"""What is to leave the house: added with the decision, claimed by a sender under a lease, settled once.

``fence`` rises with every claim. A sender that was presumed dead still holds its old fence, so it can no longer
settle the row that somebody else has taken over.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import and_, bindparam, func, or_, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from forestall.domain.effects import Effect, OutboxRow
from forestall.domain.ids import CaseId, ContactId, DecisionId
from forestall.domain.switches import Switchboard
from forestall.domain.vocabulary import Channel, OutboxState, SwitchScope, Tool
from forestall.store.mappers import OUTBOX
from forestall.store.repository import Lock, Repository, chunks
from forestall.store.tables import cases, outbox

# 19 columns a row: far below both databases' limit of bound values.
_ROWS_A_STATEMENT = 200
_WENT_OUT = (OutboxState.SENDING, OutboxState.SENT, OutboxState.DRY_RUN, OutboxState.UNKNOWN)
_NOTHING_HELD = Switchboard()
# Whose switch holds back an effect that names no tool.
_WRITES_TO = {Channel.SMS: Tool.NOTIFY_CUSTOMER, Channel.CARRIER: Tool.CARRIER_UPDATE}


class Outbox(Repository):
    def add(self, effects: Sequence[Effect]) -> int:
        """Add effects as pending; those whose key is known are left alone. How many were new."""
        self.lock(Lock.OUTBOX)  # rows become visible in the order of their seq, so a reader's cursor misses none
        now, added = self._clock.now(), 0
        for some in chunks(effects, _ROWS_A_STATEMENT):
            rows = [self._new_row(effect, now) for effect in some]
            statement = self._insert(outbox).values(rows).on_conflict_do_nothing(index_elements=["key"])
            added += len(self._connection.execute(statement.returning(outbox.c.seq)).all())
        return added

    def claim(self, now: datetime, lease_s: float, limit: int, board: Switchboard = _NOTHING_HELD) -> list[OutboxRow]:
        """Take up to ``limit`` rows that are due, or whose lease ran out, for ``lease_s``; the oldest first. What
        ``board`` holds back stays where it is.

        Two claimers never get the same row. One with ``attempts`` above 1 may have been sent before. Rows past
        their ``expires_at`` are given too: settling them as expired is the sender's word.
        """
        if board.holds_all:
            return []
        held_hubs, held_tools = board.held_subjects(SwitchScope.HUB), board.held_subjects(SwitchScope.TOOL)
        statement = _claim(tuple(sorted(held_hubs)), tuple(sorted(held_tools)))
        told = {"now": now, "lease_ends": now + timedelta(seconds=lease_s), "most": limit}
        claimed = [OUTBOX.from_row(row) for row in self._connection.execute(statement, told)]
        return sorted(claimed, key=lambda row: row.seq)

    def settle(self, seq: int, fence: int, state: OutboxState, detail: Mapping[str, object], now: datetime) -> bool:
        """End the claim ``fence`` of a row with what came of it; False when the claim is no longer ours.

        Settling to PENDING gives the row back, to be claimed again.
        """
        settled_at = None if state is OutboxState.PENDING else now
        values = {"state": state, "detail": detail, "settled_at": settled_at, "leased_until": None}
        return self._changed(update(outbox).where(_claimed(seq, fence)).values(values)) == 1

    def give_back(self, seq: int, fence: int, not_before: datetime, detail: Mapping[str, object]) -> bool:
        """End the claim ``fence`` of a row unsent, to be claimed again from ``not_before`` on; ``detail`` says why."""
        values = {"state": OutboxState.PENDING, "not_before": not_before, "detail": detail, "leased_until": None}
        return self._changed(update(outbox).where(_claimed(seq, fence)).values(values)) == 1

    def cancel_pending(self, case_id: CaseId) -> int:
        """Withdraw what the case has not sent and nobody is sending; how many rows."""
        return self._cancel(outbox.c.case_id == case_id)

    def cancel_pending_of(self, decision_id: DecisionId) -> int:
        """Withdraw what that decision has not sent and nobody is sending; how many rows."""
        return self._cancel(outbox.c.decision_id == decision_id)

    def cancel_texts(self, contact_ids: Collection[ContactId]) -> int:
        """Withdraw the text messages to these contacts that nobody is sending yet; how many rows."""
        return self._cancel(and_(outbox.c.recipient_id.in_(sorted(contact_ids)), outbox.c.channel == Channel.SMS))

    def list_offers(self, contact_ids: Collection[ContactId], at: datetime) -> list[OutboxRow]:
        """The messages with choices still open at ``at`` that went out to any of the contacts, the newest last. One
        that may have gone out by then counts: when exactly it did is known only to who carried it."""
        to_them = (outbox.c.recipient_id.in_(sorted(contact_ids)), outbox.c.channel == Channel.SMS)
        due = (outbox.c.created_at <= at, outbox.c.not_before <= at)
        sent = self._list(*to_them, *due, outbox.c.state.in_(_WENT_OUT))
        return [row for row in sent if _is_open_offer(row, at)]

    def list_after(self, seq: int = 0, limit: int = 1000, channel: Channel | None = None) -> list[OutboxRow]:
        """Rows of any state behind ``seq``, in order."""
        conditions: list[Any] = [outbox.c.seq > seq]
        if channel is not None:
            conditions.append(outbox.c.channel == channel)
        return self._list(*conditions, limit=limit)

    def list_for_case(self, case_id: CaseId) -> list[OutboxRow]:
        return self._list(outbox.c.case_id == case_id)

    def count_by_state(self) -> dict[OutboxState, int]:
        """How many rows are in each state; states without rows are absent."""
        rows = self._connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state))
        return {OutboxState(state): count for state, count in rows}

    def _cancel(self, whose: Any) -> int:
        pending = and_(whose, outbox.c.state == OutboxState.PENDING)
        values = {"state": OutboxState.CANCELLED, "settled_at": self._clock.now()}
        return self._changed(update(outbox).where(pending).values(values))

    def _new_row(self, effect: Effect, now: datetime) -> dict[str, object]:
        fresh = OUTBOX.values(OutboxRow(seq=0, effect=effect, state=OutboxState.PENDING, created_at=now))
        del fresh["seq"]  # the database counts
        if effect.hub_id is None and effect.case_id is not None:
            fresh["hub_id"] = select(cases.c.hub_id).where(cases.c.id == effect.case_id).scalar_subquery()
        if effect.tool is None:
            fresh["tool"] = _WRITES_TO.get(effect.channel)
        return fresh

    def _list(self, *conditions: Any, limit: int | None = None) -> list[OutboxRow]:
        query = OUTBOX.select().where(*conditions).order_by(outbox.c.seq).limit(limit)
        return [OUTBOX.from_row(row) for row in self._connection.execute(query)]


def _is_open_offer(row: OutboxRow, at: datetime) -> bool:
    payload = row.effect.payload
    if not payload.get("choices"):
        return False
    open_until = payload.get("open_until")
    return not isinstance(open_until, str) or at <= datetime.fromisoformat(open_until)


def _claimed(seq: int, fence: int) -> Any:
    return and_(outbox.c.seq == seq, outbox.c.fence == fence, outbox.c.state == OutboxState.SENDING)


@lru_cache(maxsize=16)  # asked at every step, mostly with the same switches
def _claim(held_hubs: tuple[str, ...], held_tools: tuple[str, ...]) -> ReturningUpdate[Any]:
    """Takes ``most`` rows that are due at ``now`` until ``lease_ends``, those of stopped hubs and tools left out."""
    due = and_(outbox.c.state == OutboxState.PENDING, outbox.c.not_before <= bindparam("now"))
    abandoned = and_(outbox.c.state == OutboxState.SENDING, outbox.c.leased_until <= bindparam("now"))
    let_through: list[Any] = []
    if held_hubs:
        let_through.append(or_(outbox.c.hub_id.is_(None), outbox.c.hub_id.not_in(held_hubs)))
    if held_tools:
        let_through.append(or_(outbox.c.tool.is_(None), outbox.c.tool.not_in([Tool(tool) for tool in held_tools])))
    free = select(outbox.c.seq).where(or_(due, abandoned), *let_through).order_by(outbox.c.seq).limit(bindparam("most"))
    return (
        update(outbox)
        # One scan, whose rows stay locked: PostgreSQL may otherwise re-run the inner query against the limit.
        .where(outbox.c.seq.in_(select(free.with_for_update(skip_locked=True).cte("free").c.seq)))
        .values(
            state=OutboxState.SENDING,
            leased_until=bindparam("lease_ends"),
            fence=outbox.c.fence + 1,
            attempts=outbox.c.attempts + 1,
        )
        .returning(*OUTBOX.columns)
    )
