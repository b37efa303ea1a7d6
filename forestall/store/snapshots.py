"""Snapshots that a decision was made on, kept whole so that it can be replayed."""

import zlib

from sqlalchemy import select

from forestall.domain.ids import SnapshotId
from forestall.domain.snapshot import HubSnapshot
from forestall.errors import NotFound
from forestall.store.codec import dumps, loads
from forestall.store.repository import Repository
from forestall.store.tables import snapshots

# Fast: level 1 shrinks a day of 300 stops to about a tenth already.
_COMPRESSION = 1


class Snapshots(Repository):
    def keep(self, snapshot: HubSnapshot) -> None:
        """Keep ``snapshot`` under its id; one that is kept already is left alone."""
        if self._connection.scalar(select(snapshots.c.id).where(snapshots.c.id == snapshot.id)) is not None:
            return
        body = zlib.compress(dumps(HubSnapshot, snapshot).encode(), _COMPRESSION)
        row = {"id": snapshot.id, "day": snapshot.day, "taken_at": snapshot.taken_at, "body": body}
        self._connection.execute(self._insert(snapshots).values(row).on_conflict_do_nothing())

    def get(self, snapshot_id: SnapshotId) -> HubSnapshot:
        body = self._connection.scalar(select(snapshots.c.body).where(snapshots.c.id == snapshot_id))
        if body is None:
            raise NotFound(f"no snapshot {snapshot_id} was kept")
        return loads(HubSnapshot, zlib.decompress(body))
