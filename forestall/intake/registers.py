"""Values of which the latest word counts, whatever order the words come in."""

import json

from forestall.domain.events import Event
from forestall.store import UnitOfWork


def is_latest_word(uow: UnitOfWork, event: Event, about: str) -> bool:
    """Whether no later event has spoken ``about`` this (a kind and id); remembers that this one has, if so.

    Later means by the event's own time; the source and id decide between equals, so that any order gives one answer.
    """
    key = f"intake.latest:{event.type}:{about}"
    word = [event.occurred_at.isoformat(timespec="microseconds"), event.source, event.id]
    known = uow.meta.get(key)
    if known is not None and json.loads(known) > word:
        return False
    uow.meta.put(key, json.dumps(word))
    return True
