"""What customers give reason for: who is to be asked, what they have said that is not done yet, who wants a person.

One case a hub and reason, not one a stop; only a customer whom nobody understands is a case of his own.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence

from agent.detectors.registry import Detector
from agent.detectors.view import View
from forestall.domain.cases import Signal
from forestall.domain.forecast import Forecast
from forestall.domain.ids import ContactId, HubId
from forestall.domain.orders import Order
from forestall.domain.replies import NOTHING_SAID
from forestall.domain.routes import Stop
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import CaseKind
from tools.asking import Asking
from tools.confirm_presence import list_to_ask
from tools.heed_customer import is_safe_place_untold, is_to_be_rescheduled


def customers(asking: Asking) -> Detector:
    """The detector of all that concerns customers, hub by hub; ``asking`` says when a question is worth a message."""

    def look(view: View) -> Iterable[Signal]:
        said = list(_open_stops_spoken_of(view.snapshot))
        for hub_id in view.snapshot.hubs:
            yield from _of_hub(view.snapshot, view.forecast, hub_id, said, view.unreachable, asking)

    return Detector("customers", look, ("presence", "safe-place", "another-day", "unclear", "message"))


def _of_hub(
    snapshot: HubSnapshot,
    forecast: Forecast,
    hub_id: HubId,
    said: Sequence[tuple[Stop, Order]],
    unreachable: Collection[ContactId],
    asking: Asking,
) -> Iterator[Signal]:
    to_ask = [snapshot.stops[stop_id] for stop_id in list_to_ask(snapshot, forecast, hub_id, unreachable, asking)]
    here = [(stop, order) for stop, order in said if snapshot.routes[stop.route_id].hub_id == hub_id]
    untold = [stop for stop, _ in here if is_safe_place_untold(snapshot, stop)]
    leaving = [stop for stop, _ in here if is_to_be_rescheduled(snapshot, stop)]
    unclear = [s for s, order in here if order.word.is_to_be_corrected and order.contact_id not in unreachable]
    yield from _signal(snapshot, forecast, hub_id, CaseKind.FAILED_ATTEMPT_RISK, f"presence/{hub_id}", to_ask)
    yield from _signal(snapshot, forecast, hub_id, CaseKind.FAILED_ATTEMPT_RISK, f"safe-place/{hub_id}", untold)
    yield from _signal(snapshot, forecast, hub_id, CaseKind.CUSTOMER_RESCHEDULE, f"another-day/{hub_id}", leaving)
    yield from _signal(snapshot, forecast, hub_id, CaseKind.CUSTOMER_MESSAGE, f"unclear/{hub_id}", unclear)
    for stop, order in here:
        if order.word.is_for_a_person or (order.word.is_to_be_corrected and order.contact_id in unreachable):
            yield from _signal(snapshot, forecast, hub_id, CaseKind.CUSTOMER_MESSAGE, f"message/{order.id}", [stop])


def _open_stops_spoken_of(snapshot: HubSnapshot) -> Iterator[tuple[Stop, Order]]:
    for route_id in snapshot.routes:
        for stop in snapshot.open_stops(route_id):
            order = snapshot.orders.get(stop.order_id) if stop.order_id else None
            if order is not None and order.word is not NOTHING_SAID and order.word != NOTHING_SAID:
                yield stop, order


def _signal(
    snapshot: HubSnapshot, forecast: Forecast, hub_id: HubId, kind: CaseKind, cause: str, stops: Sequence[Stop]
) -> Iterator[Signal]:
    """Its severity is what failed attempts, not the road, may cost these stops."""
    if not stops:
        return
    scores = [forecast.stops[stop.id] for stop in stops if stop.id in forecast.stops]
    yield Signal(
        fingerprint=f"{snapshot.day}/{cause}",
        kind=kind,
        hub_id=hub_id,
        route_ids=tuple(sorted({stop.route_id for stop in stops})),
        stop_ids=tuple(stop.id for stop in stops),
        severity=round(sum((1.0 - score.p_late) * score.p_failed for score in scores), 4),
        evidence={"customers": len(stops)},
    )
