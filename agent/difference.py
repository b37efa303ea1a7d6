"""What has become different between a plan that was let go ahead and the plan as it would be now."""

from collections.abc import Collection
from dataclasses import dataclass

from forestall.domain.actions import Candidate, Judgement
from forestall.domain.ids import RouteId, StopId
from forestall.domain.vocabulary import ActionKind, Verdict

# Less than this is what another sample of the same forecast may say.
_MISSES = 0.25
_SHARE = 0.25
_HARM = 0.15
# Of no matter to who let a plan go ahead by saying nothing.
_UNWEIGHED = frozenset({"saves_less"})
_STAYS = frozenset(
    {ActionKind.RESEQUENCE, ActionKind.NOTIFY_ETA, ActionKind.OFFER_RESCHEDULE, ActionKind.CARRIER_UPDATE}
)


@dataclass(frozen=True, slots=True)
class StopThenAndNow:
    """P(miss) of a stop without and with each plan; None where that plan does not change it."""

    stop_id: StopId
    before_then: float | None
    after_then: float | None
    before_now: float | None
    after_now: float | None


@dataclass(frozen=True, slots=True)
class Difference:
    """Two plans of one case. ``dropped`` and ``added`` are stops that would change vehicle in only one of them (those
    done meanwhile aside), ``elsewhere`` those that would go to another vehicle, ``reordered`` routes on which the stops
    of both come in another order. Misses are expected numbers, two each: before and after acting. ``rules`` says what
    of it matters; none: it is what was seen, less what is done.
    """

    dropped: tuple[StopId, ...]
    added: tuple[StopId, ...]
    elsewhere: tuple[StopId, ...]
    reordered: tuple[RouteId, ...]
    misses_then: tuple[float, ...]
    misses_now: tuple[float, ...]
    cost_cents_then: int
    cost_cents_now: int
    stops: tuple[StopThenAndNow, ...]
    rules: tuple[str, ...]

    def is_material(self, verdict: Verdict) -> bool:
        """Whether it is another plan than the one that was let go ahead. Who did not veto has weighed no gain: that it
        saves less by now, and is still worth doing, is no reason to ask again."""
        return not (_UNWEIGHED if verdict is Verdict.NOT_VETOED else frozenset()).issuperset(self.rules)


def compare(
    seen: Candidate, seen_as: Judgement, now: Candidate, judged: Judgement, done: Collection[StopId]
) -> Difference:
    """How ``now`` differs from the plan that was ``seen``; ``done`` are the stops that are behind us meanwhile."""
    moved_then, moved_now = _moved(seen), _moved(now)
    dropped = tuple(sorted(moved_then - moved_now - set(done)))
    added = tuple(sorted(moved_now - moved_then))
    elsewhere = tuple(sorted(s for s in moved_then & moved_now if _taker(seen, s) != _taker(now, s)))
    reordered = tuple(sorted(_reordered(seen, now)))
    rules = {
        "stops_dropped": bool(dropped),
        "stops_added": bool(added),
        "other_vehicle": bool(elsewhere),
        "order_changed": bool(reordered),
        "costs_more": now.cost_cents > seen.cost_cents,
        "saves_less": _saves_less(seen_as, judged, done),
        "harms_more": _harms_more(seen_as, judged),
    }
    return Difference(
        dropped=dropped,
        added=added,
        elsewhere=elsewhere,
        reordered=reordered,
        misses_then=(seen_as.misses_before, seen_as.misses_after),
        misses_now=(judged.misses_before, judged.misses_after),
        cost_cents_then=seen.cost_cents,
        cost_cents_now=now.cost_cents,
        stops=_stops(seen_as, judged),
        rules=tuple(rule for rule, applies in rules.items() if applies),
    )


def _moved(candidate: Candidate) -> set[StopId]:
    """The stops that would change vehicle and that the plan still names."""
    named = {stop_id for change in candidate.route_changes for stop_id in change.stop_ids}
    return named.intersection(s for action in candidate.actions if action.kind not in _STAYS for s in action.stop_ids)


def _taker(candidate: Candidate, stop_id: StopId) -> RouteId:
    return next(change.route_id for change in candidate.route_changes if stop_id in change.stop_ids)


def _reordered(seen: Candidate, now: Candidate) -> list[RouteId]:
    then = {change.route_id: change.stop_ids for change in seen.route_changes}
    lists = {change.route_id: change.stop_ids for change in now.route_changes}
    return [r for r in then.keys() & lists.keys() if _common(then[r], lists[r]) != _common(lists[r], then[r])]


def _common(stop_ids: tuple[StopId, ...], others: tuple[StopId, ...]) -> list[StopId]:
    return [stop_id for stop_id in stop_ids if stop_id in set(others)]


def _saves_less(seen: Judgement, now: Judgement, done: Collection[StopId]) -> bool:
    """Held against what was to be saved among the stops that are still to come."""
    expected = sum(e.p_miss_before - e.p_miss_after for e in seen.effects if e.stop_id not in set(done))
    return expected - (now.misses_before - now.misses_after) > max(_MISSES, _SHARE * expected)


def _harms_more(seen: Judgement, now: Judgement) -> bool:
    known = {e.stop_id: e.p_miss_after - e.p_miss_before for e in seen.effects}
    return any(e.p_miss_after - e.p_miss_before - max(0.0, known.get(e.stop_id, 0.0)) > _HARM for e in now.effects)


def _stops(seen: Judgement, now: Judgement) -> tuple[StopThenAndNow, ...]:
    then = {e.stop_id: (e.p_miss_before, e.p_miss_after) for e in seen.effects}
    today = {e.stop_id: (e.p_miss_before, e.p_miss_after) for e in now.effects}
    nothing = (None, None)
    return tuple(
        StopThenAndNow(stop_id, *then.get(stop_id, nothing), *today.get(stop_id, nothing))
        for stop_id in sorted(then.keys() | today.keys())
    )
