"""A real server as a child process, kept up however often it is killed."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

from evals.link import ServiceLink
from forestall.errors import Unavailable

# The first start of all compiles, which takes a minute, and longer where other programs want the machine too.
STARTS_WITHIN_S, STOPS_WITHIN_S = 300.0, 15.0
ANSWERS_WITHIN_S = 120.0  # one that has died refuses at once; this is for one that is busy
HOST = "127.0.0.1"


class Server:
    """``forestall serve`` on ``port``, its data and log in ``folder``; the same folder again is the same service."""

    def __init__(self, client: httpx.Client, environment: Mapping[str, str], folder: Path) -> None:
        self.address = str(client.base_url).rstrip("/")
        self.link = ServiceLink(client)
        self._environment, self._log = environment, folder / "server.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """The process's id; None while it has not been started."""
        return self._process.pid if self._process is not None else None

    def keep_up(self) -> bool:
        """Make sure that it answers. True when it had to be started; Unavailable, with its log, when it won't."""
        if self._is_running() and self._comes_up():
            return False
        if not self._is_running():  # a process that was killed a moment ago may have looked alive until now
            self._launch()
            if self._comes_up():
                return True
        tail = self._log.read_text(encoding="utf-8", errors="replace")[-2000:]
        raise Unavailable(f"the server at {self.address} does not come up; the end of its log:\n{tail}")

    def stop(self) -> None:
        """End it and wait until it has ended."""
        if self._process is None or not self._is_running():
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOPS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _launch(self) -> None:
        """In a session of its own: Ctrl-C at the terminal is for the demo, which then ends its server in order."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "forestall.cli", "serve"],
                env=dict(self._environment),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _comes_up(self) -> bool:
        """Wait until it answers; False when it ends before, or takes too long."""
        give_up = time.monotonic() + STARTS_WITHIN_S
        while not self.link.is_healthy():
            if not self._is_running() or time.monotonic() > give_up:
                return False
            time.sleep(0.1)
        return True


@contextmanager
def started(port: int, folder: Path, settings: Mapping[str, str]) -> Iterator[Server]:
    """A server that is ended with the block; ``keep_up`` starts it. Raises Unavailable when the port is taken."""
    folder.mkdir(parents=True, exist_ok=True)
    environment = {
        **os.environ,
        **settings,
        "FORESTALL_HOST": HOST,
        "FORESTALL_PORT": str(port),
        "FORESTALL_DATA_DIR": str(folder),
        "FORESTALL_TICK_S": "1",
    }
    environment.pop("FORESTALL_DATABASE_URL", None)
    with httpx.Client(base_url=f"http://{HOST}:{port}", timeout=ANSWERS_WITHIN_S, trust_env=False) as client:
        server = Server(client, environment, folder)
        if server.link.is_healthy():
            raise Unavailable(f"something already answers at {server.address}: stop it, or choose another port")
        try:
            yield server
        finally:
            server.stop()
