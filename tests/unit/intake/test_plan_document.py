"""A plan document becomes a plan and a plan its document, without loss."""

import base64
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from factories import make_plan
from forestall.domain.network import Carrier, HubLink
from forestall.domain.orders import Custody
from forestall.domain.vocabulary import CarrierKind, HolderKind, StopStatus, Tier
from forestall.intake.advice import advise
from forestall.intake.plan import parse_plan, plan_digest, plan_document, with_digest

Document = dict[str, Any]
DAY = "2026-03-02"


def test_rows_become_domain_values(document: Document) -> None:
    plan = parse_plan(document, DAY)
    stop, order, route = plan.stops[0], plan.orders[0], plan.routes[0]
    assert (stop.id, stop.route_id, stop.order_id, stop.service_s) == ("S1", "R01", "O1", 180.0)
    assert (stop.location.id, stop.location.lat, stop.status) == ("n1", 41.16, StopStatus.PLANNED)
    assert (order.tier, order.promise.closes_at.isoformat()) == (Tier.PRIORITY, "2026-03-02T11:00:00+00:00")
    assert (route.day, route.version, route.driver_id) == (DAY, 1, "D01")
    assert plan.vehicles[0].skills == frozenset({"fridge"})


def test_package_without_custody_is_at_its_orders_hub_since_that_opened(document: Document) -> None:
    plan = parse_plan(document, DAY)
    assert plan.packages[0].custody == Custody(HolderKind.HUB, "H1", plan.hubs[0].opens_at)


def test_matrix_is_kept_row_by_row(document: Document) -> None:
    matrix = parse_plan(document, DAY).matrix
    assert matrix is not None
    durations = np.frombuffer(matrix.durations_f32, dtype="<f4").reshape(3, 3)
    assert (matrix.location_ids, durations[1, 0], durations[1, 2]) == (("n0", "n1", "n2"), 310, 200.5)


def test_matrix_as_base64_equals_matrix_as_numbers(document: Document) -> None:
    as_numbers = parse_plan(document, DAY)
    rows = document["matrix"].pop("durations_s")
    document["matrix"]["durations_f32_b64"] = base64.b64encode(np.array(rows, dtype="<f4").tobytes()).decode()
    assert parse_plan(document, DAY) == as_numbers


def test_document_of_a_plan_parses_to_the_same_plan(document: Document) -> None:
    plan = parse_plan(document, DAY)
    assert parse_plan(json.dumps(plan_document(plan)).encode(), DAY) == plan


def test_every_optional_field_survives_the_round_trip() -> None:
    made = make_plan()
    carrier = Carrier(made.carriers[0].id, "Own", CarrierKind.GIG, False, 250, 7, made.contacts[0].id)
    driver = replace(made.drivers[0], name="Grace", contact_id=made.contacts[1].id)
    contact = replace(made.contacts[0], email="ada@example.com", webhook="https://x.example/hook", accepts_sms=False)
    route = replace(made.routes[0], load_ready_at=made.routes[0].departs_at)
    package = replace(made.packages[0], custody=replace(made.packages[0].custody, kind=HolderKind.UPSTREAM))
    hub = replace(made.hubs[0], id="H2", location=replace(made.hubs[0].location, id="h2"))  # type: ignore[arg-type]
    plan = with_digest(
        replace(
            made,
            hubs=(made.hubs[0], hub),
            links=(HubLink(made.hubs[0].id, hub.id, 900.0),),
            carriers=(carrier,),
            drivers=(driver, *made.drivers[1:]),
            contacts=(contact, *made.contacts[1:]),
            routes=(route, *made.routes[1:]),
            packages=(package, *made.packages[1:]),
            stops=(replace(made.stops[0], pinned=True, skills=frozenset({"b", "a"})), *made.stops[1:]),
        )
    )
    assert parse_plan(plan_document(plan), DAY) == plan


def test_plan_that_has_begun_has_no_document() -> None:
    plan = make_plan()
    begun = replace(plan, stops=(replace(plan.stops[0], status=StopStatus.LOADED), *plan.stops[1:]))
    with pytest.raises(ValueError, match="has begun"):
        plan_document(begun)


def test_digest_depends_on_content_alone_and_not_on_the_order_of_lists(document: Document) -> None:
    digest = parse_plan(document, DAY).digest
    document["stops"].reverse()
    assert parse_plan(document, DAY).digest == digest


def test_digest_changes_with_any_content(document: Document) -> None:
    digest = parse_plan(document, DAY).digest
    document["stops"][0]["service_s"] = 181
    assert parse_plan(document, DAY).digest != digest


def test_digest_of_a_plan_built_in_the_program_is_that_of_its_document() -> None:
    plan = make_plan()
    assert parse_plan(plan_document(plan), DAY).digest == plan_digest(plan)


def test_fitting_plan_has_no_warnings(document: Document) -> None:
    assert advise(parse_plan(document, DAY)) == ()


def test_overloaded_vehicle_is_a_warning(document: Document) -> None:
    document["packages"][0]["size"]["units"] = 11
    (warning,) = advise(parse_plan(document, DAY))
    assert warning.place == "routes[0]"
    assert "11 units on vehicle V01, which takes 10" in warning.message


def test_dimension_a_vehicle_does_not_name_is_not_limited(document: Document) -> None:
    document["packages"][0]["size"] = {"kg": 1e6}
    assert advise(parse_plan(document, DAY)) == ()


def test_order_that_nobody_delivers_is_a_warning(document: Document) -> None:
    document["stops"].pop()
    assert [warning.place for warning in advise(parse_plan(document, DAY))] == ["orders[1]"]


def test_order_without_a_package_is_a_warning(document: Document) -> None:
    document["packages"].pop()
    assert [warning.place for warning in advise(parse_plan(document, DAY))] == ["orders[1]"]


def test_place_that_the_matrix_lacks_is_a_warning(document: Document) -> None:
    document["stops"][0]["location"]["id"] = "elsewhere"
    assert [warning.place for warning in advise(parse_plan(document, DAY))] == ["stops[0].location"]


def test_goods_at_another_hub_than_the_route_are_a_warning(document: Document) -> None:
    document["hubs"].append({**document["hubs"][0], "id": "H2"})
    document["orders"][0]["hub_id"] = "H2"
    assert [warning.place for warning in advise(parse_plan(document, DAY))] == ["stops[0].order_id"]
