"""Cases: one live one for each fingerprint, every change guarded by its revision."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import select

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
        return next(iter(self._list(cases.c.id == case_id)), None)

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
        return self._list(cases.c.day == day, cases.c.status.in_(_ACTIVE))

    def list_snoozed(self) -> _Cases:
        """Live cases that were put off."""
        return self._list(cases.c.snoozed_until.is_not(None), cases.c.status.in_(_ACTIVE))

    def list_closed_since(self, since: datetime | None) -> _CaseIds:
        """The ids of cases that are closed and were last changed at ``since`` or later; all closed ones for None."""
        query = select(cases.c.id).where(cases.c.status.not_in(_ACTIVE))
        if since is not None:
            query = query.where(cases.c.updated_at >= since)
        return [*self._connection.scalars(query.order_by(cases.c.id))]

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
        query = CASES.select().where(*conditions).order_by(cases.c.opened_at.desc(), cases.c.id.desc()).limit(limit)
        return [CASES.from_row(row) for row in self._connection.execute(query)]
