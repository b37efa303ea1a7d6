"""The way back from a plan that was carried out: every stop that still can returns to where it stood before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from forestall.domain.actions import Candidate, RouteChange
from forestall.domain.forecast import StopForecast
from forestall.domain.ids import CandidateId, PackageId, RouteId, StopId
from forestall.domain.replan import free_stops
from forestall.domain.reversals import Reversal
from forestall.domain.routes import Route, Stop
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import HolderKind, RouteStatus, StopKind, StopStatus
from tools.changes import actions_of, carrier_charge_cents
from tools.editing import faults_of
from tools.situation import identified


@dataclass(frozen=True, slots=True)
class Restoration:
    """``candidate`` restores what still can be, or is None: nothing can. ``kept`` names the stops that stay as they
    are, each with the rule that keeps it; ``rule`` and ``values`` say why the whole can't be taken back."""

    candidate: Candidate | None
    kept: Mapping[StopId, str] = field(default_factory=dict)
    rule: str | None = None
    values: Mapping[str, object] = field(default_factory=dict)


def reversal_before(snapshot: HubSnapshot, candidate: Candidate) -> dict[RouteId, tuple[StopId, ...]]:
    """The free stops of the routes the candidate changes, in the order they have in the snapshot."""
    routes = [change.route_id for change in candidate.route_changes]
    return {route_id: tuple(stop.id for stop in free_stops(snapshot, route_id)) for route_id in routes}


def restore(reversal: Reversal, live: HubSnapshot) -> Restoration:
    """The plan that takes the decision back as far as the live state lets it."""
    if reversal.candidate.package_moves:
        return Restoration(None, rule="undo.packages_sent")
    if missing := sorted(route_id for route_id in reversal.before if route_id not in live.routes):
        return Restoration(None, rule="undo.routes_gone", values={"routes": missing})
    return _Restorer(reversal, live).restoration()


def undoable_until(
    candidate: Candidate, live: HubSnapshot, forecasts: Mapping[StopId, StopForecast]
) -> datetime | None:
    """When the first driver is expected to set out for a stop that the way back would not give next; later it can be
    taken back only in part. None when no driver sets that limit."""
    moments = [_passes_at(change, live, forecasts) for change in candidate.route_changes]
    return min((moment for moment in moments if moment is not None), default=None)


class _Restorer:
    def __init__(self, reversal: Reversal, live: HubSnapshot) -> None:
        self._reversal, self._live = reversal, live
        self._free = {stop.id: stop for route_id in reversal.before for stop in free_stops(live, route_id)}
        self._home = {stop_id: route_id for route_id, stops in reversal.before.items() for stop_id in stops}
        self._called_off = self._hand_overs_to_call_off()
        self._goods_met = {p for stop_id in self._called_off for p in self._free[stop_id].package_ids}

    def restoration(self) -> Restoration:
        kept = {stop_id: rule for stop_id in self._home if (rule := self._keeps(stop_id)) is not None}
        changes = tuple(
            change for route_id in sorted(self._reversal.before) if (change := self._change(route_id, kept))
        )
        if not changes:
            again = any(change.retried_stops for change in self._reversal.candidate.route_changes)
            rule = "undo.second_attempt" if again else "undo.moved_on"
            return Restoration(None, kept, rule, {"routes": sorted(self._reversal.before)})
        candidate = identified(
            Candidate(
                id=CandidateId(""),
                tool=self._reversal.candidate.tool,
                actions=actions_of(self._live, changes, ()),
                route_changes=changes,
                read_set={change.route_id: change.base_version for change in changes},
                cost_cents=carrier_charge_cents(self._live, changes),
            )
        )
        if faults := faults_of(self._live, candidate):
            return Restoration(None, kept, "undo.cannot_be_driven", {"faults": [fault.message for fault in faults]})
        return Restoration(candidate, kept)

    def _hand_overs_to_call_off(self) -> frozenset[StopId]:
        """Those the decision added that neither side has set out for."""
        added = [stop for change in self._reversal.candidate.route_changes for stop in change.new_stops]
        by_goods: dict[tuple[PackageId, ...], list[StopId]] = {}
        for stop in added:
            by_goods.setdefault(stop.package_ids, []).append(stop.id)
        groups = [stop_ids for stop_ids in by_goods.values() if all(s in self._free for s in stop_ids)]
        return frozenset(stop_id for stop_ids in groups for stop_id in stop_ids)

    def _keeps(self, stop_id: StopId) -> str | None:
        """The rule that keeps a stop from going back, or None when it can (or stands there already)."""
        stop = self._live.stops.get(stop_id)
        if stop is None or not stop.status.is_open:
            return "undo.done"
        if stop.status.is_committed:
            return "undo.committed"
        if stop_id not in self._free:
            return "undo.moved_again"
        home = self._live.routes[self._home[stop_id]]
        if stop.route_id == home.id:
            return None
        if stop.pinned:
            return "undo.pinned"
        return None if self._can_go_back(stop, home) else "undo.goods_elsewhere"

    def _can_go_back(self, stop: Stop, home: Route) -> bool:
        """The goods lie at the hub with both routes there, are aboard the old vehicle still, or would be met later."""
        if home.status is RouteStatus.FINISHED:
            return False
        goods = self._live.packages_by_order.get(stop.order_id, ()) if stop.order_id else ()
        if goods and all(
            p.custody.kind is HolderKind.VEHICLE and p.custody.holder_id == home.vehicle_id for p in goods
        ):
            return not self._to_be_met_on(stop) or all(p.id in self._goods_met for p in goods)
        at_hub = home.status is RouteStatus.PLANNED and self._live.routes[stop.route_id].status is RouteStatus.PLANNED
        return at_hub and stop.status is StopStatus.PLANNED

    def _to_be_met_on(self, stop: Stop) -> bool:
        """Whether its present route is to take the goods over on the road."""
        goods = {p.id for p in self._live.packages_by_order.get(stop.order_id, ())} if stop.order_id else set()
        return any(
            other.kind is StopKind.TRANSFER and goods & set(other.package_ids)
            for other in self._live.open_stops(stop.route_id)
        )

    def _change(self, route_id: RouteId, kept: Mapping[StopId, str]) -> RouteChange | None:
        """The route's list with what returns in its old order, and what stays behind the stop it follows now."""
        route = self._live.routes[route_id]
        today = [stop.id for stop in free_stops(self._live, route_id)]
        old = [stop_id for stop_id in self._reversal.before[route_id] if stop_id in self._free and stop_id not in kept]
        leaves = {stop_id for stop_id in today if stop_id in self._home and stop_id not in kept} - set(old)
        stays = [s for s in today if s not in old and s not in leaves and s not in self._called_off]
        stop_ids = tuple(_merged(old, stays, today))
        dropped = tuple(stop_id for stop_id in today if stop_id in self._called_off)
        before = self._reversal.departures[route_id]
        departs_at = before if route.status is RouteStatus.PLANNED and before != route.departs_at else None
        if stop_ids == tuple(today) and departs_at is None:
            return None
        return RouteChange(route_id, route.version, stop_ids, departs_at=departs_at, dropped_stops=dropped)


def _merged(old: Sequence[StopId], stays: Sequence[StopId], today: Sequence[StopId]) -> list[StopId]:
    result = list(old)
    for stop_id in stays:
        earlier = set(today[: today.index(stop_id)])
        place = max((i + 1 for i, other in enumerate(result) if other in earlier), default=0)
        result.insert(place, stop_id)
    return result


def _passes_at(change: RouteChange, live: HubSnapshot, forecasts: Mapping[StopId, StopForecast]) -> datetime | None:
    """When the driver sets out past the first place at which the two lists differ."""
    route = live.routes[change.route_id]
    if route.status is RouteStatus.PLANNED:
        return max(route.departs_at, route.load_ready_at or route.departs_at)
    if route.status is not RouteStatus.UNDERWAY:
        return None
    today = [stop.id for stop in free_stops(live, change.route_id)]
    same = next((i for i, pair in enumerate(zip(today, change.stop_ids, strict=False)) if pair[0] != pair[1]), None)
    first = min(len(today), len(change.stop_ids)) if same is None else same
    committed = live.committed_stop(change.route_id)
    last = live.stops[today[first - 1]] if first else committed
    if last is None or last.id not in forecasts:
        return live.taken_at
    return forecasts[last.id].eta_p50 + timedelta(seconds=last.service_s)
