"""Overrides that have been scored, and those that wait for it."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy import func, select

from forestall.domain.decisions import Decision
from forestall.domain.ids import DecisionId
from forestall.domain.overrides import OverrideScore
from forestall.domain.vocabulary import Verdict
from forestall.store.mappers import DECISIONS, OVERRIDE_SCORES
from forestall.store.repository import Repository
from forestall.store.tables import cases, decisions, override_scores, plans

_Scores: TypeAlias = list[OverrideScore]


class Overrides(Repository):
    def add(self, scores: Sequence[OverrideScore]) -> None:
        """Keep scores; a decision that has one keeps it."""
        rows = [OVERRIDE_SCORES.values(score) for score in scores]
        if rows:
            self._connection.execute(self._insert(override_scores).on_conflict_do_nothing(), rows)

    def list_unscored(self, verdicts: Collection[Verdict]) -> dict[str, list[Decision]]:
        """Decisions of these verdicts without a score, by day, the first ones first; days without a plan are gone."""
        query = (
            select(*DECISIONS.columns, cases.c.day)
            .join(cases, cases.c.id == decisions.c.case_id)
            .join(plans, plans.c.day == cases.c.day)
            .where(decisions.c.verdict.in_(verdicts))
            .where(decisions.c.id.not_in(select(override_scores.c.decision_id)))
            .order_by(cases.c.day, decisions.c.at, decisions.c.id)
        )
        found: dict[str, list[Decision]] = {}
        for row in self._connection.execute(query):
            found.setdefault(row.day, []).append(DECISIONS.from_row(row))
        return found

    def find(self, decision_id: DecisionId) -> OverrideScore | None:
        return next(iter(self._list(override_scores.c.decision_id == decision_id)), None)

    def list(self, since: datetime | None = None, until: datetime | None = None) -> _Scores:
        """Scores of overrides decided since then and before, the first one first."""
        conditions: Any = []
        if since is not None:
            conditions.append(override_scores.c.decided_at >= since)
        if until is not None:
            conditions.append(override_scores.c.decided_at < until)
        return self._list(*conditions)

    def count_people(self, role: str) -> int:
        """How many different people have decided scored overrides in that role."""
        query = (
            select(func.count(decisions.c.actor.distinct()))
            .join(override_scores, override_scores.c.decision_id == decisions.c.id)
            .where(override_scores.c.role == role)
        )
        return int(self._connection.scalar(query) or 0)

    def _list(self, *conditions: Any) -> _Scores:
        order = (override_scores.c.decided_at, override_scores.c.decision_id)
        rows = self._connection.execute(OVERRIDE_SCORES.select().where(*conditions).order_by(*order))
        return [OVERRIDE_SCORES.from_row(row) for row in rows]
