"""Connections: what each database needs so that both keep the same promises.

SQLite: write-ahead log, one writer at a time (``BEGIN IMMEDIATE`` on an engine of its own), readers that see one
consistent state and can't write. PostgreSQL: pooled, read committed for writers (who lock what they need, see
``Repository.lock``), repeatable read and read-only for readers.
"""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from forestall.errors import BadInput, Problem

# Long enough to outwait any transaction of ours (they take milliseconds), short enough to report a stuck writer.
BUSY_S = 30

_REMEDY = "use sqlite:///path/to/file.db or postgresql+psycopg://user:password@host/database"


@dataclass(frozen=True, slots=True)
class Engines:
    """``write`` begins transactions that may change things, ``read`` consistent ones that can't."""

    write: Engine
    read: Engine

    def dispose(self) -> None:
        self.read.dispose()
        self.write.dispose()


def open_engines(url: str, durable: bool) -> Engines:
    """Engines for ``url``; BadInput when it names no database this store can use.

    ``durable=False`` lets the last transactions be lost in a power cut: for simulations and tests only.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise _bad_url("is not a database URL") from None
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed, durable)
    if parsed.drivername == "postgresql+psycopg":
        return _postgresql(parsed, durable)
    raise _bad_url(f"names {parsed.drivername}, which this store does not speak")


def _bad_url(message: str) -> BadInput:
    return BadInput("the database URL can't be used", [Problem("database url", message, _REMEDY)])


def _sqlite(url: URL, durable: bool) -> Engines:
    if not url.database or url.database == ":memory:":
        raise _bad_url("names an SQLite database in memory, which can't be shared by readers and the writer")
    Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    connect_args = {"isolation_level": None, "timeout": BUSY_S, "check_same_thread": False}
    # One write connection: threads queue here fairly instead of polling the file lock. Correctness rests on
    # BEGIN IMMEDIATE alone, since other processes have write connections of their own.
    write = create_engine(url, connect_args=connect_args, pool_size=1, max_overflow=0, pool_timeout=BUSY_S)
    read = create_engine(url, connect_args=connect_args, pool_size=8, max_overflow=24)
    _prepare_sqlite(write, "BEGIN IMMEDIATE", ["journal_mode=WAL", f"synchronous={'FULL' if durable else 'OFF'}"])
    _prepare_sqlite(read, "BEGIN", ["query_only=ON"])
    return Engines(write, read)


def _prepare_sqlite(engine: Engine, begin: str, pragmas: list[str]) -> None:
    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        for pragma in ["foreign_keys=ON", *pragmas]:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def start(connection: Any) -> None:
        connection.exec_driver_sql(begin)


def _postgresql(url: URL, durable: bool) -> Engines:
    options = "-c timezone=UTC" + ("" if durable else " -c synchronous_commit=off")
    write = create_engine(
        url,
        connect_args={"options": options},
        pool_pre_ping=True,  # a restarted server is met with a new connection, not with an error
        pool_size=10,
        max_overflow=20,
        isolation_level="READ COMMITTED",
    )
    read = write.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return Engines(write, read)
