"""Travel times: one contract for every provider, and what each adds."""

import numpy as np
import pytest

from forestall.domain.ids import LocationId
from forestall.domain.network import Location
from forestall.domain.plan import TravelMatrix
from forestall.domain.vocabulary import VehicleMode
from forestall.errors import BadInput
from optimizer.travel import HaversineTravel, HourFactors, MatrixTravel

A = Location(LocationId("a"), 41.15, -8.61)
B = Location(LocationId("b"), 41.17, -8.61)
C = Location(LocationId("c"), 41.15, -8.55)
DURATIONS = np.array([[0, 300, 500], [320, 0, 650], [480, 700, 0]], dtype="<f4")


def matrix_travel() -> MatrixTravel:
    matrix = TravelMatrix("m1", (A.id, B.id, C.id), DURATIONS.tobytes())
    return MatrixTravel(matrix, [A, B, C])


@pytest.fixture(params=["haversine", "matrix"])
def provider(request):
    return {"haversine": HaversineTravel, "matrix": matrix_travel}[request.param]()


def near(place: Location, name: str, metres: float) -> Location:
    return Location(LocationId(name), place.lat + metres / 111_195, place.lon)


def test_every_provider_gives_a_finite_square_with_a_zero_diagonal(provider) -> None:
    durations = provider.durations_s([A, near(C, "wreck", 400), B, A])
    assert durations.shape == (4, 4)
    assert np.isfinite(durations).all()
    assert (durations >= 0).all()
    assert (np.diag(durations) == 0).all()
    assert durations[0, 3] == 0
    assert provider.provenance
    assert provider.hours.by_hour == (1.0,) * 24


def test_every_provider_answers_for_no_places(provider) -> None:
    assert provider.durations_s([]).shape == (0, 0)


def test_a_matrix_keeps_its_asymmetry_in_any_order_of_places() -> None:
    durations = matrix_travel().durations_s([C, A])
    assert durations[0, 1] == 480
    assert durations[1, 0] == 500


def test_a_place_the_matrix_does_not_know_leans_on_its_neighbour() -> None:
    wreck = near(B, "V01@x", 200)
    durations = matrix_travel().durations_s([A, wreck, B])
    access = durations[1, 2]
    assert 0 < access < 60
    assert durations[0, 1] == pytest.approx(300 + access)
    assert durations[1, 0] == pytest.approx(320 + access)


def test_two_unknown_places_side_by_side_are_near_each_other() -> None:
    one, two = near(C, "x", 2000), near(C, "y", 2050)
    assert matrix_travel().durations_s([one, two])[0, 1] < 30


def test_a_matrix_without_any_known_place_says_so() -> None:
    travel = MatrixTravel(TravelMatrix("m1", (A.id,), np.zeros(1, "<f4").tobytes()), [])
    with pytest.raises(BadInput) as caught:
        travel.durations_s([B])
    assert caught.value.problems[0].place == "location[b]"


def test_a_matrix_that_is_not_square_is_refused() -> None:
    with pytest.raises(BadInput):
        MatrixTravel(TravelMatrix("m1", (A.id, B.id), b"\0" * 12), [A, B])


def test_longer_ways_take_longer_and_are_driven_faster() -> None:
    travel = HaversineTravel()
    metres = np.array([0.0, 500.0, 5_000.0, 20_000.0, 100_000.0])
    seconds = travel.seconds_of(metres)
    assert (np.diff(seconds) > 0).all()
    assert (np.diff(metres[1:] / seconds[1:]) > 0).all()


@pytest.mark.parametrize("by_hour", [(1.0,) * 23, (0.0,) * 24])
def test_hour_factors_that_make_no_sense_are_refused(by_hour) -> None:
    with pytest.raises(ValueError, match="24 numbers"):
        HourFactors(by_hour)


def test_by_the_map_no_mode_is_faster_than_a_van_and_a_robot_walks() -> None:
    travel = HaversineTravel()
    van = travel.durations_s([A, B, C])
    for mode in VehicleMode:
        assert (travel.durations_s([A, B, C], mode) >= van).all()
    assert travel.durations_s([A, B], VehicleMode.ROBOT)[0, 1] > 2_200 / 1.4  # 2.2 km as the crow flies


def test_a_plans_own_matrix_holds_for_every_mode() -> None:
    for mode in VehicleMode:
        assert (matrix_travel().durations_s([A, B, C], mode) == DURATIONS).all()


def test_over_a_short_hop_through_streets_a_bike_is_hardly_slower() -> None:
    travel, corner = HaversineTravel(), near(A, "corner", 500)
    van, bike = travel.durations_s([A, corner]), travel.durations_s([A, corner], VehicleMode.BIKE)
    assert bike[0, 1] < 1.25 * van[0, 1]
