"""Where two vehicles have agreed to meet: who is there already, and for how long he waits."""

from collections.abc import Callable
from typing import Protocol

from evals.agenda import Agenda
from evals.errands import Errand
from forestall.domain.ids import VehicleId

Pair = tuple[VehicleId, VehicleId]
"""Who gives, and who takes."""


class Party(Protocol):
    """A vehicle at its meeting place. ``met`` is told how long the hand-over takes; ``let_down`` that nobody came."""

    def met(self, now: float, lasts_s: float) -> None: ...

    def let_down(self, now: float) -> None: ...


class Meetings:
    """``lasts_s`` says how long a hand-over between two vehicles really takes, given what the plan expects."""

    def __init__(self, agenda: Agenda, lasts_s: Callable[[Pair, float], float]) -> None:
        self._agenda, self._lasts_s = agenda, lasts_s
        self._waiting: dict[Pair, Party] = {}

    def come(self, party: Party, pair: Pair, errand: Errand, now: float) -> None:
        """A party is there: the hand-over begins if the other one is too, else he waits until the errand's end."""
        other = self._waiting.pop(pair, None)
        if other is not None:
            lasts_s = self._lasts_s(pair, errand.service_s)
            other.met(now, lasts_s)
            party.met(now, lasts_s)
        elif now >= errand.closes_at:
            party.let_down(now)
        else:
            self._waiting[pair] = party
            self._agenda.at(errand.closes_at, lambda at: self._give_up(pair, party, at))

    def _give_up(self, pair: Pair, party: Party, now: float) -> None:
        if self._waiting.get(pair) is party:
            del self._waiting[pair]
            party.let_down(now)
