"""How each hub's forecast stands, by lead bucket: the newest check alone; its history is in the audit log."""

from sqlalchemy import select

from forestall.domain.ids import HubId
from forestall.domain.learning import DriftState
from forestall.store.mappers import DRIFT_STATES
from forestall.store.repository import Repository
from forestall.store.tables import drift_states

_DRIFTING = select(drift_states.c.hub_id).where(drift_states.c.is_drifting)  # asked at every step, and so made once


class Drift(Repository):
    def list_states(self) -> list[DriftState]:
        query = DRIFT_STATES.select().order_by(drift_states.c.hub_id, drift_states.c.lead_min)
        return [DRIFT_STATES.from_row(row) for row in self._connection.execute(query)]

    def list_drifting_hubs(self) -> frozenset[HubId]:
        """Hubs with at least one bucket out of its band."""
        return frozenset(self._connection.scalars(_DRIFTING))

    def put(self, state: DriftState) -> None:
        row = DRIFT_STATES.values(state)
        news = {name: value for name, value in row.items() if name not in ("hub_id", "lead_min")}
        insert = self._insert(drift_states).values(row)
        self._connection.execute(insert.on_conflict_do_update(index_elements=["hub_id", "lead_min"], set_=news))
