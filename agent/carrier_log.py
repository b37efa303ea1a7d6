"""What other carriers have already been told about the stops they drive, read from the outbox so that nothing is said
twice."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from forestall.domain.effects import OutboxRow
from forestall.domain.ids import CarrierId, StopId
from forestall.domain.vocabulary import Channel, OutboxState
from forestall.store import UnitOfWork
from tools.situation import Reported

_NEVER_WENT = frozenset({OutboxState.CANCELLED, OutboxState.EXPIRED, OutboxState.SUPPRESSED, OutboxState.FAILED})
_PAGE = 1000


class CarrierLog:
    """The newest update on each stop, by carrier; brought up to date inside the reader's transaction.

    Rows are read once each, by their sequence. An update that fails later still counts as said: its failure is told to
    people, and repeating it for ever would not mend the line.
    """

    def __init__(self) -> None:
        self._last_seq = 0
        self._reported: dict[tuple[CarrierId, StopId], tuple[datetime, Reported]] = {}

    def refresh(self, uow: UnitOfWork) -> None:
        """Read what was added since the last call."""
        while rows := uow.outbox.list_after(self._last_seq, limit=_PAGE, channel=Channel.CARRIER):
            for row in rows:
                if row.state not in _NEVER_WENT:
                    self._take(row)
            self._last_seq = rows[-1].seq

    def reported(self, now: datetime, zone: str) -> dict[tuple[CarrierId, StopId], Reported]:
        """The newest update of the day (in ``zone``) on each stop, by carrier."""
        today = now.astimezone(ZoneInfo(zone)).date()
        return {
            key: reported
            for key, (at, reported) in self._reported.items()
            if at.astimezone(ZoneInfo(zone)).date() == today
        }

    def _take(self, row: OutboxRow) -> None:
        payload = row.effect.payload
        status, stop_ids, etas = payload.get("status"), payload.get("stop_ids"), payload.get("etas")
        if not isinstance(status, str) or not isinstance(stop_ids, Sequence) or not isinstance(etas, Mapping):
            return  # a tender, or its end: no update
        for stop_id in stop_ids:
            eta = etas.get(stop_id)
            told = Reported(status, datetime.fromisoformat(eta) if isinstance(eta, str) else None)
            self._reported[CarrierId(row.effect.recipient_id), StopId(str(stop_id))] = (row.created_at, told)
