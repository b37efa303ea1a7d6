"""From values straight to what the database driver takes, ten thousand rows at a time.

``Mapper.values`` and the column types say what the cells are; here is the short way to the same, column by column. The
way back is ``forestall.store.rowreading``.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from operator import attrgetter
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

from forestall.store import codec
from forestall.store.columns import Instant, Json
from forestall.store.instants import to_text
from forestall.store.mapping import Mapper

T = TypeVar("T")
_Bind = Callable[[Iterable[Any]], Iterable[Any]]


class RowWriter(Generic[T]):
    """Inserts values of one mapper through one dialect's driver, with columns beside that are the same in all rows."""

    def __init__(self, mapper: Mapper[T], dialect: Dialect, beside: Sequence[str] = ()) -> None:
        names = [*(column.name for column in mapper.columns), *beside]
        marks = ["?" if dialect.paramstyle == "qmark" else "%s"] * len(names)
        self._sql = f"INSERT INTO {mapper.table.name} ({', '.join(names)}) VALUES ({', '.join(marks)})"  # noqa: S608  # names of ours
        self._cells = [
            (attrgetter(path), _bind(column.type, dialect))
            for path, column in zip(mapper.paths, mapper.columns, strict=True)
        ]

    def insert(self, connection: Connection, values: Sequence[T], *beside: object) -> None:
        """Insert a row for each value."""
        if values:
            connection.exec_driver_sql(self._sql, self.rows(values, *beside))

    def rows(self, values: Sequence[T], *beside: object) -> list[tuple[Any, ...]]:
        """What the driver takes: a tuple for each value, the cells of the columns beside at its end."""
        columns = [bind(map(get, values)) for get, bind in self._cells]
        return list(zip(*columns, *([cell] * len(values) for cell in beside), strict=True))


def _bind(kind: TypeEngine[Any], dialect: Dialect) -> _Bind:
    """From a column's values to the driver's cells."""
    if isinstance(kind, Instant) and dialect.name == "sqlite":
        return lambda column: [None if instant is None else to_text(instant) for instant in column]
    if isinstance(kind, Json):
        encode, empty = codec.encoder(kind.hint), codec.canonical([])
        # Most scores have no reasons to tell.
        return lambda column: [
            None if value is None else empty if value == () else codec.canonical(encode(value)) for value in column
        ]
    if isinstance(kind, TypeDecorator):
        return partial(map, lambda value: kind.process_bind_param(value, dialect))
    return lambda column: column
