"""The store and its unit of work: every repository over one transaction."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from forestall.clock import Clock
from forestall.errors import Conflict, Unavailable
from forestall.store.approvals import Approvals
from forestall.store.audit import Audit
from forestall.store.cases import Cases
from forestall.store.decisions import Decisions
from forestall.store.drift import Drift
from forestall.store.engines import Engines, open_engines
from forestall.store.frames import Frames
from forestall.store.inbox import Inbox
from forestall.store.instructions import Instructions
from forestall.store.interning import Interner
from forestall.store.meta import Meta
from forestall.store.migrate import migrate
from forestall.store.models import Models
from forestall.store.outbox import Outbox
from forestall.store.outcomes import Outcomes
from forestall.store.overrides import Overrides
from forestall.store.plans import Plans
from forestall.store.policies import Policies
from forestall.store.proposals import Proposals
from forestall.store.repository import Lock
from forestall.store.reversals import Reversals
from forestall.store.scores import Scores
from forestall.store.snapshots import Snapshots
from forestall.store.state import State
from forestall.store.switches import Switches
from forestall.store.tenders import Tenders

# As SQLite and PostgreSQL put it.
_MISSING_TABLE = re.compile(r'no such table|relation "\w+" does not exist')


class UnitOfWork:
    """One transaction. Only the edge that opened it commits; repositories never do.

    In a writing unit the first use of ``state`` waits until no other writer has it, on any server, and then sees all
    that they committed: whoever reads state in order to change it can't be overtaken. Locks are always taken in the
    order state, outbox, audit; a unit that needs state should touch it before it adds effects or audit records.
    """

    def __init__(self, connection: Connection, clock: Clock, interner: Interner, writes: bool) -> None:
        self._connection, self._clock, self._interner, self._writes = connection, clock, interner, writes

    @cached_property
    def plans(self) -> Plans:
        return Plans(self._connection, self._clock)

    @cached_property
    def state(self) -> State:
        state = State(self._connection, self._clock, self._interner)
        if self._writes:
            state.lock(Lock.STATE)
        return state

    def lock_state(self) -> None:
        """Wait until no other writer has the state, and keep it until this unit ends."""
        self.state.lock(Lock.STATE)

    @cached_property
    def inbox(self) -> Inbox:
        return Inbox(self._connection, self._clock)

    @cached_property
    def outbox(self) -> Outbox:
        return Outbox(self._connection, self._clock)

    @cached_property
    def cases(self) -> Cases:
        return Cases(self._connection, self._clock)

    @cached_property
    def proposals(self) -> Proposals:
        return Proposals(self._connection, self._clock)

    @cached_property
    def approvals(self) -> Approvals:
        return Approvals(self._connection, self._clock)

    @cached_property
    def tenders(self) -> Tenders:
        return Tenders(self._connection, self._clock)

    @cached_property
    def instructions(self) -> Instructions:
        return Instructions(self._connection, self._clock)

    @cached_property
    def decisions(self) -> Decisions:
        return Decisions(self._connection, self._clock)

    @cached_property
    def reversals(self) -> Reversals:
        return Reversals(self._connection, self._clock)

    @cached_property
    def audit(self) -> Audit:
        return Audit(self._connection, self._clock)

    @cached_property
    def scores(self) -> Scores:
        return Scores(self._connection, self._clock)

    @cached_property
    def snapshots(self) -> Snapshots:
        return Snapshots(self._connection, self._clock)

    @cached_property
    def frames(self) -> Frames:
        return Frames(self._connection, self._clock)

    @cached_property
    def outcomes(self) -> Outcomes:
        return Outcomes(self._connection, self._clock)

    @cached_property
    def overrides(self) -> Overrides:
        return Overrides(self._connection, self._clock)

    @cached_property
    def models(self) -> Models:
        return Models(self._connection, self._clock)

    @cached_property
    def drift(self) -> Drift:
        return Drift(self._connection, self._clock)

    @cached_property
    def switches(self) -> Switches:
        return Switches(self._connection, self._clock)

    @cached_property
    def policies(self) -> Policies:
        return Policies(self._connection, self._clock)

    @property
    def is_writing(self) -> bool:
        """Whether this unit may change anything."""
        return self._writes

    def hold_counts(self) -> None:
        """Be the only one that carries anything out until this unit ends, so that what it counts stays true."""
        assert self._writes, "a reader counts what was; nobody waits for it"
        self.state.lock(Lock.STATE)
        self.outbox.lock(Lock.OUTBOX)

    @cached_property
    def meta(self) -> Meta:
        return Meta(self._connection, self._clock)


class Store:
    """The database of one installation; several processes may open the same one. Safe to share between threads."""

    def __init__(self, url: str, clock: Clock, engines: Engines) -> None:
        self.url = url
        self._clock = clock
        self._engines = engines
        self._interner = Interner()

    @classmethod
    def open(cls, url: str, clock: Clock, durable: bool = True) -> "Store":
        """The store at ``sqlite:///path.db`` or ``postgresql+psycopg://…``; BadInput for any other URL.

        ``durable=False`` does not wait for the disk, so a power cut may lose the last transactions (simulations).
        """
        return cls(url, clock, open_engines(url, durable))

    def migrate(self) -> None:
        """Bring the tables to the newest form; does nothing when they are. Safe for several servers at once."""
        with translated_errors():
            migrate(self._engines.write)

    @contextmanager
    def write(self) -> Iterator[UnitOfWork]:
        """One transaction that commits on a normal exit and leaves no trace on any exception.

        Units of work don't nest: on SQLite the inner one would wait for the outer one. Conflict when it breaks a
        uniqueness or a reference, Unavailable when the database can't be reached, is busy or found a deadlock.
        """
        with translated_errors(), self._engines.write.begin() as connection:
            yield UnitOfWork(connection, self._clock, self._interner, writes=True)

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        """One consistent view of the committed state; the database refuses any change made through it."""
        with translated_errors(), self._engines.read.connect() as connection:
            yield UnitOfWork(connection, self._clock, self._interner, writes=False)

    def close(self) -> None:
        self._engines.dispose()


@contextmanager
def translated_errors() -> Iterator[None]:
    """The database's errors as ours. What remains a database error is a fault in this program."""
    try:
        yield
    except IntegrityError as error:
        raise Conflict(f"the change contradicts what is stored: {error.orig}") from error
    except PoolTimeoutError as error:
        raise Unavailable("the database is busy; nothing was changed, try again") from error
    except DBAPIError as error:
        if (ours := _translate(error)) is None:
            raise
        raise ours from error


def _translate(error: DBAPIError) -> Unavailable | None:
    """What the caller can do about it; None for a fault in this program."""
    reason = str(error.orig)
    if _MISSING_TABLE.search(reason):
        return Unavailable(f"the database lacks a table, so it has to be migrated first: {reason}")
    if isinstance(error, OperationalError) and "readonly database" not in reason:
        return Unavailable(f"the database does not answer as it should, try again: {reason}")
    return None
