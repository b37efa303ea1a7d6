"""Fixtures that every folder of tests may use: a clock that stands still, and stores on both databases."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import NoReturn

import hypothesis
import pytest
from sqlalchemy import create_engine, inspect, make_url, text

from factories import START
from forestall.clock import ManualClock
from forestall.store import Store
from postgres_start import start_postgres

IS_CI = bool(os.environ.get("CI"))

# A property holds or does not; how long an example takes on a busy machine says nothing of it, nor how long it took to
# draw. At home every run draws new examples; in CI they are always the same, so that what passed once passes again.
UNTIMED = hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow], print_blob=True)
hypothesis.settings.register_profile("home", UNTIMED)
hypothesis.settings.register_profile("ci", UNTIMED, derandomize=True, database=None)
hypothesis.settings.load_profile("ci" if IS_CI else "home")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI nothing that needs a browser or PostgreSQL is passed over, whatever it is that skips it."""
    report = yield
    is_needed = item.get_closest_marker("browser") or item.get_closest_marker("postgres")
    if IS_CI and is_needed and report.skipped:
        report.outcome, report.longrepr = "failed", f"skipped, which must not be in CI: {report.longrepr}"
    return report


@pytest.fixture
def manual_clock() -> ManualClock:
    """At the start of the day that the factories make."""
    return ManualClock(START)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a real PostgreSQL, started for this session from a wheel; where there is none, tests are skipped."""
    folder = Path(tempfile.mkdtemp(prefix="forestall-pg-"))  # not pytest's: the server's own user must reach it
    try:
        server = start_postgres(folder)
    except Exception as error:  # whatever keeps it from starting, the message is the same
        shutil.rmtree(folder, ignore_errors=True)
        _miss_postgres(error)
    url = server.get_uri(driver="psycopg")
    _run(url, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
    yield url
    server.cleanup()


@pytest.fixture
def empty_postgres_database(postgres_server: str) -> str:
    """The URL of a PostgreSQL database that nothing was ever done to; it goes when the server does."""
    return _create_database(postgres_server)


@pytest.fixture(scope="session")
def postgres_url(postgres_server: str) -> str:
    """The URL of the migrated PostgreSQL database that the tests of this session share, one after the other."""
    url = _create_database(postgres_server)
    store = Store.open(url, ManualClock(START))
    store.migrate()
    store.close()
    return url


@pytest.fixture
def postgres_database(postgres_url: str) -> str:
    """The same database, emptied: far faster than a new one."""
    _run(postgres_url, "SET lock_timeout = '60s'", "SET session_replication_role = replica", *_deletions(postgres_url))
    return postgres_url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A migrated SQLite database file, to be copied."""
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    store = Store.open(f"sqlite:///{path}", ManualClock(START))
    store.migrate()
    store.close()
    return path.read_bytes()


@pytest.fixture
def sqlite_database(sqlite_template: bytes, tmp_path: Path) -> str:
    """The URL of a fresh, migrated SQLite database."""
    path = tmp_path / "forestall.db"
    path.write_bytes(sqlite_template)
    return f"sqlite:///{path}"


@pytest.fixture
def open_store(manual_clock: ManualClock) -> Iterator[Callable[[str], Store]]:
    """Opens a store at a URL as a server would; each is closed when the test ends."""
    opened: list[Store] = []

    def open_one(url: str) -> Store:
        opened.append(Store.open(url, manual_clock, durable=False))
        return opened[-1]

    yield open_one
    for store in opened:
        store.close()


@pytest.fixture
def sqlite_store(sqlite_database: str, open_store: Callable[[str], Store]) -> Store:
    return open_store(sqlite_database)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh, migrated database, of each kind in turn."""
    url: str = request.getfixturevalue(f"{request.param}_database")
    return url


@pytest.fixture
def store(database_url: str, open_store: Callable[[str], Store]) -> Store:
    """An empty store, on each database in turn: what passes on one must pass on the other."""
    return open_store(database_url)


def _miss_postgres(error: Exception) -> NoReturn:
    reason = f"no PostgreSQL could be started: {error}"
    if IS_CI:
        pytest.fail(reason)
    pytest.skip(reason)


def _database_url(url: str, database: str) -> str:
    return make_url(url).set(database=database).render_as_string(hide_password=False)


def _create_database(server: str) -> str:
    name = f"forestall_{secrets.token_hex(6)}"
    _run(server, f"CREATE DATABASE {name}")
    return _database_url(server, name)


def _deletions(url: str) -> list[str]:
    """Statements that empty every table but those that say how far a schema has been migrated."""
    engine = create_engine(url)
    tables = [name for name in inspect(engine).get_table_names() if not name.endswith(("_version", "_migrations"))]
    engine.dispose()
    return [f'DELETE FROM "{name}"' for name in tables]


def _run(url: str, *statements: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()
