"""Travel times asked of an OSRM server: the protocol, the cache, and what happens when there is no answer."""

import httpx
import numpy as np
import pytest

from forestall.domain.ids import LocationId
from forestall.domain.network import Location
from forestall.domain.vocabulary import VehicleMode
from optimizer.travel import HaversineTravel, OsrmServer, OsrmTravel
from optimizer.travel.zones import ZoneFactors, zone_of

TOWN = ("station", "old-town", "university", "castle-road", "wieblingen", "rohrbach")


class Seconds:
    """A monotonic clock that moves when told."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Seconds:
    return Seconds()


@pytest.fixture
def places(recorded_places: dict[str, Location]) -> list[Location]:
    return [recorded_places[name] for name in TOWN]


@pytest.fixture
def osrm(recorded, clock) -> OsrmTravel:
    return make(recorded, clock)


def make(server, clock, **options) -> OsrmTravel:
    client = httpx.Client(transport=httpx.MockTransport(server))
    servers = {VehicleMode.VAN: OsrmServer("http://roads.example:5000")}
    return OsrmTravel(servers, client=client, monotonic=clock, **options)


@pytest.fixture(params=["recorded", "live"])
def any_osrm(request, recorded, clock) -> OsrmTravel:
    if request.param == "recorded":
        return make(recorded, clock)
    return OsrmTravel({VehicleMode.VAN: OsrmServer(request.getfixturevalue("live_url"))})


def test_durations_are_the_networks_own(any_osrm, places, recorded_durations) -> None:
    durations = any_osrm.durations_s(places)
    expected = recorded_durations[: len(TOWN), : len(TOWN)]
    assert durations == pytest.approx(expected, rel=1e-3)
    assert (durations != durations.T).any()
    any_osrm.close()


def test_a_place_far_from_any_road_is_told_by_the_map(any_osrm, places, recorded_places) -> None:
    ocean = recorded_places["ocean"]
    durations = any_osrm.durations_s([places[0], ocean])
    assert durations == pytest.approx(HaversineTravel().durations_s([places[0], ocean]))
    any_osrm.close()


def test_known_cells_are_asked_for_once(osrm, recorded, places) -> None:
    first = osrm.durations_s(places[:4])
    assert len(recorded.asked) == 1
    assert (osrm.durations_s(list(reversed(places[:4]))) == first[::-1, ::-1]).all()
    assert len(recorded.asked) == 1
    osrm.durations_s(places)
    assert sum(a * b for a, b in recorded.asked) == len(places) ** 2


def test_times_do_not_depend_on_what_was_asked_before(osrm, recorded, clock, places) -> None:
    osrm.durations_s(places[:3])
    later = osrm.durations_s(places)
    assert (later == make(recorded, clock).durations_s(places)).all()


def test_two_places_in_one_cell_are_a_walk_apart(osrm, places) -> None:
    door = Location(LocationId("door"), places[0].lat + 5e-5, places[0].lon)
    durations = osrm.durations_s([places[0], door, places[1]])
    assert 0 <= durations[0, 1] < 5
    assert durations[1, 2] == durations[0, 2]


def test_a_large_hub_is_asked_for_in_blocks_the_server_takes(clock) -> None:
    asked: list[int] = []

    def server(request: httpx.Request) -> httpx.Response:
        a = len(request.url.params["sources"].split(";"))
        b = len(request.url.params["destinations"].split(";"))
        asked.append(a + b)
        waypoint = {"distance": 3.0}
        body = {"code": "Ok", "durations": [[60.0] * b] * a, "sources": [waypoint] * a, "destinations": [waypoint] * b}
        return httpx.Response(200, json=body)

    many = [Location(LocationId(str(i)), 49.0 + 0.001 * i, 8.0) for i in range(230)]
    durations = make(server, clock).durations_s(many)
    assert max(asked) <= 100
    assert (durations[~np.eye(230, dtype=bool)] == 60.0).all()


@pytest.mark.parametrize(
    "answer",
    [
        lambda: httpx.Response(500),
        lambda: httpx.Response(400, json={"code": "InvalidQuery", "message": "no"}),
        lambda: httpx.Response(200, text="<html>"),
        lambda: httpx.Response(200, json={"code": "Ok", "durations": [[1.0]], "sources": [], "destinations": []}),
        lambda: httpx.Response(200, json={"code": "TooBig"}),
    ],
)
def test_without_an_answer_the_map_stands_in_and_says_so(osrm, recorded, places, answer) -> None:
    recorded.fail = answer
    assert (osrm.durations_s(places) == HaversineTravel().durations_s(places)).all()
    assert "haversine" in osrm.provenance


def test_a_server_that_hangs_does_not_hold_up_the_sweep(osrm, recorded, places) -> None:
    def hang() -> httpx.Response:
        raise httpx.ReadTimeout("too slow")

    recorded.fail = hang
    assert np.isfinite(osrm.durations_s(places)).all()


def test_after_an_outage_the_server_is_asked_again_in_a_minute(osrm, recorded, clock, places) -> None:
    by_map = HaversineTravel().durations_s(places)
    recorded.fail = lambda: httpx.Response(503)
    osrm.durations_s(places)
    recorded.fail = None
    clock.now = 59.0
    assert (osrm.durations_s(places) == by_map).all()
    assert not recorded.asked
    clock.now = 61.0
    assert (osrm.durations_s(places) != by_map).any()
    assert osrm.provenance.startswith("osrm driving at roads.example")
    assert "haversine" not in osrm.provenance


def test_the_provenance_tells_no_password(recorded, clock) -> None:
    servers = {VehicleMode.VAN: OsrmServer("http://user:secret@roads.example")}
    assert "secret" not in OsrmTravel(servers, monotonic=clock).provenance


def test_a_bike_goes_by_its_own_network_where_there_is_one(recorded, clock, places) -> None:
    def bikes(request: httpx.Request) -> httpx.Response:
        waypoints = [{"distance": 1.0}] * 2
        body = {"code": "Ok", "durations": [[0, 777.0], [778.0, 0]], "sources": waypoints, "destinations": waypoints}
        return httpx.Response(200, json=body)

    def route(request: httpx.Request) -> httpx.Response:
        return bikes(request) if request.url.host == "bikes.example" else recorded(request)

    servers = {
        VehicleMode.VAN: OsrmServer("http://roads.example"),
        VehicleMode.BIKE: OsrmServer("http://bikes.example"),
    }
    osrm = OsrmTravel(servers, client=httpx.Client(transport=httpx.MockTransport(route)), monotonic=clock)
    assert osrm.durations_s(places[:2], VehicleMode.BIKE)[0, 1] == 777.0
    assert osrm.durations_s(places[:2], VehicleMode.VAN)[0, 1] < 777.0


def test_a_slow_zone_slows_the_legs_that_end_in_it(recorded, clock, places) -> None:
    zone = zone_of(places[0].lat, places[0].lon)
    usual = make(recorded, clock).durations_s(places)
    slowed = make(recorded, clock, zones=ZoneFactors({zone: 1.5})).durations_s(places)
    assert slowed[0, 4] == pytest.approx(usual[0, 4] * 1.25)
