"""Leadership: on PostgreSQL one process at a time does the scheduled work; an SQLite file has one process anyway."""

from types import TracebackType

import psycopg
from sqlalchemy import make_url

_LEADER = 4_710_005


class Leadership:
    """A lock on a connection of its own: it is lost exactly when that connection is, so a dead leader frees it."""

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self._conninfo = (
            None
            if parsed.get_backend_name() == "sqlite"
            else parsed.set(drivername="postgresql").render_as_string(hide_password=False)
        )
        self._connection: psycopg.Connection | None = None

    def __enter__(self) -> "Leadership":
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.release()

    def hold(self) -> bool:
        """Be the leader, or try to become it; False while another process is, or the database does not answer."""
        if self._conninfo is None:
            return True
        try:
            if self._connection is not None:
                self._connection.execute("SELECT 1")
                return True
            connection = psycopg.connect(self._conninfo, autocommit=True, connect_timeout=5)
        except psycopg.OperationalError:
            self.release()
            return False
        if _try_lock(connection):
            self._connection = connection
            return True
        connection.close()
        return False

    def release(self) -> None:
        """Let another process lead."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _try_lock(connection: psycopg.Connection) -> bool:
    row = connection.execute("SELECT pg_try_advisory_lock(%s)", (_LEADER,)).fetchone()
    return row is not None and bool(row[0])
