"""Instructions to drivers: told once, and settled once, by a word or by what came of the route."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, update

from forestall.domain.ids import CaseId, RouteId
from forestall.domain.instructions import Instruction
from forestall.domain.vocabulary import Channel, InstructionStatus
from forestall.store.mappers import INSTRUCTIONS
from forestall.store.repository import Repository
from forestall.store.tables import instructions

_IS_TOLD = instructions.c.status == InstructionStatus.TOLD
_IN_ORDER = (instructions.c.route_id, instructions.c.plan_version)
# Asked at every step and mostly in vain: made once, it costs a seventh.
_DUE = INSTRUCTIONS.select().where(_IS_TOLD, instructions.c.next_at <= bindparam("now")).order_by(*_IN_ORDER)


class Instructions(Repository):
    def add(self, news: Sequence[Instruction]) -> None:
        """Keep new ones; Conflict (at the end of the unit of work) when a route's plan version has one."""
        self._insert_all(instructions, [INSTRUCTIONS.values(one) for one in news])

    def acknowledge(self, route_id: RouteId, plan_version: int, at: datetime) -> int:
        """The driver has confirmed that version, and so all before it; how many waited for his word."""
        confirmed = (instructions.c.route_id == route_id) & (instructions.c.plan_version <= plan_version)
        return self._settle(confirmed, InstructionStatus.ACKNOWLEDGED, at)

    def drop(self, route_id: RouteId, at: datetime) -> int:
        """Nobody is to follow the route's instructions any more; how many waited for a word."""
        return self._settle(instructions.c.route_id == route_id, InstructionStatus.MOOT, at)

    def put_off(
        self, route_id: RouteId, channel: Channel, next_at: datetime | None, passed_on_at: datetime | None
    ) -> None:
        """Note which channel was tried for the route's unconfirmed plans, and when the next one is."""
        values = {"channel": channel, "next_at": next_at, "passed_on_at": passed_on_at}
        self._connection.execute(
            update(instructions).where(instructions.c.route_id == route_id, _IS_TOLD).values(values)
        )

    def list_due(self, now: datetime) -> list[Instruction]:
        """Those unconfirmed for which another channel is to be tried at ``now``."""
        return [INSTRUCTIONS.from_row(row) for row in self._connection.execute(_DUE, {"now": now})]

    def list_unconfirmed(self, route_id: RouteId) -> list[Instruction]:
        """The route's, the oldest version first."""
        return self._list(_IS_TOLD, instructions.c.route_id == route_id)

    def list_for_case(self, case_id: CaseId) -> list[Instruction]:
        """All that plans of the case have brought about, settled ones included."""
        return self._list(instructions.c.case_id == case_id)

    def _settle(self, condition: Any, status: InstructionStatus, at: datetime) -> int:
        return self._changed(update(instructions).where(condition, _IS_TOLD).values(status=status, settled_at=at))

    def _list(self, *conditions: Any) -> list[Instruction]:
        query = INSTRUCTIONS.select().where(*conditions).order_by(*_IN_ORDER)
        return [INSTRUCTIONS.from_row(row) for row in self._connection.execute(query)]
