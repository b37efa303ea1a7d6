"""What a language model may cost, and when it is left alone: tokens and money an hour, and a breaker."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Allowance:
    """``tokens_an_hour`` and ``cents_an_hour`` may be spent; a million tokens cost ``cents_per_million``.

    After ``failures`` in a row nothing is asked for ``rest``; then one question finds out.
    """

    tokens_an_hour: int = 200_000
    cents_an_hour: float = 100.0
    cents_per_million: float = 0.0
    failures: int = 3
    rest: timedelta = timedelta(minutes=2)


class Budget:
    """Keeps count. ``refusal`` before each question, ``spend`` and ``note`` after it; times are the service's own."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._spent: deque[tuple[datetime, int]] = deque()
        self._failed = 0
        self._rests_until: datetime | None = None

    def refusal(self, now: datetime) -> str | None:
        """Why nothing may be asked now; None when it may."""
        if self._rests_until is not None and now < self._rests_until:
            return f"left alone after {self._failed} failures"
        while self._spent and self._spent[0][0] <= now - _HOUR:
            self._spent.popleft()
        tokens = sum(count for _, count in self._spent)
        if tokens >= self._allowance.tokens_an_hour:
            return "this hour's tokens are spent"
        if tokens * self._allowance.cents_per_million >= self._allowance.cents_an_hour * 1e6:
            return "this hour's money is spent"
        return None

    def spend(self, tokens: int, now: datetime) -> None:
        self._spent.append((now, tokens))

    def note(self, *, failed: bool, now: datetime) -> None:
        """An answer that can't be used counts as a failure, whoever's fault it was."""
        self._failed = self._failed + 1 if failed else 0
        self._rests_until = now + self._allowance.rest if self._failed >= self._allowance.failures else None
