"""Reading the outbox as a stream that never skips a row.

Rows settle out of order: a message held back for the morning has a lower number than one sent now. So a cursor is the
highest row seen plus those below it that were still unsettled, ``120~97.105``; a plain number is a cursor too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from api.shapes.fleet import EffectShape, EffectsShape
from forestall.domain.effects import OutboxRow
from forestall.domain.vocabulary import Channel, OutboxState
from forestall.errors import BadInput, Problem
from forestall.store import UnitOfWork

_SHOWN = frozenset({OutboxState.DRY_RUN, OutboxState.SENT, OutboxState.UNKNOWN})
_UNSETTLED = frozenset({OutboxState.PENDING, OutboxState.SENDING})
# Bounds the cursor's length. A stream with more rows held back than this waits for the oldest of them.
_MOST_UNSETTLED = 1_000
# Rows this close are fetched by one query: reading a few in vain costs less than asking again.
_NEIGHBOURS = 20


@dataclass(frozen=True, slots=True)
class Cursor:
    seen: int
    unsettled: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"{self.seen}~{'.'.join(map(str, self.unsettled))}" if self.unsettled else str(self.seen)


def parse_cursor(text: str) -> Cursor:
    """The cursor of ``text``.

    Raises:
        BadInput: it is not one that an earlier answer gave.
    """
    seen, separator, rest = text.partition("~")
    numbers = [seen, *(rest.split(".") if separator else [])]
    if not all(number.isdecimal() and len(number) <= 18 for number in numbers) or len(numbers) > _MOST_UNSETTLED + 1:
        problem = Problem("query.after", f"{text[:40]!r} is not a cursor", "give 0, or the `next` of the answer before")
        raise BadInput(problems=[problem])
    return Cursor(int(seen), tuple(map(int, numbers[1:])))


def read_effects(uow: UnitOfWork, after: str, limit: int, channel: Channel | None) -> EffectsShape:
    """Rows that have gone out since ``after``, at most ``limit`` new ones, lowest number first."""
    cursor = parse_cursor(after)
    earlier = _find_rows(uow, cursor.unsettled, channel)
    room = _MOST_UNSETTLED - sum(row.state in _UNSETTLED for row in earlier)
    later = uow.outbox.list_after(cursor.seen, min(limit, room), channel) if room else []
    rows = [*earlier, *later]
    unsettled = tuple(row.seq for row in rows if row.state in _UNSETTLED)
    upto = Cursor(max([cursor.seen, *(row.seq for row in later)]), unsettled)
    return EffectsShape(effects=[_show(row) for row in rows if row.state in _SHOWN], next=str(upto))


def _find_rows(uow: UnitOfWork, seqs: Sequence[int], channel: Channel | None) -> list[OutboxRow]:
    """The rows of these numbers, neighbours fetched together: what is held back together was mostly made together."""
    runs: list[list[int]] = []
    for seq in sorted(set(seqs)):
        if runs and seq - runs[-1][-1] <= _NEIGHBOURS:
            runs[-1].append(seq)
        else:
            runs.append([seq])
    return [
        row
        for run in runs
        for row in uow.outbox.list_after(run[0] - 1, run[-1] - run[0] + 1, channel)
        if row.seq in run
    ]


def _show(row: OutboxRow) -> EffectShape:
    effect = row.effect
    return EffectShape(
        seq=row.seq,
        key=effect.key,
        channel=effect.channel,
        recipient_id=effect.recipient_id,
        template=effect.template,
        body=effect.body,
        payload=dict(effect.payload),
        state=row.state,
        created_at=row.created_at,
        case_id=effect.case_id,
    )
