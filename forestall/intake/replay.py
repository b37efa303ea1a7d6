"""Parked events, tried again when something new has become known.

The inbox keeps what an event was when it came, for ever. So one that could be applied later enters the journal a
second time, under ``REPLAY`` as its source, and the first entry counts as dealt with.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from forestall.domain.events import Event, EventResult
from forestall.domain.vocabulary import EventOutcome
from forestall.intake.eventdata import REPLAY
from forestall.intake.rows import Outcome
from forestall.store import UnitOfWork

_LIMIT = 50_000  # the oldest that wait; one transaction must end

Apply = Callable[[UnitOfWork, Sequence[Event]], Mapping[tuple[str, str], Outcome]]


def replay_parked(uow: UnitOfWork, apply: Apply) -> int:
    """Apply every waiting event that can be by now; how many."""
    replayed = 0
    grows = True
    while grows:  # an order that comes in may be what another event waits for
        waiting = sorted((event for event, _ in list_waiting(uow, _LIMIT)), key=lambda e: (e.occurred_at, e.claimed_at))
        outcomes = apply(uow, waiting)
        settled = [e for e in waiting if outcomes[e.source, e.id].outcome is not EventOutcome.PARKED]
        uow.inbox.add([_journal(event, outcomes[event.source, event.id]) for event in settled])
        replayed += len(settled)
        grows = any(outcomes[event.source, event.id].grows for event in settled)
    return replayed


def list_waiting(uow: UnitOfWork, limit: int) -> list[tuple[Event, EventResult]]:
    """Events that still wait for something to become known, the oldest first."""
    parked = [(event, result) for event, result in uow.inbox.list_parked(limit=limit) if event.source != REPLAY]
    settled = uow.inbox.known([(REPLAY, replay_id(event.source, event.id)) for event, _ in parked])
    return [(event, result) for event, result in parked if (REPLAY, replay_id(event.source, event.id)) not in settled]


def _journal(event: Event, outcome: Outcome) -> tuple[Event, EventOutcome, str]:
    again = replace(event, source=REPLAY, id=replay_id(event.source, event.id))
    return again, outcome.outcome, outcome.detail or "it had waited for what is known now"


def replay_id(source: str, event_id: str) -> str:
    """The id under which a parked event is in the journal once it was applied."""
    return f"{source} {event_id}"
