"""The port every channel keeps, and its in-memory twin."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from forestall.domain.effects import Effect
from forestall.domain.vocabulary import OutboxState


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one hand-over: the outbox state it leads to, and what the other side said."""

    state: OutboxState
    detail: Mapping[str, object] = field(default_factory=dict)


class EffectChannel(Protocol):
    def deliver(self, effect: Effect) -> Delivery:
        """Hand the effect over once. ``effect.key`` is the idempotency key where the other side takes one.

        Raises nothing for a refusal or an unclear answer: those are states (failed, unknown) with their detail.
        """
        ...


class RecordingChannel:
    """The in-memory twin: keeps what it was given, by key, and counts repeats."""

    def __init__(self) -> None:
        self.delivered: dict[str, Effect] = {}
        self.calls = 0

    def deliver(self, effect: Effect) -> Delivery:
        self.calls += 1
        self.delivered.setdefault(effect.key, effect)
        return Delivery(OutboxState.SENT, {"repeat": len(self.delivered) < self.calls})
