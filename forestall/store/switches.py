"""Switches: one row for each that was ever touched, holding where it stands now."""

from forestall.domain.switches import Switch
from forestall.store.mappers import SWITCHES
from forestall.store.repository import Repository
from forestall.store.tables import switches

# Asked several times at every step: to put it together takes longer than to have it answered.
_ALL = SWITCHES.select().order_by(switches.c.scope, switches.c.subject)


class Switches(Repository):
    def put(self, switch: Switch) -> None:
        """Set a switch, whoever set it before."""
        row = SWITCHES.values(switch)
        news = {name: value for name, value in row.items() if name not in {"scope", "subject"}}
        insert = self._insert(switches).values(row)
        self._connection.execute(insert.on_conflict_do_update(index_elements=["scope", "subject"], set_=news))

    def list(self) -> list[Switch]:
        """Every switch that was ever set, RUN included, in the order of scope and subject."""
        return [SWITCHES.from_row(row) for row in self._connection.execute(_ALL)]
