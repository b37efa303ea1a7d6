"""Outcomes: what became of each stop, written once it has ended, with when somebody last acted on it."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from forestall.domain.learning import Intervention, Outcome
from forestall.domain.routes import Stop
from forestall.domain.vocabulary import FailureReason
from forestall.store import UnitOfWork
from forestall.store.outcomes import UnlabelledStop

# Reports may come in the wrong order and late; a stop is labelled once its own have settled.
SETTLES = timedelta(minutes=15)
# A day whose last hub closed longer ago than this is over: what is still open was never attempted.
AFTER_CLOSING = timedelta(hours=6)

# Reasons that say nothing of the door: nobody stood at it, or something else kept the goods from being handed over.
_NOT_AT_THE_DOOR = frozenset(
    {
        FailureReason.BREAKDOWN,
        FailureReason.DRIVER_UNAVAILABLE,
        FailureReason.INSUFFICIENT_TIME,
        FailureReason.WEATHER,
        FailureReason.ROAD,
        FailureReason.ACCIDENT,
        FailureReason.MISSORT,
    }
)


def label_ended(uow: UnitOfWork, now: datetime) -> list[Outcome]:
    """Write the outcome of every delivery that has ended and has none; those written. Idempotent."""
    labelled: list[Outcome] = []
    for day, ends_at in uow.outcomes.list_unlabelled_days():
        is_over = now >= ends_at + AFTER_CLOSING
        ended = uow.outcomes.list_unlabelled(day, ended_by=now - SETTLES, day_is_over=is_over)
        outcomes = [outcome_of(stop, day, now, ends_at + AFTER_CLOSING) for stop in ended]
        uow.outcomes.add(outcomes)
        labelled += outcomes
        if is_over:
            uow.outcomes.mark_labelled(day)
    return labelled


def outcome_of(ended: UnlabelledStop, day: str, now: datetime, over_at: datetime) -> Outcome:
    """What became of a stop. ``known_at`` is now: nothing that is evaluated as of an earlier moment may know of it.

    A stop that nobody was seen at and nobody attempted is undone: late, by the time until the day was over.
    """
    stop = ended.stop
    first = next(iter(ended.attempts), None)
    at_the_door = first is not None and (first.succeeded or first.reason not in _NOT_AT_THE_DOOR)
    started_at = None if stop.arrived_at is None else max(stop.arrived_at, stop.window.opens_at)
    began_at = started_at or (_reckoned_start(stop) if at_the_door else None)
    lateness_s = ((began_at or over_at) - ended.promised_by).total_seconds()
    return Outcome(
        stop_id=stop.id,
        day=day,
        hub_id=ended.hub_id,
        route_id=stop.route_id,
        known_at=now,
        started_at=started_at,
        late=began_at is None or lateness_s > 0.0,
        lateness_s=lateness_s,
        failed=not first.succeeded if first is not None and at_the_door else None,
        undone=began_at is None,
        acted_at=_last(ended.interventions, changes_plan=True),
        told_at=_last(ended.interventions, changes_plan=False),
    )


def _reckoned_start(stop: Stop) -> datetime | None:
    """When service began at a stop whose arrival nobody reported: its planned time before it ended."""
    if stop.finished_at is None:
        return None
    return max(stop.finished_at - timedelta(seconds=stop.service_s), stop.window.opens_at)


def _last(interventions: Iterable[Intervention], changes_plan: bool) -> datetime | None:
    return max((one.at for one in interventions if one.changes_plan is changes_plan), default=None)
