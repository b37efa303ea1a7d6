"""A bell: rung when something came in that should not wait for the next scheduled step."""

from collections.abc import Callable, Iterable

from forestall.domain.events import Event
from forestall.domain.vocabulary import EventType

# What tells of ordinary progress; the forecasts in between are spaced anyway.
_CAN_WAIT = frozenset({EventType.POSITION, EventType.ARRIVED, EventType.COMPLETED, EventType.ROUTE_ACK})


class Bell:
    """Whoever schedules the steps listens; ringing costs nothing where nobody does."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[], None]] = []

    def listen(self, listener: Callable[[], None]) -> None:
        self._listeners.append(listener)

    def hear(self, events: Iterable[Event]) -> None:
        """Ring for a batch that holds news a plan may have to answer at once."""
        if any(event.type not in _CAN_WAIT for event in events):
            self.ring()

    def ring(self) -> None:
        for listener in self._listeners:
            listener()
