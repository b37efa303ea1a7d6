"""The dry-run channel: the effect is rendered, stored and visible, and goes nowhere."""

from forestall.domain.effects import Effect
from forestall.domain.vocabulary import OutboxState
from tools.channels.port import Delivery


class DryRunChannel:
    """Settles every effect as ``dry_run``; the outbox row itself is the record of what would have been sent."""

    def deliver(self, effect: Effect) -> Delivery:
        return Delivery(OutboxState.DRY_RUN, {"would_reach": effect.recipient_id})
