"""What a service's database holds when a story is over, in words short enough to be written by hand."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from forestall.domain.cases import Case
from forestall.domain.decisions import Decision
from forestall.domain.effects import OutboxRow
from forestall.domain.ids import RouteId
from forestall.domain.routes import Stop
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import OutboxState, StopKind
from forestall.store import Store, UnitOfWork

# An outbox row in one of these states has left the house, in dry-run as good as.
_GONE = frozenset({OutboxState.SENT, OutboxState.DRY_RUN})
_ROWS = 5_000


@dataclass(frozen=True, slots=True)
class FinalState:
    """One day in the database.

    ``cases`` are ``KIND STATUS`` and ``verdicts`` every decision's, both in the order of time. ``stops`` is each
    order's newest delivery as ``STATUS ROUTE``; ``open`` how many deliveries each route has still to make, ``order``
    which ones, in driving order. ``custody`` is who holds each package, ``KIND ID``. ``sent`` counts what has left by
    template, ``unsent`` what is on record and has not left, as ``template state``; ``told`` who was sent each
    template. ``meetings`` are the hand-overs, ``GIVER TAKER STATUS``. ``unsound`` lists what no story may end with.
    """

    cases: tuple[str, ...]
    verdicts: tuple[str, ...]
    stops: Mapping[str, str]
    open: Mapping[str, int]
    order: Mapping[str, tuple[str, ...]]
    custody: Mapping[str, str]
    sent: Mapping[str, int]
    unsent: Mapping[str, int]
    told: Mapping[str, tuple[str, ...]]
    tenders: tuple[str, ...]
    meetings: tuple[str, ...]
    parked: int
    unsound: tuple[str, ...]


def read_state(store: Store, day: str) -> FinalState:
    """The state of ``day``, one consistent view."""
    with store.read() as uow:
        cases = sorted(uow.cases.list(day=day), key=lambda case: (case.opened_at, case.id))
        decisions = sorted(uow.decisions.list(day=day, limit=_ROWS), key=lambda decision: (decision.at, decision.id))
        rows = uow.outbox.list_after(0, limit=_ROWS)
        snapshot = _load_picture(uow, day)
        return FinalState(
            cases=tuple(f"{case.kind} {case.status}" for case in cases),
            verdicts=tuple(decision.verdict.value for decision in decisions),
            stops={} if snapshot is None else _newest_deliveries(snapshot),
            open={} if snapshot is None else {route: len(_to_do(snapshot, route)) for route in snapshot.routes},
            order={} if snapshot is None else {route: tuple(_to_do(snapshot, route)) for route in snapshot.routes},
            custody={} if snapshot is None else _custody(snapshot),
            sent=_count(row.effect.template for row in rows if row.state in _GONE),
            unsent=_count(f"{row.effect.template} {row.state}" for row in rows if row.state not in _GONE),
            told=_recipients(rows),
            tenders=tuple(tender.status.value for case in cases for tender in uow.tenders.list_for_case(case.id)),
            meetings=() if snapshot is None else _meetings(snapshot),
            parked=len(uow.inbox.list_parked(limit=_ROWS)),
            unsound=tuple(_list_unsound(uow, cases, decisions, rows, snapshot)),
        )


def _load_picture(uow: UnitOfWork, day: str) -> HubSnapshot | None:
    """The day's rows; None where no plan of it was taken."""
    hub_ids = uow.state.list_hub_ids(day)
    if not hub_ids:
        return None
    closes_at = max(uow.state.get_hub(hub_id, day).closes_at for hub_id in hub_ids)
    return uow.state.load_snapshot(day, closes_at)


def _to_do(snapshot: HubSnapshot, route_id: RouteId) -> list[str]:
    stops = snapshot.stops_by_route.get(route_id, ())
    return [stop.id for stop in stops if stop.kind is StopKind.DELIVERY and stop.status.is_open]


def _newest_deliveries(snapshot: HubSnapshot) -> dict[str, str]:
    """By stop: an order that got a second attempt has two."""
    deliveries = [stop for stop in snapshot.stops.values() if stop.kind is StopKind.DELIVERY]
    return {stop.id: f"{stop.status} {stop.route_id}" for stop in deliveries}


def _custody(snapshot: HubSnapshot) -> dict[str, str]:
    return {p.id: f"{p.custody.kind} {p.custody.holder_id}" for p in snapshot.packages.values()}


def _meetings(snapshot: HubSnapshot) -> tuple[str, ...]:
    giving = [stop for stop in snapshot.stops.values() if stop.kind is StopKind.HAND_OVER]
    return tuple(
        f"{snapshot.routes[stop.route_id].vehicle_id} {stop.transfer_to or snapshot.routes[stop.route_id].hub_id} "
        f"{stop.status}"
        for stop in sorted(giving, key=lambda stop: stop.id)
    )


def _recipients(rows: Sequence[OutboxRow]) -> dict[str, tuple[str, ...]]:
    """Sorted, one entry for each row that has left."""
    templates = sorted({row.effect.template for row in rows})
    gone = [row.effect for row in rows if row.state in _GONE]
    return {name: tuple(sorted(e.recipient_id for e in gone if e.template == name)) for name in templates}


def _count(words: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items()))


def _list_unsound(
    uow: UnitOfWork,
    cases: Sequence[Case],
    decisions: Sequence[Decision],
    rows: Sequence[OutboxRow],
    snapshot: HubSnapshot | None,
) -> Iterable[str]:
    """What may never be, whatever the story: a broken record, anything sent twice, a parcel nobody accounts for."""
    if (broken := uow.audit.verify()) is not None:
        yield f"the audit chain is broken at record {broken}"
    audited = Counter(record.subject for record in uow.audit.list(limit=_ROWS))
    yield from (f"decision {d.id} has {audited[d.id]} audit records" for d in decisions if audited[d.id] != 1)
    yield from (f"effect {key} is there twice" for key, n in Counter(row.effect.key for row in rows).items() if n > 1)
    yield from (f"{what} was sent twice" for what, n in Counter(map(_what_it_says, rows)).items() if n > 1)
    live = Counter(case.fingerprint for case in cases if not case.status.is_closed)
    yield from (f"{fingerprint} has {n} live cases" for fingerprint, n in live.items() if n > 1)
    if snapshot is not None:
        yield from _list_unaccounted(snapshot)


def _what_it_says(row: OutboxRow) -> str:
    """Two rows that say the same to the same recipient at the same time are one message sent twice."""
    effect = row.effect
    subject = effect.payload.get("stop_id") or effect.payload.get("route_id") or effect.payload.get("tender_id")
    version = effect.payload.get("plan_version")
    return f"{effect.channel} {effect.template} to {effect.recipient_id} about {subject} {version} at {row.created_at}"


def _list_unaccounted(snapshot: HubSnapshot) -> Iterable[str]:
    """Every order has at most one delivery to make, on a route that is there."""
    to_do: Counter[str] = Counter()
    for stop in snapshot.stops.values():
        if stop.kind is StopKind.DELIVERY and stop.order_id is not None:
            to_do[stop.order_id] += stop.status.is_open
    for route_id in snapshot.routes:
        yield from _list_overloads(snapshot, route_id)
    for order_id in snapshot.orders:
        if order_id not in to_do:
            yield f"order {order_id} has no stop"
        elif to_do[order_id] > 1:
            yield f"order {order_id} is to be delivered {to_do[order_id]} times"


def _list_overloads(snapshot: HubSnapshot, route_id: RouteId) -> Iterable[str]:
    """Nowhere on its list a vehicle has more aboard than it holds."""
    open_stops = snapshot.open_stops(route_id)
    fetched = {p for stop in open_stops if stop.kind is StopKind.TRANSFER for p in stop.package_ids}
    given = [stop for stop in open_stops if stop.kind is not StopKind.TRANSFER]
    room = snapshot.vehicles[snapshot.routes[route_id].vehicle_id].capacity
    for dimension in room:

        def size(stop: Stop, without: Collection[str] = (), dimension: str = dimension) -> float:
            return sum(snapshot.packages[p].size.get(dimension, 0.0) for p in stop.package_ids if p not in without)

        aboard = most = sum(size(stop, without=fetched) for stop in given)
        for stop in open_stops:
            aboard += size(stop) if stop.kind is StopKind.TRANSFER else -size(stop)
            most = max(most, aboard)
        if most > room[dimension]:
            yield f"{route_id} would have {most:g} {dimension} aboard and holds {room[dimension]:g}"
