"""Decisions: append-only, as the database itself enforces."""

from typing import Any, TypeAlias

from sqlalchemy import func, select

from forestall.domain.decisions import Decision
from forestall.domain.ids import CaseId, DecisionId
from forestall.errors import NotFound
from forestall.store.mappers import DECISIONS
from forestall.store.repository import Repository
from forestall.store.tables import cases, decisions

_Decisions: TypeAlias = list[Decision]


class Decisions(Repository):
    def add(self, decision: Decision) -> None:
        self._insert_all(decisions, [DECISIONS.values(decision)])

    def get(self, decision_id: DecisionId) -> Decision:
        found = self._list(DECISIONS.select().where(decisions.c.id == decision_id))
        if not found:
            raise NotFound(f"there is no decision {decision_id}")
        return found[0]

    def count(self) -> int:
        return self._connection.scalar(select(func.count()).select_from(decisions)) or 0

    def list_for_case(self, case_id: CaseId) -> _Decisions:
        """The case's decisions, the first one first."""
        query = DECISIONS.select().where(decisions.c.case_id == case_id)
        return self._list(query.order_by(decisions.c.at, decisions.c.plan_rev, decisions.c.id))

    def list(self, day: str | None = None, limit: int = 1000) -> _Decisions:
        """Decisions, the newest first."""
        query = DECISIONS.select().order_by(decisions.c.at.desc(), decisions.c.id.desc()).limit(limit)
        if day is not None:
            query = query.join(cases, cases.c.id == decisions.c.case_id).where(cases.c.day == day)
        return self._list(query)

    def _list(self, query: Any) -> _Decisions:
        return [DECISIONS.from_row(row) for row in self._connection.execute(query)]
