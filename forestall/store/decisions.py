"""Decisions: append-only, as the database itself enforces."""

from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import bindparam, func, select

from forestall.domain.decisions import Decision, HubPace
from forestall.domain.ids import CaseId, DecisionId, HubId
from forestall.domain.vocabulary import Verdict
from forestall.errors import NotFound
from forestall.store.mappers import DECISIONS
from forestall.store.repository import Repository
from forestall.store.tables import cases, decisions

_Decisions: TypeAlias = list[Decision]
_BY_ITSELF = [Verdict.AUTOMATIC, Verdict.NOT_VETOED]

# Asked of every case in every sweep, and so made once.
_OF_CASE = (
    DECISIONS.select()
    .where(decisions.c.case_id == bindparam("of_case"))
    .order_by(decisions.c.at, decisions.c.plan_rev, decisions.c.id)
)


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

    def pace_of_hub(self, hub_id: HubId, since: datetime) -> HubPace:
        """What was carried out by itself in a hub from ``since`` on, the carriers' answers to tenders not counted."""
        query = select(func.count(), func.coalesce(func.sum(decisions.c.cost_cents), 0)).where(
            decisions.c.hub_id == hub_id,
            decisions.c.at >= since,
            decisions.c.candidate_id.is_not(None),
            decisions.c.verdict.in_(_BY_ITSELF),
        )
        actions, cost_cents = self._connection.execute(query).one()
        return HubPace(actions, cost_cents)

    def list_for_case(self, case_id: CaseId) -> _Decisions:
        """The case's decisions, the first one first."""
        return self._list(_OF_CASE, of_case=case_id)

    def list(self, day: str | None = None, limit: int = 1000) -> _Decisions:
        """Decisions, the newest first."""
        query = DECISIONS.select().order_by(decisions.c.at.desc(), decisions.c.id.desc()).limit(limit)
        if day is not None:
            query = query.join(cases, cases.c.id == decisions.c.case_id).where(cases.c.day == day)
        return self._list(query)

    def _list(self, query: Any, **parameters: object) -> _Decisions:
        return [DECISIONS.from_row(row) for row in self._connection.execute(query, parameters)]
