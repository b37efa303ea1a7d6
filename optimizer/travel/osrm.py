"""Travel times over the road network, asked of an OSRM server's table service.

Protocol: ``GET /table/v1/{profile}/{lon,lat;…}?sources=…&destinations=…&annotations=duration``; answers have ``code``
"Ok", ``durations`` (rows = sources, null where there is no way) and, for every source and destination, the metres to
the road it was put on (``distance``).
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock

import httpx
import numpy as np
from numpy.typing import NDArray

from forestall.domain.network import Location
from forestall.domain.vocabulary import VehicleMode
from forestall.errors import Unavailable
from optimizer.travel.haversine import HaversineTravel, crow_fly_table_m
from optimizer.travel.hours import HourFactors
from optimizer.travel.modes import seconds_for
from optimizer.travel.zones import ZoneFactors

logger = logging.getLogger(__name__)

Cell = tuple[int, int]
CELLS_PER_DEG = 5_000
"""Places are put on the middle of a cell of 0.0002 degrees (22 m from south to north) and looked up by it: a van that
crawls along asks nothing new, and equal places give equal times whatever was asked before."""

_BLOCK = 50  # sources and destinations of one request: OSRM's own limit is 100 places
_FAR_FROM_ROAD_M = 500.0
_LOOK_AGAIN_S = 60.0
_MOST_KEPT = 64_000_000  # durations kept over all tables: 256 MB
_SPARE_CELLS = 500


@dataclass(frozen=True, slots=True)
class OsrmServer:
    """Where one road network is served. ``profile`` is part of the address; a server knows one only."""

    url: str
    profile: str = "driving"
    timeout_s: float = 5.0


class OsrmTravel:
    """Durations by road, cached; what the network can't say (no way, no road near, no answer) is told by the map.

    ``servers`` by mode; a mode without one goes by the van's times and its own pace. After an outage the server is
    left alone for a minute. Safe to call from several threads.
    """

    def __init__(
        self,
        servers: Mapping[VehicleMode, OsrmServer],
        fallback: HaversineTravel | None = None,
        hours: HourFactors | None = None,
        zones: ZoneFactors | None = None,
        client: httpx.Client | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if VehicleMode.VAN not in servers:
            raise ValueError("a server for vans is needed: the other modes lean on it")
        self._servers, self._fallback = dict(servers), fallback or HaversineTravel()
        self._hours, self._zones = hours or HourFactors(), zones or ZoneFactors()
        self._client, self._monotonic = client or httpx.Client(), monotonic
        self._networks = {mode: _Network() for mode in self._servers}
        self._lock = Lock()

    @property
    def provenance(self) -> str:
        """Host and profile; and, while the server does not answer, that the map stands in."""
        van = self._servers[VehicleMode.VAN]
        name = f"osrm {van.profile} at {httpx.URL(van.url).host}, cells of 1/{CELLS_PER_DEG} degree"
        return f"{name}; not answering, {self._fallback.provenance} instead" if self._is_resting() else name

    @property
    def hours(self) -> HourFactors:
        return self._hours

    def durations_s(self, places: Sequence[Location], mode: VehicleMode = VehicleMode.VAN) -> NDArray[np.float64]:
        """(n, n) seconds, row = from. Never raises for an outage: the map's times stand in, and the log says so."""
        served = mode if mode in self._servers else VehicleMode.VAN
        cells = [cell_of(place) for place in places]
        with self._lock:
            durations = self._networks[served].table(cells, lambda a, b: self._ask(served, a, b))
        crow_m = crow_fly_table_m(places)
        by_map = self._fallback.seconds_of(crow_m, served)
        durations = np.where(np.isnan(durations), by_map, durations)
        same = np.equal(*np.meshgrid(*[_codes(cells)] * 2, indexing="ij"))
        durations[same] = by_map[same]  # within a cell the road network has nothing to say
        if served is not mode:
            durations = seconds_for(mode, durations, crow_m * self._fallback.circuity)
        np.fill_diagonal(durations, 0.0)
        return self._zones.apply(durations, places)

    def close(self) -> None:
        self._client.close()

    def _is_resting(self) -> bool:
        return self._monotonic() < self._networks[VehicleMode.VAN].rests_until

    def _ask(self, mode: VehicleMode, sources: Sequence[Cell], destinations: Sequence[Cell]) -> NDArray[np.float32]:
        """(a, b) seconds between cells, NaN where there is no way or no road near. Unavailable while it rests."""
        network = self._networks[mode]
        if self._monotonic() < network.rests_until:
            raise Unavailable("the OSRM server is left alone for a while after an outage")
        try:
            return self._request(self._servers[mode], sources, destinations)
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            network.rests_until = self._monotonic() + _LOOK_AGAIN_S
            logger.warning("OSRM at %s gives no table (%r); the map stands in", self._servers[mode].url, error)
            raise Unavailable("the OSRM server gives no table") from error

    def _request(
        self, server: OsrmServer, sources: Sequence[Cell], destinations: Sequence[Cell]
    ) -> NDArray[np.float32]:
        points = ";".join(f"{lon:.5f},{lat:.5f}" for lat, lon in map(_middle, (*sources, *destinations)))
        a, b = len(sources), len(destinations)
        answer = self._client.get(
            f"{server.url.rstrip('/')}/table/v1/{server.profile}/{points}",
            params={
                "sources": ";".join(map(str, range(a))),
                "destinations": ";".join(map(str, range(a, a + b))),
                "annotations": "duration",
                "generate_hints": "false",
            },
            timeout=server.timeout_s,
        )
        answer.raise_for_status()
        return parse_table(answer.json(), a, b)


def cell_of(place: Location) -> Cell:
    """The cell a place is looked up by."""
    return int(np.floor(place.lat * CELLS_PER_DEG)), int(np.floor(place.lon * CELLS_PER_DEG))


def parse_table(body: Mapping[str, object], sources: int, destinations: int) -> NDArray[np.float32]:
    """(sources, destinations) seconds of a table answer; NaN: no way, or an end too far from any road.

    Raises ValueError, KeyError or TypeError when the answer is not what the protocol says.
    """
    if body.get("code") != "Ok":
        raise ValueError(f"code {body.get('code')!r}: {body.get('message', '')}")
    durations = np.array(body["durations"], dtype=np.float32)  # None becomes NaN
    if durations.shape != (sources, destinations):
        raise ValueError(f"{durations.shape} durations for {sources} x {destinations} places")
    if (durations < 0).any():
        raise ValueError("a negative duration")
    durations[_far(body["sources"]), :] = np.nan
    durations[:, _far(body["destinations"])] = np.nan
    return durations


def _far(waypoints: object) -> NDArray[np.bool_]:
    """Which places lie too far from any road for its times to mean anything. (The server puts them on one anyway.)"""
    if not isinstance(waypoints, list):
        raise TypeError("no list of waypoints")
    return np.array([float(waypoint["distance"]) > _FAR_FROM_ROAD_M for waypoint in waypoints], dtype=bool)


def _middle(cell: Cell) -> tuple[float, float]:
    return (cell[0] + 0.5) / CELLS_PER_DEG, (cell[1] + 0.5) / CELLS_PER_DEG


def _codes(cells: Sequence[Cell]) -> NDArray[np.int64]:
    """(n,) one number for each cell, equal for equal cells."""
    number = {cell: i for i, cell in enumerate(dict.fromkeys(cells))}
    return np.array([number[cell] for cell in cells], dtype=np.int64)


Ask = Callable[[Sequence[Cell], Sequence[Cell]], NDArray[np.float32]]


@dataclass
class _Table:
    """Durations between the cells that were asked for together, as a rule one hub's."""

    row: dict[Cell, int] = field(default_factory=dict)
    seconds: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), dtype=np.float32))

    def keep_only(self, cells: set[Cell]) -> None:
        """Forget where vans once were."""
        kept = [cell for cell in self.row if cell in cells]
        rows = [self.row[cell] for cell in kept]
        self.seconds = self.seconds[np.ix_(rows, rows)]
        self.row = {cell: i for i, cell in enumerate(kept)}

    def extend(self, new: list[Cell], ask: Ask) -> None:
        """Add cells. When the server fails on the way nothing is added, and Unavailable is passed on."""
        old, n = list(self.row), len(self.row)
        seconds = np.full((n + len(new), n + len(new)), np.nan, dtype=np.float32)
        seconds[:n, :n] = self.seconds
        every = [*old, *new]
        for rows in _blocks(n, len(every)):
            for columns in _blocks(0, len(every)):
                seconds[rows, columns] = ask(every[rows], every[columns])
        for rows in _blocks(0, n):
            for columns in _blocks(n, len(every)):
                seconds[rows, columns] = ask(every[rows], every[columns])
        self.seconds = seconds
        self.row = {cell: i for i, cell in enumerate(every)}


@dataclass
class _Network:
    """What is known of one server's network, the tables last used at the end."""

    tables: list[_Table] = field(default_factory=list)
    rests_until: float = -np.inf

    def table(self, cells: Sequence[Cell], ask: Ask) -> NDArray[np.float64]:
        """(n, n) seconds between the cells; NaN where the network does not tell."""
        wanted = dict.fromkeys(cells)
        table = self._table_of(set(wanted))
        if new := [cell for cell in wanted if cell not in table.row]:
            with suppress(Unavailable):  # said where it happened; the cells stay unknown and are asked for again
                table.extend(new, ask)
        durations = np.full((len(cells), len(cells)), np.nan)
        known = [i for i, cell in enumerate(cells) if cell in table.row]
        rows = [table.row[cells[i]] for i in known]
        durations[np.ix_(known, known)] = table.seconds[np.ix_(rows, rows)]
        return durations

    def _table_of(self, wanted: set[Cell]) -> _Table:
        """The table that knows most of the cells, or a new one; old ones go when there are too many numbers."""
        table = max(self.tables, key=lambda one: len(wanted & one.row.keys()), default=_Table())
        if 2 * len(wanted & table.row.keys()) < len(wanted):
            table = _Table()
        if len(table.row) > 2 * len(wanted) + _SPARE_CELLS:
            table.keep_only(wanted)
        self.tables = [one for one in self.tables if one is not table]
        while self.tables and sum(one.seconds.size for one in self.tables) > _MOST_KEPT:
            self.tables.pop(0)
        self.tables.append(table)
        return table


def _blocks(start: int, end: int) -> Iterator[slice]:
    for low in range(start, end, _BLOCK):
        yield slice(low, min(low + _BLOCK, end))
