"""Bringing a database to the newest form, from inside the program: users need no Alembic files of their own."""

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, func, select

from forestall.store.repository import Lock


def migrate(engine: Engine) -> None:
    """Run the migrations that ``engine``'s database lacks, all in one transaction, one server at a time."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(select(func.pg_advisory_xact_lock(int(Lock.MIGRATION))))
        command.upgrade(_config(connection), "head")


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", "forestall.store:migrations")
    config.attributes["connection"] = connection
    return config
