"""A CloudEvents batch as domain events: every entry well formed, or none taken."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import ValidationError
from pydantic_core import from_json

from forestall.domain.events import Event
from forestall.errors import BadInput, Problem, TooLarge
from forestall.intake.eventdata import DATA, Envelope
from forestall.intake.problems import problems_of, raise_if_any

# A device's clock is believed this far from ours, either way; what it claimed is kept beside (docs/input.md).
CLOCK_TOLERANCE = timedelta(minutes=5)
MAX_EVENTS = 10_000  # one batch is one transaction
_WHAT = "the batch of events"


def parse_events(body: bytes | str | Sequence[object], received_at: datetime) -> list[Event]:
    """The events of a batch (JSON text, or what it decodes to) in its order, received at ``received_at``.

    Raises BadInput with every problem of every entry, TooLarge for more than MAX_EVENTS.
    """
    entries = _decode(body)
    if len(entries) > MAX_EVENTS:
        problem = Problem("events", f"{len(entries):,} events in one batch", f"send at most {MAX_EVENTS:,} at a time")
        raise TooLarge(f"{_WHAT} was not taken: it is too large", [problem])
    events, problems = [], []
    for index, entry in enumerate(entries):
        try:
            events.append(_parse_event(entry, received_at))
        except _Malformed as error:
            problems += problems_of(error.cause, ("events", index, *error.prefix))
    raise_if_any(_WHAT, problems)
    return events


class _Malformed(Exception):
    """An entry, or the data inside it (``prefix``), does not have the documented form."""

    def __init__(self, cause: ValidationError, prefix: tuple[str, ...]) -> None:
        self.cause, self.prefix = cause, prefix
        super().__init__(str(prefix))


def _decode(body: bytes | str | Sequence[object]) -> Sequence[object]:
    if isinstance(body, bytes | str):
        try:
            body = from_json(body)
        except ValueError as error:  # also too deeply nested, or not UTF-8
            problem = Problem("events", f"not JSON: {error}", "send a JSON array of CloudEvents, encoded as UTF-8")
            raise BadInput(f"{_WHAT} was not taken: 1 problem", [problem]) from None
    if not isinstance(body, list | tuple):
        problem = Problem("events", "not a JSON array", "send a list of events in [ ], also for a single one")
        raise BadInput(f"{_WHAT} was not taken: 1 problem", [problem])
    return body


def _parse_event(entry: object, received_at: datetime) -> Event:
    try:
        envelope = Envelope.model_validate(entry)
    except ValidationError as error:
        raise _Malformed(error, ()) from error
    try:
        data = DATA[envelope.type].model_validate({} if envelope.data is None else envelope.data)
    except ValidationError as error:
        raise _Malformed(error, ("data",)) from error
    return Event(
        source=envelope.source,
        id=envelope.id,
        type=envelope.type,
        subject=envelope.subject,
        occurred_at=_clamp(envelope.time, received_at),
        claimed_at=envelope.time,
        received_at=received_at,
        data=data.model_dump(mode="json"),
    )


def _clamp(claimed_at: datetime, received_at: datetime) -> datetime:
    return min(max(claimed_at, received_at - CLOCK_TOLERANCE), received_at + CLOCK_TOLERANCE)
