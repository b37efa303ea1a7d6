"""Two OSRM servers: one that gives recorded answers, and a real one where ``make osrm`` has put it."""

import json
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest

from forestall.domain.ids import LocationId
from forestall.domain.network import Location
from optimizer.travel.osrm import cell_of

ROOT = Path(__file__).parents[3]
ROADS = ROOT / "var/osrm/heidelberg/roads.osrm"
RECORD = json.loads((Path(__file__).parent / "recorded_table.json").read_text())
PLACES = {name: Location(LocationId(name), lat, lon) for name, (lat, lon) in RECORD["places"].items()}


class RecordedServer:
    """Answers table requests from a recorded table, as the protocol says; ``fail`` makes it break in some way."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []
        self.fail: Callable[[], httpx.Response] | None = None
        self._row = {cell_of(place): i for i, place in enumerate(PLACES.values())}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.fail is not None:
            return self.fail()
        prefix, _, points = request.url.path.rpartition("/")
        assert prefix == "/table/v1/driving"
        assert request.url.params["annotations"] == "duration"
        rows = [self._row_of(point) for point in points.split(";")]
        sources = [rows[int(i)] for i in request.url.params["sources"].split(";")]
        destinations = [rows[int(i)] for i in request.url.params["destinations"].split(";")]
        assert len(rows) <= 100
        self.asked.append((len(sources), len(destinations)))
        return httpx.Response(
            200,
            json={
                "code": "Ok",
                "durations": [[RECORD["durations_s"][a][b] for b in destinations] for a in sources],
                "sources": [{"distance": RECORD["distance_m"][a]} for a in sources],
                "destinations": [{"distance": RECORD["distance_m"][b]} for b in destinations],
            },
        )

    def _row_of(self, point: str) -> int:
        lon, lat = map(float, point.split(","))
        return self._row[cell_of(Location(LocationId("point"), lat, lon))]


@pytest.fixture
def recorded() -> RecordedServer:
    return RecordedServer()


@pytest.fixture(scope="session")
def live_url() -> Iterator[str]:
    """The address of a real server of the Heidelberg extract."""
    python = ROOT / ".osrm/bin/python"
    if not python.exists() or not ROADS.with_name("roads.osrm.cell_metrics").exists():
        pytest.skip("no OSRM here: make osrm installs it")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(python), "-m", "osrm", "routed", "--algorithm", "mld", "--ip", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen([*command, str(ROADS)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        url = f"http://127.0.0.1:{port}"
        for _ in range(100):
            try:
                httpx.get(f"{url}/nearest/v1/driving/8.68,49.41")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield url
        server.terminate()


@pytest.fixture
def recorded_places() -> dict[str, Location]:
    return PLACES


@pytest.fixture
def recorded_durations() -> np.ndarray:
    """(n, n) seconds between the recorded places, in their order."""
    return np.array(RECORD["durations_s"])
