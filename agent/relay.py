"""The relay: hands committed effects to their channels, each under a lease, and writes down what became of it."""

from collections.abc import Mapping

from forestall.clock import Clock
from forestall.domain.effects import OutboxRow
from forestall.domain.vocabulary import Channel, OutboxState
from forestall.store import Store
from tools.channels import Delivery, EffectChannel

_BATCH = 50


def relay_due(store: Store, clock: Clock, channels: Mapping[Channel, EffectChannel], lease_s: float) -> int:
    """Send every row that is due; returns how many were settled.

    A row is claimed ("attempting" is on record) before its channel is called, so a crash in between leaves a lease to
    run out and the channel's own look-up or idempotency key to decide, never a silent second send.
    """
    settled = 0
    while True:
        with store.write() as uow:
            rows = uow.outbox.claim(clock.now(), lease_s, _BATCH)
        if not rows:
            return settled
        deliveries = [(row, _deliver(row, clock, channels)) for row in rows]
        with store.write() as uow:
            for row, delivery in deliveries:
                settled += uow.outbox.settle(row.seq, row.fence, delivery.state, delivery.detail, clock.now())


def _deliver(row: OutboxRow, clock: Clock, channels: Mapping[Channel, EffectChannel]) -> Delivery:
    if row.effect.expires_at <= clock.now():
        return Delivery(OutboxState.EXPIRED, {"expires_at": row.effect.expires_at.isoformat()})
    return channels[row.effect.channel].deliver(row.effect)
