"""What silent drivers mean for the caseload: the case that made their plan goes on, until they have confirmed it.

A plan that nobody has confirmed has solved nothing, so its case gets a signal for as long as the forecast believes the
older plan; and since another plan would go the same way, the routes are left as they are (``leaves_alone``).
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from forestall.domain.actions import Candidate, NoCandidate
from forestall.domain.believed import find_silent
from forestall.domain.cases import Signal
from forestall.domain.forecast import Forecast
from forestall.domain.instructions import Instruction
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import CaseKind

WITH_A_PERSON = "with_a_person"
"""Evidence that no channel has reached the driver, so that a person has to."""


def with_silence(signals: Iterable[Signal], snapshot: HubSnapshot, forecast: Forecast) -> list[Signal]:
    """The signals, and one more for each cause of which a driver has not confirmed the plan. A cause that still has a
    signal of its own keeps its kind, and gets the silent routes as well. That those will be late is no cause of its
    own: they go by an old plan."""
    silent = find_silent(snapshot)
    late = {f"{snapshot.day}/delay/{route_id}" for route_id in silent}
    found = {signal.fingerprint: signal for signal in signals if signal.fingerprint not in late}
    for instruction in silent.values():
        silence = _signal(snapshot, forecast, instruction)
        before = found.get(instruction.cause)
        found[instruction.cause] = silence if before is None else _joined(before, silence)
    return list(found.values())


def split_off(
    candidates: Sequence[Candidate], snapshot: HubSnapshot
) -> tuple[tuple[Candidate, ...], tuple[NoCandidate, ...]]:
    """The candidates that change no silent driver's route, and why the others fall away."""
    silent = find_silent(snapshot)
    if not silent:
        return tuple(candidates), ()
    kept, fallen = [], []
    for candidate in candidates:
        routes = [change.route_id for change in candidate.route_changes if change.route_id in silent]
        if routes:
            fallen.append(NoCandidate(candidate.tool, "acknowledgement.awaited", {"routes": routes}))
        else:
            kept.append(candidate)
    return tuple(kept), tuple(fallen)


def _signal(snapshot: HubSnapshot, forecast: Forecast, instruction: Instruction) -> Signal:
    """Its severity is what the older plan costs, as far as anybody can be late by it."""
    stops = [stop for stop in snapshot.open_stops(instruction.route_id) if stop.order_id is not None]
    chances = {stop.id: score.p_late for stop in stops if (score := forecast.stops.get(stop.id)) is not None}
    return Signal(
        fingerprint=instruction.cause,
        kind=CaseKind.PLAN_UNACKNOWLEDGED,
        hub_id=instruction.hub_id,
        route_ids=(instruction.route_id,),
        stop_ids=tuple(stop.id for stop in stops),
        severity=round(sum(chances.values()), 4),
        evidence={
            "minutes_unconfirmed": round((snapshot.taken_at - instruction.told_at) / timedelta(minutes=1), 1),
            "last_told_by": instruction.channel.value,
            WITH_A_PERSON: instruction.passed_on_at is not None,
        },
    )


def _joined(one: Signal, other: Signal) -> Signal:
    return replace(
        one,
        route_ids=tuple(dict.fromkeys((*one.route_ids, *other.route_ids))),
        stop_ids=tuple(dict.fromkeys((*one.stop_ids, *other.stop_ids))),
        severity=round(one.severity + other.severity, 4),
        evidence={**other.evidence, **one.evidence},
    )
