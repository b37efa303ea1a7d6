"""The further stops a carrier said it can take: what a plan uses of them, and whether they are still there.

Routes have versions, so two plans can't take the same vehicle. A carrier's room is a number that several vehicles
share: it is looked at again when a plan is carried out, and what the plan takes is no longer there for the next one.
"""

from collections import Counter
from collections.abc import Mapping

from forestall.domain.actions import Candidate
from forestall.domain.ids import CarrierId
from forestall.domain.snapshot import HubSnapshot


def limited_gains(candidate: Candidate, snapshot: HubSnapshot) -> Mapping[CarrierId, int]:
    """How many stops more each carrier with limited room would have; those that would not have more are left out.

    An offer that a carrier has yet to accept takes nothing: its answer is its word on room (tenders).
    """
    if candidate.tender is not None:
        return {}
    gains: Counter[CarrierId] = Counter()
    for change in candidate.route_changes:
        taker = snapshot.carrier_of(snapshot.routes[change.route_id])
        for stop_id in change.stop_ids:
            stop = snapshot.stops.get(stop_id)
            if stop is None or stop.route_id == change.route_id or stop.order_id is None:
                continue
            giver = snapshot.carrier_of(snapshot.routes[stop.route_id])
            if giver.id != taker.id:
                gains[taker.id] += 1
                gains[giver.id] -= 1
    return {c: n for c, n in gains.items() if n > 0 and snapshot.carriers[c].free_stops is not None}


def has_room(candidate: Candidate, live: HubSnapshot) -> bool:
    """Whether every carrier still has the room that the plan takes, what it is asked about meanwhile set aside."""
    pending = Counter[CarrierId]()
    for tender in live.tenders:
        if tender.is_pending:
            pending[tender.carrier_id] += len(tender.stop_ids)
    return all(
        gained <= (live.carriers[carrier_id].free_stops or 0) - pending[carrier_id]
        for carrier_id, gained in limited_gains(candidate, live).items()
    )
