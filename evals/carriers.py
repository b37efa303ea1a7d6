"""Other carriers as they are: each answers the tenders it gets, or does not, and may withdraw for the day."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from evals.draws import Draws
from evals.feed import Feed
from evals.profile import Carriers as Rules
from forestall.domain.ids import CarrierId, StopId
from forestall.domain.plan import DayPlan
from forestall.domain.vocabulary import EventType

ANSWERS_AFTER = (0.2, 0.9)  # of the time it has


class Carriers:
    """What a carrier says to some stops is drawn for these stops, and the same whenever it is asked about them."""

    def __init__(self, plan: DayPlan, draws: Draws, rules: Rules, feed: Feed) -> None:
        self._draws, self._rules, self._feed = draws, rules, feed
        self._must_be_asked = {carrier.id for carrier in plan.carriers if carrier.answers_within_s is not None}
        self._agreed_at: dict[tuple[CarrierId, StopId], float] = {}
        self._withdrawn_at: dict[CarrierId, float] = {}

    def receive(self, template: str, payload: Mapping[str, Any], now: float) -> None:
        """Take in a message to a carrier; only a tender asks something of it."""
        if template != "tender":
            return
        carrier_id, stop_ids = CarrierId(payload["carrier_id"]), [StopId(stop_id) for stop_id in payload["stop_ids"]]
        about = (carrier_id, *sorted(stop_ids))
        if self._draws.happens(self._rules.silent, "silent", *about):
            return
        accepts = not self.has_withdrawn(carrier_id, now) and not self._draws.happens(
            self._rules.declines, "declines", *about
        )
        left_s = datetime.fromisoformat(payload["answer_by"]).timestamp() - now
        at = now + round(max(0.0, left_s) * self._draws.between(*ANSWERS_AFTER, "answers tender", *about))
        if accepts:
            self._agreed_at.update({(carrier_id, stop_id): at for stop_id in stop_ids})
        self._feed.say(at, EventType.TENDER_ANSWER, str(payload["tender_id"]), {"accepted": accepts})

    def has_agreed(self, carrier_id: CarrierId, stop_id: StopId, by: float) -> bool:
        """Whether the carrier drives another's stop at ``by``: it need not be asked, or it has said yes."""
        return carrier_id not in self._must_be_asked or self._agreed_at.get((carrier_id, stop_id), by + 1.0) <= by

    def withdraw(self, carrier_id: CarrierId, now: float) -> None:
        """The carrier drives no more today, and says so."""
        self._withdrawn_at[carrier_id] = now
        self._feed.say(now, EventType.CARRIER_CAPACITY, carrier_id, {"free_stops": 0, "active": False})

    def withdrew_at(self, carrier_id: CarrierId) -> float | None:
        """When the carrier said that it drives no more; None if it has not."""
        return self._withdrawn_at.get(carrier_id)

    def has_withdrawn(self, carrier_id: CarrierId, by: float) -> bool:
        return self._withdrawn_at.get(carrier_id, by + 1.0) <= by
