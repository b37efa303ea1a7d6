"""VRPLIB, Solomon and ORTEC files become days with real times, plausible places and a fixed departure rule."""

import gzip
import math
import time
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from forestall.domain.network import Location
from forestall.domain.vocabulary import HolderKind
from forestall.errors import BadInput, NotFound
from forestall.intake.advice import advise
from forestall.intake.files import read_plan_file
from forestall.intake.plan import parse_plan, plan_document
from forestall.intake.vrplibday import DEFAULT_START

SHARED = Path(__file__).parents[4] / "shared" / "data" / "vrptw"

EXPLICIT = """NAME : tiny
TYPE : VRPTW
DIMENSION : 4
EDGE_WEIGHT_TYPE : EXPLICIT
EDGE_WEIGHT_FORMAT : FULL_MATRIX
VEHICLES : 2
CAPACITY : 9
EDGE_WEIGHT_SECTION
0 600 1200 900
660\t0 300 800
1210 310\t0 700
910 810 710 0
NODE_COORD_SECTION
1 0 0
2 100 0
3 100 100
4 0 -100
DEMAND_SECTION
1 0
2 3
3 4
4 5
DEPOT_SECTION
1
-1
SERVICE_TIME_SECTION
1 0
2 120
3 60
4 300
TIME_WINDOW_SECTION
1 0 36000
2 7200 14400
3 3600 18000
4 0 1500
EOF
"""

EUCLIDEAN = """NAME : flat
TYPE : VRPTW
DIMENSION : 3
VEHICLES : 5
CAPACITY : 20
SERVICE_TIME : 10
EDGE_WEIGHT_TYPE : EUC_2D
NODE_COORD_SECTION
1 0 0
2 1 1
3 3 4
DEMAND_SECTION
1 0
2 1
3 1
TIME_WINDOW_SECTION
1 0 1000
2 0 900
3 0 900
DEPOT_SECTION
1
-1
EOF
"""

SOLOMON = """C000

VEHICLE
NUMBER     CAPACITY
  25         200

CUSTOMER
CUST NO.  XCOORD.   YCOORD.    DEMAND   READY TIME  DUE DATE   SERVICE   TIME

    0      40         50          0          0       1236          0
    1      43         54         10        100        967         90
"""


def put(folder: Path, instance: str = EXPLICIT, solution: str | None = "Route 1 : 1 2\nRoute 2 : 3\nCost 1") -> Path:
    path = folder / "tiny.txt"
    path.write_text(instance)
    if solution is not None:
        (folder / "tiny.sol").write_text(solution)
    return path


def places_of(error: pytest.ExceptionInfo[BadInput]) -> list[str]:
    return [problem.message for problem in error.value.problems]


def metres(a: Location, b: Location) -> float:
    """Great-circle distance."""
    lat_a, lat_b = math.radians(a.lat), math.radians(b.lat)
    half = math.sin((lat_b - lat_a) / 2) ** 2
    half += math.cos(lat_a) * math.cos(lat_b) * math.sin(math.radians(b.lon - a.lon) / 2) ** 2
    return 2 * 6_371_000 * math.asin(math.sqrt(half))


def test_nodes_become_stops_orders_packages_and_contacts_of_the_same_number(tmp_path: Path) -> None:
    plan = read_plan_file(put(tmp_path))
    assert [stop.id for stop in plan.stops] == ["S001", "S002", "S003"]
    assert [(s.route_id, s.sequence, s.order_id, s.location.id) for s in plan.stops][1] == ("R01", 2, "O002", "n2")
    assert [package.size for package in plan.packages] == [{"units": 3.0}, {"units": 4.0}, {"units": 5.0}]
    assert {package.custody.kind for package in plan.packages} == {HolderKind.HUB}
    assert [contact.phone for contact in plan.contacts][:2] == ["+12025550001", "+12025550002"]


def test_day_is_named_after_the_file_and_begins_at_the_start(tmp_path: Path) -> None:
    plan = read_plan_file(put(tmp_path))
    assert (plan.day, plan.hubs[0].id, plan.hubs[0].opens_at) == ("tiny", "H1", DEFAULT_START)
    assert plan.stops[0].window.opens_at == DEFAULT_START + timedelta(hours=2)
    assert plan.orders[0].promise == plan.stops[0].window
    assert {driver.shift_end for driver in plan.drivers} == {plan.hubs[0].closes_at}


def test_matrix_keeps_its_asymmetry(tmp_path: Path) -> None:
    matrix = read_plan_file(put(tmp_path)).matrix
    assert matrix is not None
    durations = np.frombuffer(matrix.durations_f32, dtype="<f4").reshape(4, 4)
    assert (matrix.location_ids[0], durations[0, 1], durations[1, 0]) == ("n0", 600, 660)


def test_spares_are_added_without_stops_and_ready_from_the_hubs_opening(tmp_path: Path) -> None:
    plan = read_plan_file(put(tmp_path), spares=2)
    spares = [route for route in plan.routes if route.is_spare]
    assert [(spare.id, spare.vehicle_id) for spare in spares] == [("RSP1", "VSP1"), ("RSP2", "VSP2")]
    assert {spare.departs_at for spare in spares} == {plan.hubs[0].opens_at}
    assert not [route for route in read_plan_file(put(tmp_path), spares=0).routes if route.is_spare]


def test_route_leaves_half_an_hour_before_its_latest_feasible_start(tmp_path: Path) -> None:
    route = next(route for route in read_plan_file(put(tmp_path)).routes if route.id == "R01")
    # Stop 2 closes at 18000 s; 300 s from stop 1 with 120 s service there; stop 1 closes at 14400 s; 600 s to it.
    assert route.departs_at == DEFAULT_START + timedelta(seconds=14400 - 600 - 1800)


def test_route_never_leaves_before_the_hub_opens(tmp_path: Path) -> None:
    route = next(route for route in read_plan_file(put(tmp_path)).routes if route.id == "R02")
    assert route.departs_at == DEFAULT_START


def test_straight_lines_agree_with_travel_times_in_the_middle(tmp_path: Path) -> None:
    plan = read_plan_file(put(tmp_path))
    assert plan.matrix is not None
    places = [plan.hubs[0].location, *(stop.location for stop in plan.stops)]
    pairs = [(i, j) for i in range(4) for j in range(4) if i != j]
    straight = np.median([metres(places[i], places[j]) for i, j in pairs])
    durations = np.frombuffer(plan.matrix.durations_f32, dtype="<f4").reshape(4, 4)
    covered = np.median([durations[i, j] for i, j in pairs]) * 8.3 / 1.3
    assert straight == pytest.approx(covered, rel=0.01)


def test_stops_at_one_point_are_all_at_the_anchor(tmp_path: Path) -> None:
    flat = EXPLICIT
    for line in ("2 100 0", "3 100 100", "4 0 -100"):
        flat = flat.replace(line, f"{line[0]} 0 0")
    assert {stop.location.lat for stop in read_plan_file(put(tmp_path, flat)).stops} == {41.15}


def test_euclidean_distances_are_truncated_to_a_decimal_and_stretched(tmp_path: Path) -> None:
    plan = read_plan_file(put(tmp_path, EUCLIDEAN, "Route #1: 1 2"), time_scale=20)
    assert plan.matrix is not None
    durations = np.frombuffer(plan.matrix.durations_f32, dtype="<f4").reshape(3, 3)
    assert durations[0, 1] == pytest.approx(1.4 * 20)
    assert durations[0, 2] == pytest.approx(5.0 * 20)
    assert plan.stops[0].service_s == 200
    assert plan.hubs[0].closes_at == DEFAULT_START + timedelta(seconds=20_000)


def test_solomon_table_is_read(tmp_path: Path) -> None:
    plan = read_plan_file(put(tmp_path, SOLOMON, "Route #1: 1"), time_scale=30)
    assert plan.stops[0].window.opens_at == DEFAULT_START + timedelta(seconds=3000)
    assert plan.vehicles[0].capacity == {"units": 200.0}


def test_gzipped_file_is_read_like_the_plain_one(tmp_path: Path) -> None:
    plain = read_plan_file(put(tmp_path))
    packed = tmp_path / "tiny.txt.gz"
    packed.write_bytes(gzip.compress(EXPLICIT.encode()))
    assert read_plan_file(packed) == plain


def test_imported_day_is_taken_as_a_document_too(tmp_path: Path) -> None:
    plan = read_plan_file(put(tmp_path))
    assert parse_plan(plan_document(plan), plan.day) == plan


def test_file_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read_plan_file(tmp_path / "none.txt")


@pytest.mark.parametrize("content", ["", "hello", "NAME : x\nEDGE_WEIGHT_SECTION\n1 2\n3 :\n", EXPLICIT[:200]])
def test_file_of_another_kind_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(BadInput):
        read_plan_file(put(tmp_path, content))


def test_damaged_gzip_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tiny.txt.gz"
    path.write_bytes(gzip.compress(EXPLICIT.encode())[:-20])
    with pytest.raises(BadInput, match=r"tiny\.txt\.gz was not taken"):
        read_plan_file(path)


def test_matrix_of_the_wrong_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        read_plan_file(put(tmp_path, EXPLICIT.replace("910 810 710 0\n", "")))


def test_negative_duration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        read_plan_file(put(tmp_path, EXPLICIT.replace("660", "-660")))
    assert "negative" in places_of(caught)[0]


def test_window_that_closes_before_it_opens_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        read_plan_file(put(tmp_path, EXPLICIT.replace("2 7200 14400", "2 7200 7100")))
    assert "before it begins" in places_of(caught)[0]


def test_solution_that_forgets_a_stop_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        read_plan_file(put(tmp_path, solution="Route 1 : 1 2\n"))
    assert places_of(caught) == ["stop 3 is visited 0 times"]


def test_solution_with_a_stop_twice_or_unknown_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        read_plan_file(put(tmp_path, solution="Route 1 : 1 2 2\nRoute 2 : 3 9\n"))
    assert places_of(caught) == ["stop 9 is not in the instance", "stop 2 is visited 2 times"]


def test_instance_without_a_solution_gets_a_plan_that_keeps_every_window(tmp_path: Path) -> None:
    plan = read_plan_file(put(tmp_path, solution=None))
    assert sorted(stop.id for stop in plan.stops) == ["S001", "S002", "S003"]
    assert advise(plan) == ()


@pytest.mark.skipif(not SHARED.exists(), reason="the shared benchmark data is not beside this checkout")
@pytest.mark.parametrize(
    ("name", "stops", "time_scale"),
    [
        ("ortec/ORTEC-VRPTW-ASYM-067d6ec2-d1-n364-k22.txt.gz", 364, 1),
        ("gh1000/R1_10_1.vrp.gz", 1000, 20),
        ("solomon100/RC207.txt.gz", 100, 30),
    ],
)
def test_real_files_are_read_at_once_and_have_no_faults(name: str, stops: int, time_scale: float) -> None:
    began = time.process_time()
    plan = read_plan_file(SHARED / name, time_scale=time_scale)
    assert time.process_time() - began < 2
    assert len(plan.stops) == stops
    assert advise(plan) == ()
