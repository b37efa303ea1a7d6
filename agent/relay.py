"""The relay: hands committed effects to their channels, each under a lease, and writes down what became of it.

Before each effect the switches are read once more, and policy is asked about each message to a customer: what is
stopped stays in the outbox, what would come in quiet hours waits for the morning.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from agent.limits import board_of
from agent.run import Workplace
from forestall.domain.effects import Effect, OutboxRow
from forestall.domain.vocabulary import Autonomy, Channel, OutboxState
from policies.question import MessageQuestion
from tools.channels import Delivery, EffectChannel
from tools.notify_customer import sendable_from

_BATCH = 50
# A message that policy refuses for another reason than the hour is put to it again so much later.
_ASK_AGAIN_AFTER = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Wait:
    """An effect that does not start now: from when it may be looked at again, and why it waits."""

    until: datetime
    detail: Mapping[str, object]


def relay_due(work: Workplace, channels: Mapping[Channel, EffectChannel], lease_s: float) -> int:
    """Send every row that is due; returns how many were settled.

    A row is claimed ("attempting" is on record) before its channel is called, so a crash in between leaves a lease to
    run out and the channel's own look-up or idempotency key to decide, never a silent second send.
    """
    settled = 0
    while True:
        with work.store.write() as uow:
            rows = uow.outbox.claim(work.clock.now(), lease_s, _BATCH, board_of(work, uow))
        if not rows:
            return settled
        ends = [(row, _hand_over(row, work, channels)) for row in rows]
        with work.store.write() as uow:
            for row, end in ends:
                if isinstance(end, Wait):
                    uow.outbox.give_back(row.seq, row.fence, end.until, end.detail)
                else:
                    settled += uow.outbox.settle(row.seq, row.fence, end.state, end.detail, work.clock.now())


def _hand_over(row: OutboxRow, work: Workplace, channels: Mapping[Channel, EffectChannel]) -> Delivery | Wait:
    now = work.clock.now()
    if row.effect.expires_at <= now:
        return Delivery(OutboxState.EXPIRED, {"expires_at": row.effect.expires_at.isoformat()})
    wait = _stopped(row.effect, work, now) or _not_now(row.effect, work, now)
    return wait or channels[row.effect.channel].deliver(row.effect)


def _stopped(effect: Effect, work: Workplace, now: datetime) -> Wait | None:
    """Whether a switch that was set since the row was claimed holds it back; it goes when the switch is released."""
    with work.store.read() as uow:
        is_held = board_of(work, uow).holds(effect.hub_id, effect.tool)
    return Wait(max(effect.not_before, now), {"waits_for": "switch"}) if is_held else None


def _not_now(effect: Effect, work: Workplace, now: datetime) -> Wait | None:
    """Whether policy keeps a message to a customer from leaving at this hour."""
    zone = effect.payload.get("time_zone")
    if effect.channel is not Channel.SMS or not isinstance(zone, str):
        return None
    free_from = sendable_from(now, zone)
    question = MessageQuestion(effect.channel.value, effect.template, in_quiet_hours=free_from > now)
    verdict = work.gate.may_send(effect.hub_id, question)
    if verdict.autonomy is not Autonomy.FORBIDDEN:
        return None
    until = free_from if free_from > now else now + _ASK_AGAIN_AFTER
    return Wait(until, {"policy_ids": list(verdict.policy_ids), "why": list(verdict.why)})
