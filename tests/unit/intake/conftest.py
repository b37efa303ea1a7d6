"""What the intake tests share: a small plan document that is taken, for tests to spoil."""

from collections.abc import Callable
from typing import Any

import pytest


@pytest.fixture
def document() -> dict[str, Any]:
    return _document()


@pytest.fixture(scope="session")
def make_document() -> Callable[[], dict[str, Any]]:
    """For tests that need a new one for each example."""
    return _document


def _document() -> dict[str, Any]:
    """One hub, one carrier, two vans with a stop each, and everything they need."""
    return {
        "format": "forestall.plan/1",
        "hubs": [
            {
                "id": "H1",
                "name": "North",
                "location": {"id": "n0", "lat": 41.15, "lon": -8.61},
                "time_zone": "Europe/Lisbon",
                "opens_at": "2026-03-02T06:00:00Z",
                "closes_at": "2026-03-02T18:00:00Z",
            }
        ],
        "carriers": [{"id": "OWN", "kind": "OWNED"}],
        "contacts": [{"id": "C1", "name": "Ada", "phone": "+12025550101"}],
        "vehicles": [_vehicle("V01"), _vehicle("V02")],
        "drivers": [_driver("D01"), _driver("D02")],
        "orders": [_order("O1"), _order("O2")],
        "packages": [_package("P1", "O1"), _package("P2", "O2")],
        "routes": [_route("R01", "V01", "D01"), _route("R02", "V02", "D02")],
        "stops": [_stop("S1", "R01", "O1", "n1"), _stop("S2", "R02", "O2", "n2")],
        "matrix": {
            "id": "m1",
            "location_ids": ["n0", "n1", "n2"],
            "durations_s": [[0, 300, 400], [310, 0, 200.5], [410, 205, 0]],
        },
    }


def _vehicle(vehicle_id: str) -> dict[str, Any]:
    return {"id": vehicle_id, "hub_id": "H1", "carrier_id": "OWN", "capacity": {"units": 10}, "skills": ["fridge"]}


def _driver(driver_id: str) -> dict[str, Any]:
    shift = {"shift_start": "2026-03-02T06:00:00Z", "shift_end": "2026-03-02T18:00:00Z"}
    hours = {"max_drive_s": 32400, "break_after_s": 16200, "break_s": 2700} if driver_id == "D01" else None
    return {"id": driver_id, "carrier_id": "OWN", **shift, **({"hours": hours} if hours else {})}


def _order(order_id: str) -> dict[str, Any]:
    promise = {"opens_at": "2026-03-02T08:00:00+00:00", "closes_at": "2026-03-02T12:00:00+01:00"}
    return {"id": order_id, "hub_id": "H1", "promise": promise, "tier": "PRIORITY", "contact_id": "C1"}


def _package(package_id: str, order_id: str) -> dict[str, Any]:
    return {"id": package_id, "order_id": order_id, "size": {"units": 2}, "available_at": "2026-03-02T06:30:00Z"}


def _route(route_id: str, vehicle_id: str, driver_id: str) -> dict[str, Any]:
    names = {"id": route_id, "hub_id": "H1", "vehicle_id": vehicle_id, "driver_id": driver_id}
    return {**names, "departs_at": "2026-03-02T07:00:00Z"}


def _stop(stop_id: str, route_id: str, order_id: str, location_id: str) -> dict[str, Any]:
    return {
        "id": stop_id,
        "route_id": route_id,
        "sequence": 1,
        "order_id": order_id,
        "location": {"id": location_id, "lat": 41.16, "lon": -8.6},
        "window": {"opens_at": "2026-03-02T08:00:00Z", "closes_at": "2026-03-02T11:00:00Z"},
        "service_s": 180,
    }
