"""Every kind of bad plan is refused whole, with the place of the fault and what would mend it."""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forestall.errors import BadInput, Problem
from forestall.intake.plan import parse_plan
from forestall.intake.problems import MAX_PROBLEMS

Document = dict[str, Any]
DAY = "2026-03-02"


def refused(document: object) -> tuple[Problem, ...]:
    with pytest.raises(BadInput) as caught:
        parse_plan(document, DAY)  # type: ignore[arg-type]  # some tests send what no type allows
    assert all(problem.remedy for problem in caught.value.problems)
    return caught.value.problems


def only(document: object) -> Problem:
    problems = refused(document)
    assert len(problems) == 1, problems
    return problems[0]


def test_unknown_vehicle_of_a_route_is_named_where_it_stands(document: Document) -> None:
    document["routes"][1]["vehicle_id"] = "V99"
    problem = only(document)
    assert problem.place == "routes[1].vehicle_id"
    assert "V99 is not among the vehicles" in problem.message


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("carriers", "contact_id"),
        ("vehicles", "hub_id"),
        ("vehicles", "carrier_id"),
        ("drivers", "carrier_id"),
        ("drivers", "contact_id"),
        ("orders", "hub_id"),
        ("orders", "contact_id"),
        ("packages", "order_id"),
        ("routes", "hub_id"),
        ("routes", "driver_id"),
        ("stops", "route_id"),
        ("stops", "order_id"),
    ],
)
def test_every_reference_to_something_unknown_is_refused(document: Document, name: str, field: str) -> None:
    document[name][0][field] = "nowhere"
    assert f"{name}[0].{field}" in {problem.place for problem in refused(document)}


def test_link_to_an_unknown_hub_is_refused(document: Document) -> None:
    document["links"] = [{"from_hub": "H1", "to_hub": "H9", "duration_s": 600}]
    assert only(document).place == "links[0].to_hub"


def test_duplicate_id_names_both_places(document: Document) -> None:
    document["vehicles"].append(document["vehicles"][0])
    problem = only(document)
    assert problem.place == "vehicles[2].id"
    assert "vehicles number 1" in problem.message


def test_window_that_closes_before_it_opens_is_refused(document: Document) -> None:
    document["stops"][0]["window"]["closes_at"] = "2026-03-02T07:00:00Z"
    problem = only(document)
    assert problem.place == "stops[0].window.closes_at"
    assert "before it begins" in problem.message


def test_promise_that_closes_before_it_opens_is_refused(document: Document) -> None:
    document["orders"][0]["promise"]["closes_at"] = "2026-03-02T07:00:00Z"
    assert only(document).place == "orders[0].promise.closes_at"


def test_shift_that_ends_before_it_begins_is_refused(document: Document) -> None:
    document["drivers"][0]["shift_end"] = "2026-03-02T05:00:00Z"
    assert "drivers[0].shift_end" in {problem.place for problem in refused(document)}


@pytest.mark.parametrize("missing", ["break_after_s", "break_s"])
def test_a_break_rule_without_its_other_half_is_refused(document: Document, missing: str) -> None:
    del document["drivers"][0]["hours"][missing]
    assert only(document).place == "drivers[0].hours.break_s"


@pytest.mark.parametrize("field", ["max_drive_s", "max_duty_s", "break_after_s", "break_s"])
@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), "soon", True])
def test_hours_of_service_must_be_finite_and_above_zero(document: Document, field: str, value: object) -> None:
    document["drivers"][0]["hours"][field] = value
    assert f"drivers[0].hours.{field}" in {problem.place for problem in refused(document)}


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), None, "soon", True])
def test_service_time_must_be_a_finite_number_of_seconds(document: Document, value: object) -> None:
    document["stops"][0]["service_s"] = value
    assert only(document).place == "stops[0].service_s"


def test_absent_service_time_is_refused(document: Document) -> None:
    del document["stops"][0]["service_s"]
    problem = only(document)
    assert (problem.place, problem.message) == ("stops[0].service_s", "a required field is absent")


def test_nan_in_json_text_is_placed(document: Document) -> None:
    document["stops"][0]["service_s"] = float("nan")
    assert only(json.dumps(document).encode()).place == "stops[0].service_s"


def test_matrix_with_a_row_too_few_is_refused(document: Document) -> None:
    document["matrix"]["durations_s"].pop()
    problem = only(document)
    assert (problem.place, problem.message) == ("matrix.durations_s", "2 rows for 3 locations")


def test_matrix_with_a_short_row_is_refused(document: Document) -> None:
    document["matrix"]["durations_s"][1].pop()
    assert only(document).place == "matrix.durations_s[1]"


@pytest.mark.parametrize("value", [-5, float("nan"), float("inf"), 1e39])
def test_matrix_with_an_impossible_time_is_refused(document: Document, value: float) -> None:
    document["matrix"]["durations_s"][2][1] = value
    assert only(document).place.startswith("matrix.durations_s[2]")


@pytest.mark.parametrize("value", ["60", None, True, 10**400])
def test_matrix_with_something_else_than_numbers_is_refused(document: Document, value: object) -> None:
    document["matrix"]["durations_s"][2][1] = value
    assert only(document).place == "matrix.durations_s[2]"


def test_matrix_without_durations_is_refused(document: Document) -> None:
    del document["matrix"]["durations_s"]
    assert only(document).place == "matrix"


def test_matrix_given_twice_is_refused(document: Document) -> None:
    document["matrix"]["durations_f32_b64"] = "AAAA"
    assert only(document).place == "matrix"


@pytest.mark.parametrize("text", ["AAAA", "not base64!"])
def test_matrix_in_base64_of_the_wrong_size_or_kind_is_refused(document: Document, text: str) -> None:
    document["matrix"] = {"id": "m", "location_ids": ["n0", "n1", "n2"], "durations_f32_b64": text}
    assert only(document).place == "matrix.durations_f32_b64"


def test_matrix_that_lists_a_location_twice_is_refused(document: Document) -> None:
    document["matrix"]["location_ids"][2] = "n1"
    assert only(document).place == "matrix.location_ids[2]"


def test_vehicle_named_by_two_routes_is_refused(document: Document) -> None:
    document["routes"][1]["vehicle_id"] = "V01"
    problem = only(document)
    assert problem.place == "routes[1].vehicle_id"
    assert "R01" in problem.message


def test_driver_named_by_two_routes_is_refused(document: Document) -> None:
    document["routes"][1]["driver_id"] = "D01"
    assert only(document).place == "routes[1].driver_id"


def test_order_at_stops_of_two_routes_is_refused(document: Document) -> None:
    document["stops"][1]["order_id"] = "O1"
    problem = only(document)
    assert problem.place == "stops[1].order_id"
    assert "S1" in problem.message


def test_stop_given_twice_on_two_routes_is_refused(document: Document) -> None:
    document["stops"].append({**document["stops"][0], "route_id": "R02", "sequence": 2})
    assert {problem.place for problem in refused(document)} == {"stops[2].id", "stops[2].order_id"}


def test_two_stops_at_one_place_of_a_route_are_refused(document: Document) -> None:
    document["stops"][1]["route_id"] = "R01"
    assert only(document).place == "stops[1].sequence"


def test_spare_route_with_a_stop_is_refused(document: Document) -> None:
    document["routes"][0]["is_spare"] = True
    assert only(document).place == "stops[0].route_id"


def test_stop_whose_window_lies_outside_the_shift_is_refused(document: Document) -> None:
    document["drivers"][0]["shift_start"] = "2026-03-02T14:00:00Z"
    problem = only(document)
    assert problem.place == "stops[0].window"
    assert "D01" in problem.message


def test_one_location_at_two_places_is_refused(document: Document) -> None:
    document["stops"][1]["location"] = {"id": "n1", "lat": 41.2, "lon": -8.6}
    assert only(document).place == "stops[1].location"


def test_time_without_a_zone_is_refused(document: Document) -> None:
    document["routes"][0]["departs_at"] = "2026-03-02T07:00:00"
    problem = only(document)
    assert (problem.place, problem.message) == ("routes[0].departs_at", "a time without a zone")
    assert "Z" in problem.remedy


@pytest.mark.parametrize("value", ["soon", 1772434800, "2026-13-02T07:00:00Z", "0001-01-01T00:00:00+10:00", None])
def test_what_is_not_a_time_is_refused(document: Document, value: object) -> None:
    document["routes"][0]["departs_at"] = value
    assert only(document).place == "routes[0].departs_at"


@pytest.mark.parametrize(("field", "value"), [("lat", 90.1), ("lat", -91), ("lon", 181), ("lon", float("nan"))])
def test_coordinates_off_the_globe_are_refused(document: Document, field: str, value: float) -> None:
    document["stops"][0]["location"][field] = value
    assert only(document).place == f"stops[0].location.{field}"


def test_unknown_enum_value_lists_the_known_ones(document: Document) -> None:
    document["carriers"][0]["kind"] = "DRONE"
    problem = only(document)
    assert problem.place == "carriers[0].kind"
    assert "THREE_PL" in problem.remedy


def test_unknown_field_of_a_row_is_refused(document: Document) -> None:
    document["stops"][0]["colour"] = "red"
    problem = only(document)
    assert (problem.place, problem.message) == ("stops[0].colour", "an unknown field")


def test_unknown_list_is_refused(document: Document) -> None:
    document["robots"] = []
    problem = only(document)
    assert problem.place == "robots"
    assert "vehicles" in problem.remedy


def test_unknown_time_zone_is_refused(document: Document) -> None:
    document["hubs"][0]["time_zone"] = "../../etc/passwd"
    assert only(document).place == "hubs[0].time_zone"


@pytest.mark.parametrize("phone", ["0912345678", "+0123456789", "+351 912 345", "call me"])
def test_phone_number_that_nobody_can_dial_is_refused(document: Document, phone: str) -> None:
    document["contacts"][0]["phone"] = phone
    assert only(document).place == "contacts[0].phone"


@pytest.mark.parametrize("value", ["", " S1", "S\x001", "S\n1", "x" * 129, 7])
def test_id_that_is_not_plain_text_is_refused(document: Document, value: object) -> None:
    document["contacts"].append({"id": value})
    assert only(document).place == "contacts[1].id"


@pytest.mark.parametrize("capacity", [{"units": -1}, {"units": float("nan")}, {"units": "many"}, {"units": True}, 5])
def test_capacity_that_measures_nothing_is_refused(document: Document, capacity: object) -> None:
    document["vehicles"][0]["capacity"] = capacity
    assert only(document).place.startswith("vehicles[0].capacity")


def test_package_that_a_customer_has_already_is_refused(document: Document) -> None:
    document["packages"][0]["custody"] = {"kind": "CUSTOMER", "holder_id": "O1", "since": "2026-03-02T06:00:00Z"}
    assert only(document).place == "packages[0].custody.kind"


def test_package_at_an_unknown_hub_is_refused(document: Document) -> None:
    document["packages"][0]["custody"] = {"kind": "HUB", "holder_id": "H7", "since": "2026-03-02T06:00:00Z"}
    assert only(document).place == "packages[0].custody.holder_id"


def test_plan_of_another_day_is_refused(document: Document) -> None:
    document["day"] = "2026-03-03"
    assert only(document).place == "day"


@pytest.mark.parametrize("day", ["", " ", "a\x00b", "x" * 129])
def test_day_that_is_no_name_is_refused(document: Document, day: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_plan(document, day)
    assert [problem.place for problem in caught.value.problems] == ["day"]


def test_unknown_format_is_refused(document: Document) -> None:
    document["format"] = "forestall.plan/9"
    assert only(document).place == "format"


def test_plan_without_a_hub_is_refused() -> None:
    assert only({}).place == "hubs"


@pytest.mark.parametrize("value", [{}, "text", 5])
def test_list_that_is_none_is_refused(document: Document, value: object) -> None:
    document["links"] = value
    assert only(document).place == "links"


@pytest.mark.parametrize("row", [None, 5, "S1", []])
def test_row_that_is_no_object_is_refused(document: Document, row: object) -> None:
    document["stops"].append(row)
    assert only(document).place == "stops[2]"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"[]", b"null", b'"plan"', b"[" * 100_000, b'{"hubs":' * 9999]
)
def test_body_that_is_no_plan_object_is_refused_as_a_whole(body: bytes) -> None:
    assert only(body).place == "document"


def test_deep_nesting_inside_a_field_is_refused_at_that_field(document: Document) -> None:
    deep: list[Any] = []
    for _ in range(10_000):
        deep = [deep]
    document["stops"][0]["service_s"] = deep
    assert only(document).place == "stops[0].service_s"


def test_all_problems_are_reported_together(document: Document) -> None:
    document["stops"][0]["service_s"] = -1
    document["stops"][1]["location"]["lat"] = 200
    document["routes"][1]["vehicle_id"] = "V99"
    document["matrix"]["durations_s"][0][1] = -1
    places = {problem.place for problem in refused(document)}
    assert places == {
        "stops[0].service_s",
        "stops[1].location.lat",
        "routes[1].vehicle_id",
        "matrix.durations_s[0][1]",
    }


def test_row_that_names_a_malformed_row_is_no_second_problem(document: Document) -> None:
    document["vehicles"][0]["mode"] = "ZEPPELIN"
    assert only(document).place == "vehicles[0].mode"


def test_malformed_hub_alone_is_reported(document: Document) -> None:
    document["hubs"][0]["opens_at"] = "dawn"
    assert only(document).place == "hubs[0].opens_at"


def test_listed_problems_are_bounded_and_their_total_is_told(document: Document) -> None:
    document["contacts"] = [{"id": f"C{i}", "phone": "x"} for i in range(MAX_PROBLEMS + 500)]
    with pytest.raises(BadInput, match=r"1,500 problems, the first 1,000 are listed") as caught:
        parse_plan(document, DAY)
    assert len(caught.value.problems) == MAX_PROBLEMS


def test_braces_in_a_value_do_not_break_the_message(document: Document) -> None:
    document["contacts"][0]["phone"] = "{remedy}{0}{"
    assert "{remedy}" in only(document).message


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(st.data(), JSON)
def test_no_value_anywhere_raises_anything_but_bad_input(
    make_document: Callable[[], Document], data: st.DataObject, value: object
) -> None:
    document = make_document()
    name = data.draw(st.sampled_from(sorted(document)))
    if isinstance(document[name], list):
        row = document[name][0]
        row[data.draw(st.sampled_from(sorted(row)))] = value
    elif isinstance(document[name], dict):
        document[name][data.draw(st.sampled_from(sorted(document[name])))] = value
    else:
        document[name] = value
    with suppress(BadInput):
        parse_plan(document, DAY)
