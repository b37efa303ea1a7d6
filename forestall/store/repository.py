"""What every repository stands on: a connection inside one transaction, and what both dialects must share."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, func, select
from sqlalchemy.dialects import postgresql, sqlite

from forestall.clock import Clock
from forestall.store.mapping import Mapper

T = TypeVar("T")
# Under both databases' limit of bound values in one statement, for rows of up to 30 columns.
CHUNK = 1000


class Lock(IntEnum):
    """Advisory locks on PostgreSQL, always taken in this order; the numbers are ours alone in this database."""

    STATE = 4_710_001
    OUTBOX = 4_710_002
    AUDIT = 4_710_003
    MIGRATION = 4_710_004


class Repository:
    """The rows of one concept, seen through one transaction. ``clock`` stamps rows that carry no time of their own."""

    def __init__(self, connection: Connection, clock: Clock) -> None:
        self._connection = connection
        self._clock = clock

    @property
    def _is_postgresql(self) -> bool:
        return self._connection.dialect.name == "postgresql"

    def lock(self, lock: Lock) -> None:
        """Be the only transaction with this lock, until it ends. SQLite has one writer anyway, so it is free there."""
        if self._is_postgresql:
            self._connection.execute(select(func.pg_advisory_xact_lock(int(lock))))

    def _insert(self, table: Table) -> Any:
        """An INSERT that can say ON CONFLICT."""
        return insert_into(table, self._is_postgresql)

    def _insert_all(self, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
        if rows:
            self._connection.execute(table.insert(), rows)

    def _changed(self, statement: Any) -> int:
        """How many rows ``statement`` changed."""
        return self._connection.execute(statement).rowcount

    def _overwrite(self, mapper: Mapper[T], value: T, **match: object) -> int:
        """Write ``value`` over the rows whose columns equal ``match``; how many there were."""
        old = {f"old_{name}": known for name, known in match.items()}
        return self._connection.execute(mapper.overwriting(*match), mapper.values(value, **old)).rowcount


def insert_into(table: Table, is_postgresql: bool) -> Any:
    """An INSERT that can say ON CONFLICT; both dialects spell it alike, but SQLAlchemy types them apart."""
    return postgresql.insert(table) if is_postgresql else sqlite.insert(table)


def chunks(items: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """``items`` in lists of at most ``size``."""
    chunk: list[T] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
