"""What customers have already been sent, read from the outbox so that caps and repeats can be judged."""

from collections.abc import Collection
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from forestall.domain.effects import OutboxRow
from forestall.domain.ids import ContactId, StopId
from forestall.domain.vocabulary import Channel, OutboxState
from forestall.store import UnitOfWork
from tools.messages import REPLIES
from tools.situation import Told

_NEVER_WENT = frozenset({OutboxState.CANCELLED, OutboxState.EXPIRED, OutboxState.SUPPRESSED, OutboxState.FAILED})
_PAGE = 1000


class ContactLog:
    """An index over the outbox's customer messages, brought up to date inside the reader's transaction.

    Rows are read once each, by their sequence; a row that is cancelled later still counts against the cap, which errs
    on the customer's side. Our answers to what they wrote themselves don't count.
    """

    def __init__(self) -> None:
        self._last_seq = 0
        self._rows: dict[str, list[OutboxRow]] = {}

    def refresh(self, uow: UnitOfWork) -> None:
        """Read what was added since the last call."""
        while rows := uow.outbox.list_after(self._last_seq, limit=_PAGE, channel=Channel.SMS):
            for row in rows:
                if row.state not in _NEVER_WENT and row.effect.template not in REPLIES:
                    self._rows.setdefault(str(row.effect.payload.get("stop_id", "")), []).append(row)
                    self._rows.setdefault(row.effect.recipient_id, []).append(row)
            self._last_seq = rows[-1].seq

    def told(self, stop_ids: Collection[StopId], now: datetime, zone: str) -> dict[StopId, Told]:
        """Per stop: messages today (local day of ``zone``), the last one's time and the time it announced."""
        found: dict[StopId, Told] = {}
        for stop_id in stop_ids:
            if rows := self._today(stop_id, now, zone):
                etas = [eta for row in rows if isinstance(eta := row.effect.payload.get("eta_to"), str)]
                found[stop_id] = Told(
                    count_today=len(rows),
                    last_at=rows[-1].created_at,
                    last_eta=datetime.fromisoformat(etas[-1]) if etas else None,
                )
        return found

    def count_by_contact(self, contact_ids: Collection[ContactId], now: datetime, zone: str) -> dict[ContactId, int]:
        """Messages each contact was sent today."""
        return {contact_id: len(self._today(contact_id, now, zone)) for contact_id in contact_ids}

    def _today(self, key: str, now: datetime, zone: str) -> list[OutboxRow]:
        local_now = now.astimezone(ZoneInfo(zone))
        midnight = local_now.replace(hour=0, minute=0, second=0, microsecond=0)
        tomorrow = midnight + timedelta(days=1)
        return [
            row for row in self._rows.get(key, ()) if midnight <= row.created_at.astimezone(midnight.tzinfo) < tomorrow
        ]
