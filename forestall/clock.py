"""Time as a port: nothing else in the project asks the machine what time it is."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The present, aware UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class ManualClock:
    """A clock that moves only when told: virtual time in tests and simulations."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def advance_to(self, instant: datetime) -> None:
        """Move forward to ``instant``; a clock never runs backwards, so an earlier instant is a ValueError."""
        if instant < self._now:
            raise ValueError(f"the clock is at {self._now.isoformat()} and can't go back to {instant.isoformat()}")
        self._now = instant


class ScaledClock:
    """``rate`` seconds pass here for each real one: at ``anchor`` (real) this clock shows ``start``.

    Two processes given the same three values agree, and a restarted one carries on where it should.
    """

    def __init__(self, start: datetime, anchor: datetime, rate: float) -> None:
        if rate <= 0:
            raise ValueError(f"clock rate must be above 0, not {rate}")
        self._start, self._anchor, self._rate = start, anchor, rate

    def now(self) -> datetime:
        elapsed = (datetime.now(UTC) - self._anchor).total_seconds()
        return self._start + timedelta(seconds=elapsed * self._rate)
