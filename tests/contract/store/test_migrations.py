from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine

from forestall.errors import Unavailable
from forestall.store import Store
from forestall.store.tables import metadata


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database that nothing was ever done to."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/empty.db"
    url: str = request.getfixturevalue("empty_postgres_database")
    return url


def differences(engine: Engine) -> list[object]:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "target_metadata": metadata})
        return list(compare_metadata(context, metadata))


def test_the_migrated_tables_are_the_declared_ones(store: Store, database_url: str) -> None:
    engine = create_engine(database_url)
    assert differences(engine) == []
    engine.dispose()


def test_migrating_again_changes_nothing(store: Store) -> None:
    with store.write() as uow:
        uow.meta.put("a", "1")
    store.migrate()
    with store.read() as uow:
        assert uow.meta.get("a") == "1"


def test_servers_that_start_together_migrate_once(empty_database: str, open_store: Callable[[str], Store]) -> None:
    servers = [open_store(empty_database) for _ in range(3)]
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(Store.migrate, servers))
    with servers[0].read() as uow:
        assert uow.plans.list_days() == []


def test_a_database_that_was_never_migrated_says_what_to_do(
    empty_database: str, open_store: Callable[[str], Store]
) -> None:
    with pytest.raises(Unavailable, match="migrated first"), open_store(empty_database).read() as uow:
        uow.plans.list_days()
