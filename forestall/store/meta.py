"""Small facts about the installation itself, by key."""

from sqlalchemy import select

from forestall.store.repository import Repository
from forestall.store.tables import meta


class Meta(Repository):
    def get(self, key: str) -> str | None:
        """The value of ``key``; None when it was never put."""
        return self._connection.scalar(select(meta.c.value).where(meta.c.key == key))

    def put(self, key: str, value: str) -> None:
        insert = self._insert(meta).values(key=key, value=value)
        self._connection.execute(insert.on_conflict_do_update(index_elements=["key"], set_={"value": value}))
