"""The parts a command works with: settings from the environment, and a database brought up to date."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import ValidationError

from forestall.clock import Clock
from forestall.errors import BadInput, Problem
from forestall.settings import Settings
from forestall.store import Store


def read_settings() -> Settings:
    """The settings of this process.

    Raises:
        BadInput: a variable has a wrong value; all such variables are named.
    """
    try:
        return Settings()
    except ValidationError as error:
        problems = [
            Problem(
                place="FORESTALL_" + "_".join(str(step) for step in fault["loc"]).upper(),
                message=str(fault["msg"]),
                remedy="see the README for what each setting takes",
            )
            for fault in error.errors()
        ]
        raise BadInput("A setting has a wrong value.", problems) from error


@contextmanager
def open_store(settings: Settings) -> Iterator[tuple[Store, Clock]]:
    """The configured database, its tables up to date."""
    clock = settings.make_clock()
    if settings.database_url is None:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
    store = Store.open(settings.resolved_database_url, clock)
    try:
        store.migrate()
        yield store, clock
    finally:
        store.close()
