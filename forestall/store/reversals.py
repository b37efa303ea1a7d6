"""The ways back from decisions that changed routes; each is taken once at most."""

from typing import Any

from sqlalchemy import update

from forestall.domain.ids import CaseId, DecisionId
from forestall.domain.reversals import Reversal
from forestall.store.mappers import REVERSALS
from forestall.store.repository import Repository
from forestall.store.tables import reversals


class Reversals(Repository):
    def add(self, reversal: Reversal) -> None:
        """Keep the way back; Conflict (at the end of the unit of work) when that decision has one."""
        self._insert_all(reversals, [REVERSALS.values(reversal)])

    def find(self, decision_id: DecisionId) -> Reversal | None:
        return next(iter(self._list(reversals.c.decision_id == decision_id)), None)

    def mark_undone(self, decision_id: DecisionId, by: DecisionId) -> bool:
        """Note the decision that took it back; False when another one had, and then nothing changes."""
        is_open = (reversals.c.decision_id == decision_id) & reversals.c.undone_by.is_(None)
        return self._changed(update(reversals).where(is_open).values(undone_by=by)) == 1

    def list_for_case(self, case_id: CaseId) -> list[Reversal]:
        """The case's, the first one first."""
        return self._list(reversals.c.case_id == case_id)

    def _list(self, *conditions: Any) -> list[Reversal]:
        query = REVERSALS.select().where(*conditions).order_by(reversals.c.made_at, reversals.c.decision_id)
        return [REVERSALS.from_row(row) for row in self._connection.execute(query)]
