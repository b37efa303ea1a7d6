"""What happens next, in virtual time: a plain queue of instants and what to do then."""

from collections.abc import Callable
from heapq import heappop, heappush

Happening = Callable[[float], None]


class Agenda:
    """Happenings of one instant run in the order in which they were entered, so a day repeats exactly."""

    def __init__(self) -> None:
        self._queue: list[tuple[float, int, Happening]] = []
        self._entered = 0

    def at(self, instant: float, happening: Happening) -> None:
        """``happening`` is called with ``instant`` (Unix seconds) once time has come there."""
        self._entered += 1
        heappush(self._queue, (instant, self._entered, happening))

    def run_to(self, instant: float) -> None:
        """Everything due up to ``instant``, it included, and whatever that brings about by then."""
        while self._queue and self._queue[0][0] <= instant:
            due, _, happening = heappop(self._queue)
            happening(due)

    @property
    def is_empty(self) -> bool:
        return not self._queue
