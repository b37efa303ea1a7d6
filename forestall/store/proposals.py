"""Proposals: what was thought of for a case, one for each plan revision, never changed."""

from datetime import datetime
from typing import Any, TypeAlias

from forestall.domain.decisions import Proposal
from forestall.domain.ids import CaseId
from forestall.errors import NotFound
from forestall.store.mappers import PROPOSALS
from forestall.store.repository import Repository
from forestall.store.tables import proposals

_Proposals: TypeAlias = list[Proposal]


class Proposals(Repository):
    def add(self, proposal: Proposal) -> None:
        """Keep a proposal; Conflict (at the end of the unit of work) when that plan revision has one."""
        self._insert_all(proposals, [PROPOSALS.values(proposal)])

    def find(self, case_id: CaseId, plan_rev: int) -> Proposal | None:
        return next(iter(self._list(proposals.c.case_id == case_id, proposals.c.plan_rev == plan_rev)), None)

    def get(self, case_id: CaseId, plan_rev: int) -> Proposal:
        proposal = self.find(case_id, plan_rev)
        if proposal is None:
            raise NotFound(f"case {case_id} has no plan revision {plan_rev}")
        return proposal

    def find_latest(self, case_id: CaseId) -> Proposal | None:
        """The proposal of the highest plan revision."""
        return next(iter(self.list(case_id)[-1:]), None)

    def list(self, case_id: CaseId) -> _Proposals:
        """The case's proposals by plan revision, the first one first."""
        return self._list(proposals.c.case_id == case_id)

    def list_since(self, since: datetime) -> _Proposals:
        """Every proposal made from ``since`` on, the first one first."""
        query = PROPOSALS.select().where(proposals.c.made_at >= since)
        rows = self._connection.execute(query.order_by(proposals.c.made_at, proposals.c.case_id))
        return [PROPOSALS.from_row(row) for row in rows]

    def _list(self, *conditions: Any) -> _Proposals:
        query = PROPOSALS.select().where(*conditions).order_by(proposals.c.plan_rev)
        return [PROPOSALS.from_row(row) for row in self._connection.execute(query)]
