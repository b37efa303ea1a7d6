"""Values read again and again, built once: equal rows give the very same frozen value.

A day's state is loaded hundreds of times while a handful of rows change in between. A row is looked up by its raw
content, so nothing can be stale: another process's change is another row. Each value keeps its content digest.
"""

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from operator import itemgetter
from threading import Lock
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import Connection

from forestall.store.mapping import AnySelect, Mapper
from forestall.store.rowreading import RowReader

T = TypeVar("T")
_RawRow = tuple[Any, ...]
# A partition is one table's rows of one day and choice of hubs: about ten tables for each loaded picture.
_PARTITIONS = 640


class Kept(NamedTuple, Generic[T]):
    """A value and the digest of its content."""

    value: T
    digest: bytes


class Interner:
    """The values of the rows that were read last, by partition. Shared by threads; a lost update costs time only."""

    def __init__(self) -> None:
        self._partitions: OrderedDict[Hashable, dict[_RawRow, Kept[Any]]] = OrderedDict()
        self._readers: dict[tuple[str, str], RowReader[Any]] = {}
        self._guard = Lock()

    def load(
        self,
        connection: Connection,
        mapper: Mapper[T],
        partition: Hashable,
        query: AnySelect,
        order: Sequence[str] = ("id",),
    ) -> list[Kept[T]]:
        """The rows that ``query`` gives (of ``mapper.raw_select``), sorted by ``order`` in code point order."""
        rows = _fetch_raw(connection, query)
        rows.sort(key=itemgetter(*(_index_of(mapper, name) for name in order)))
        key = (mapper.table.name, partition)
        known = self._partition(key)
        found = [known.get(row) for row in rows] if known else [None] * len(rows)
        unknown = [row for row, kept in zip(rows, found, strict=True) if kept is None]
        news = self._build(unknown, mapper, connection)
        rest = iter(news)
        current = [kept or next(rest) for kept in found]
        if news or len(rows) < len(known):
            self._replace(key, dict(zip(rows, current, strict=True)))
        return current

    def _build(self, rows: Sequence[_RawRow], mapper: Mapper[T], connection: Connection) -> list[Kept[T]]:
        key = (mapper.table.name, connection.dialect.name)
        reader: RowReader[T] | None = self._readers.get(key)
        if reader is None:
            reader = self._readers[key] = RowReader(mapper, connection.dialect)
        return list(map(Kept, reader.values(rows), reader.digests(rows)))

    def _partition(self, key: Hashable) -> dict[_RawRow, Kept[Any]]:
        with self._guard:
            if key in self._partitions:
                self._partitions.move_to_end(key)
            return self._partitions.get(key, {})

    def _replace(self, key: Hashable, kept: dict[_RawRow, Kept[Any]]) -> None:
        with self._guard:
            self._partitions[key] = kept
            while len(self._partitions) > _PARTITIONS:
                self._partitions.popitem(last=False)


def _fetch_raw(connection: Connection, query: AnySelect) -> list[_RawRow]:
    """Rows as the driver gives them: no conversion, because most of them are known already."""
    result = connection.execute(query)
    assert result.cursor is not None  # every SELECT has one
    rows = list(result.cursor.fetchall())  # as they are: SQLAlchemy's own rows cost as much as the query
    result.close()
    return rows


def _index_of(mapper: Mapper[Any], name: str) -> int:
    return [column.name for column in mapper.columns].index(name)
