"""Tenders: each status is left once only, whichever server says so first."""

from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, or_, update

from forestall.domain.ids import CaseId, TenderId
from forestall.domain.tenders import Tender
from forestall.domain.vocabulary import TenderStatus
from forestall.store.mappers import TENDERS
from forestall.store.mapping import AnySelect
from forestall.store.repository import Repository
from forestall.store.tables import tenders

_IN_ORDER = TENDERS.select().order_by(tenders.c.made_at, tenders.c.id)
# Asked at every step, and so made once.
_OF_DAY = _IN_ORDER.where(tenders.c.day == bindparam("of_day"))
_UNSETTLED = _IN_ORDER.where(
    tenders.c.settled.is_(False),
    or_(tenders.c.status != TenderStatus.OPEN, tenders.c.answer_by < bindparam("now")),
)


class Tenders(Repository):
    def add(self, tender: Tender) -> None:
        """Keep a new tender; Conflict (at the end of the unit of work) when that plan revision has made one."""
        self._insert_all(tenders, [TENDERS.values(tender)])

    def find(self, tender_id: TenderId) -> Tender | None:
        return next(iter(self._list(tenders.c.id == tender_id)), None)

    def answer(self, tender_id: TenderId, status: TenderStatus, at: datetime) -> bool:
        """Write down the carrier's word; False when it has spoken before, or is out of time, and nothing changes."""
        is_open = and_(tenders.c.id == tender_id, tenders.c.status == TenderStatus.OPEN)
        return self._changed(update(tenders).where(is_open).values(status=status, answered_at=at)) == 1

    def settle(self, tender: Tender, status: TenderStatus) -> bool:
        """End a tender; False when it is no longer as given, and then nothing changes."""
        is_same = and_(tenders.c.id == tender.id, tenders.c.status == tender.status, tenders.c.settled.is_(False))
        return self._changed(update(tenders).where(is_same).values(status=status, settled=True)) == 1

    def list_unsettled(self, now: datetime) -> list[Tender]:
        """Those that were answered, or whose deadline has passed at ``now``, with what follows from it still to do."""
        return self._read(_UNSETTLED, now=now)

    def list_of_day(self, day: str) -> list[Tender]:
        return self._read(_OF_DAY, of_day=day)

    def list_for_case(self, case_id: CaseId) -> list[Tender]:
        """The case's tenders, the first one first."""
        return self._list(tenders.c.case_id == case_id)

    def _list(self, *conditions: Any) -> list[Tender]:
        return self._read(_IN_ORDER.where(*conditions))

    def _read(self, query: AnySelect, **parameters: object) -> list[Tender]:
        return [TENDERS.from_row(row) for row in self._connection.execute(query, parameters)]
