"""Cases: one live one for each fingerprint, every change guarded by its revision."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import bindparam, select

from forestall.domain.cases import Case
from forestall.domain.ids import CaseId
from forestall.domain.vocabulary import CaseStatus
from forestall.errors import Conflict, NotFound
from forestall.store.mappers import CASES
from forestall.store.repository import Repository
from forestall.store.tables import cases

_Cases: TypeAlias = list[Case]
_CaseIds: TypeAlias = list[CaseId]
_ACTIVE = [status for status in CaseStatus if not status.is_closed]

_NEWEST_FIRST = (cases.c.opened_at.desc(), cases.c.id.desc())
# Asked at every step, and so made once: to put a query together takes longer than to have it answered.
_LIVE = CASES.select().where(cases.c.status.in_(_ACTIVE)).order_by(*_NEWEST_FIRST)
_ACTIVE_OF_DAY = _LIVE.where(cases.c.day == bindparam("of_day"))
_SNOOZED = _LIVE.where(cases.c.snoozed_until.is_not(None))
_CLOSED_IDS = select(cases.c.id).where(cases.c.status.not_in(_ACTIVE)).order_by(cases.c.id)
_CLOSED_IDS_SINCE = _CLOSED_IDS.where(cases.c.updated_at >= bindparam("since"))


class Cases(Repository):
    def add(self, case: Case) -> None:
        """Open a case; Conflict when its fingerprint has a live one already, or its id is taken."""
        statement = self._insert(cases).values(CASES.values(case)).on_conflict_do_nothing().returning(cases.c.id)
        if self._connection.execute(statement).first() is None:
            present = self.find_active(case.fingerprint)
            raise Conflict(
                f"case {case.id} can't be opened: {case.fingerprint} has one, or the id is taken",
                case_id=present.id if present else case.id,
            )

    def find(self, case_id: CaseId) -> Case | None:
        row = self._connection.execute(CASES.matching("id"), {"id": case_id}).one_or_none()
        return None if row is None else CASES.from_row(row)

    def get(self, case_id: CaseId) -> Case:
        case = self.find(case_id)
        if case is None:
            raise NotFound(f"there is no case {case_id}")
        return case

    def find_active(self, fingerprint: str) -> Case | None:
        """The live (not closed) case of a root cause; there is at most one."""
        return next(iter(self._list(cases.c.fingerprint == fingerprint, cases.c.status.in_(_ACTIVE))), None)

    def list_active(self, day: str) -> _Cases:
        """The day's live cases, the newest first."""
        return [CASES.from_row(row) for row in self._connection.execute(_ACTIVE_OF_DAY, {"of_day": day})]

    def list_snoozed(self) -> _Cases:
        """Live cases that were put off."""
        return [CASES.from_row(row) for row in self._connection.execute(_SNOOZED)]

    def list_closed_since(self, since: datetime | None) -> _CaseIds:
        """The ids of cases that are closed and were last changed at ``since`` or later; all closed ones for None."""
        if since is None:
            return [*self._connection.scalars(_CLOSED_IDS)]
        return [*self._connection.scalars(_CLOSED_IDS_SINCE, {"since": since})]

    def save(self, case: Case) -> None:
        """Store ``case``, whose revision is one above the stored one; Conflict with the present state otherwise."""
        if self._overwrite(CASES, case, id=case.id, revision=case.revision - 1) == 0:
            present = self.get(case.id)
            raise Conflict(
                f"case {case.id} is at revision {present.revision} and {present.status.value}",
                case_id=case.id,
                revision=present.revision,
                status=present.status.value,
            )

    def list(self, statuses: Collection[CaseStatus] | None = None, day: str | None = None, limit: int = 1000) -> _Cases:
        """Cases, the newest first."""
        conditions: Any = []
        if statuses is not None:
            conditions.append(cases.c.status.in_(statuses))
        if day is not None:
            conditions.append(cases.c.day == day)
        return self._list(*conditions, limit=limit)

    def _list(self, *conditions: Any, limit: int | None = None) -> _Cases:
        query = CASES.select().where(*conditions).order_by(*_NEWEST_FIRST).limit(limit)
        return [CASES.from_row(row) for row in self._connection.execute(query)]
