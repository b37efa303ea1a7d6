"""One cause for a whole hub: many of its routes slow at once, or late with their loads, are one signal and one plan."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent.detectors.view import View
from forestall.domain.cases import Signal
from forestall.domain.ids import HubId
from forestall.domain.vocabulary import CaseKind

_AT_THE_DOCK = frozenset({CaseKind.HUB_NOT_READY, CaseKind.LATE_DEPARTURE})
_DROPS_OUT = _AT_THE_DOCK | {CaseKind.DRIVER_UNAVAILABLE, CaseKind.CARRIER_CAPACITY}


@dataclass(frozen=True, slots=True)
class _Common:
    """What the members of a group have in common, and the least of them that make one."""

    cause: str
    kind: CaseKind
    members: Sequence[Signal]
    limits: tuple[float, float]


def gather(view: View, signals: Iterable[Signal], apart: frozenset[str]) -> list[Signal]:
    """The signals, those of one hub-wide cause as one that ``covers`` them; worst first.

    ``apart`` are fingerprints whose cases go on by themselves: somebody is looking at them. A route whose own cause
    shows (it broke down, its signal is lost) is of another kind by then, and so leaves the group by itself.
    """
    free = {signal.fingerprint: signal for signal in signals}
    gathered: list[Signal] = []
    for find in (_over_capacity, _late_hubs, _slow_roads):
        candidates = [signal for key, signal in free.items() if key not in apart]
        for common in find(view, candidates):
            if view.passes(len(common.members), common.limits, common.cause):
                gathered.append(_as_one(view, common))
                for member in common.members:
                    del free[member.fingerprint]
    return sorted([*free.values(), *gathered], key=lambda signal: (-signal.severity, signal.fingerprint))


def _over_capacity(view: View, signals: list[Signal]) -> Iterable[_Common]:
    """Vehicles that drop out of one hour, of whose stops the others can't take all."""
    routes = view.snapshot.routes
    for hub_id, hub in view.forecast.hubs.items():
        of_hub = [signal for signal in signals if signal.hub_id == hub_id and signal.kind in _DROPS_OUT]
        for slot in hub.slots:
            cause = f"capacity/{hub_id}/{slot.carrier_id}/{slot.opens_at:%H}"
            if not view.passes(slot.p_over_capacity, view.thresholds.over_capacity, cause):
                continue
            members = [
                signal
                for signal in of_hub
                if slot.opens_at <= routes[signal.route_ids[0]].departs_at < slot.closes_at
                and view.snapshot.carrier_of(routes[signal.route_ids[0]]).id == slot.carrier_id
            ]
            yield _Common(cause, CaseKind.CAPACITY_RISK, members, _hub_wide(view, hub_id))


def _late_hubs(view: View, signals: list[Signal]) -> Iterable[_Common]:
    for hub_id, members in _by_hub(s for s in signals if s.kind in _AT_THE_DOCK).items():
        yield _Common(f"late-hub/{hub_id}", CaseKind.HUB_NOT_READY, members, _hub_wide(view, hub_id))


def _slow_roads(view: View, signals: list[Signal]) -> Iterable[_Common]:
    """Routes for which the roads of the day, above all, are what makes them late."""
    slowed = (
        s for s in signals if s.kind is CaseKind.WINDOW_MISS_RISK and s.evidence.get("main_cause") == "slow_roads"
    )
    for hub_id, members in _by_hub(slowed).items():
        yield _Common(f"storm/{hub_id}", CaseKind.WINDOW_MISS_RISK, members, _hub_wide(view, hub_id))


def _hub_wide(view: View, hub_id: HubId) -> tuple[float, float]:
    """How many routes make a cause the hub's: a few are any day's luck, and the more the larger it is."""
    begins, lasts = view.thresholds.hub_wide
    in_play = sum(r.hub_id == hub_id and bool(view.snapshot.open_stops(r.id)) for r in view.snapshot.routes.values())
    return max(begins, view.thresholds.hub_share * in_play), lasts


def _by_hub(signals: Iterable[Signal]) -> dict[HubId, list[Signal]]:
    grouped: dict[HubId, list[Signal]] = defaultdict(list)
    for signal in signals:
        grouped[signal.hub_id].append(signal)
    return grouped


def _as_one(view: View, common: _Common) -> Signal:
    members = sorted(common.members, key=lambda signal: signal.fingerprint)
    ends = [member.expires_at for member in members if member.expires_at is not None]
    return Signal(
        fingerprint=view.fingerprint(common.cause),
        kind=common.kind,
        hub_id=members[0].hub_id,
        route_ids=tuple(dict.fromkeys(route_id for member in members for route_id in member.route_ids)),
        stop_ids=tuple(dict.fromkeys(stop_id for member in members for stop_id in member.stop_ids)),
        severity=round(sum(member.severity for member in members), 4),
        evidence={"routes": len(members), "main_cause": common.cause.split("/")[0]},
        expires_at=max(ends, default=None),
        covers=tuple(members),
        fades=all(member.fades for member in members),
    )
