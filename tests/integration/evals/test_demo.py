"""The demo against a real server, which is killed in the middle."""

import os
import random
import signal
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from evals.demo import run_demo
from evals.server import Server, started
from forestall.errors import Unavailable

EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")


@pytest.fixture
def port() -> int:
    """A free one that no outgoing connection is ever given, so that it stays free until the server takes it."""
    above = int(EPHEMERAL.read_text().split()[0]) if EPHEMERAL.exists() else 32768
    while True:
        chosen = random.randrange(max(1024, above - 20_000), above)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", chosen))
            return chosen


@pytest.fixture
def occupied(port: int) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", port)):
        yield port


class Witness:
    """Kills the server once it has asked somebody something, and looks at its records before and afterwards.

    When it has seen enough it ends the demo as Ctrl-C does: how much of the day that takes depends on the machine.
    """

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self.news: list[str] = []
        self.pids: list[int] = []
        self.before: dict[str, set[str]] = {}
        self.after: dict[str, set[str]] = {}
        self.keys: list[str] = []
        self.looks = 0

    def hear(self, text: str) -> None:
        self.news.append(text)
        if "cases" not in text:
            return
        if len(self.pids) == 1 and any((questions := self._questions()).values()):
            self.before = questions
            os.kill(self.pids[0], signal.SIGKILL)
        elif len(self.pids) == 2:
            self.after = self._questions()
            self.keys = [effect["key"] for effect in self._client.get("/v1/effects?limit=1000").json()["effects"]]
            self.looks += 1
            if self.keys and self.looks >= 3 and self._client.get("/v1/decisions").json()["decisions"]:
                raise KeyboardInterrupt

    def _questions(self) -> dict[str, set[str]]:
        """Every case with the questions that were ever asked about it."""
        cases = self._client.get("/v1/cases?limit=1000").json()["cases"]
        traces = {case["id"]: self._client.get(f"/v1/cases/{case['id']}").json() for case in cases}
        return {case: {a["interrupt_id"] for a in trace["approvals"]} for case, trace in traces.items()}


@pytest.fixture
def witness(port: int) -> Iterator[Witness]:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=120) as client:
        yield Witness(client)


def test_a_killed_server_comes_back_and_nothing_is_lost_or_doubled(
    port: int, witness: Witness, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch = Server._launch

    def remember(server: Server) -> None:
        launch(server)
        assert server.pid is not None
        witness.pids.append(server.pid)

    monkeypatch.setattr(Server, "_launch", remember)

    report = run_demo(port, rate=120, seed=1, day_limit_min=600, data_dir=tmp_path, say=witness.hear)

    assert len(witness.pids) == 2
    assert any("started again" in line for line in witness.news)
    assert any(f"http://127.0.0.1:{port}" in line for line in witness.news)
    assert witness.before.keys() <= witness.after.keys()
    assert all(asked <= witness.after[case] for case, asked in witness.before.items())
    assert len(witness.keys) == len(set(witness.keys)) > 0
    assert report["decisions"] > 0
    assert report["violations"] == []
    assert report["parked_events"] == 0
    with pytest.raises(ProcessLookupError):
        os.kill(witness.pids[1], 0)  # it was ended with the demo


def test_a_port_that_somebody_else_has_is_named(occupied: int, tmp_path: Path) -> None:
    with started(occupied, tmp_path, {}) as server, pytest.raises(Unavailable, match=str(occupied)):
        server.keep_up()
