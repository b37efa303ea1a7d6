"""The one internal form of everything a feed tells us."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from forestall.domain.vocabulary import EventOutcome, EventType


@dataclass(frozen=True, slots=True)
class Event:
    """``(source, id)`` is its identity: a second one with the same pair is the same event.

    ``occurred_at`` is the event's own time clamped to receipt +-5 min; ``claimed_at`` is what the feed said.
    ``data`` is the validated payload as JSON values.
    """

    source: str
    id: str
    type: EventType
    subject: str
    occurred_at: datetime
    claimed_at: datetime
    received_at: datetime
    data: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class EventResult:
    """What became of one event; ``detail`` says why when it was not applied."""

    source: str
    id: str
    outcome: EventOutcome
    duplicate: bool = False
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What kind of event reached us, of which thing, when, and when the feed says that it happened."""

    type: EventType
    subject: str
    received_at: datetime
    claimed_at: datetime
