"""A plan's rows as the JSON values of its document; optional fields that say nothing are left out."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime

from forestall.domain.network import Carrier, Contact, Driver, HoursOfService, Hub, HubLink, Location, Vehicle
from forestall.domain.orders import Order, Package, Window
from forestall.domain.plan import DayPlan
from forestall.domain.routes import Route, Stop
from forestall.domain.vocabulary import RouteStatus, StopKind, StopStatus
from forestall.intake.matrix import write_matrix

Row = dict[str, object]


def write_plan(plan: DayPlan) -> Row:
    """The lists of ``plan``. ValueError when its day has begun: a document holds no state."""
    _refuse_begun(plan)
    content: Row = {
        "day": plan.day,
        "hubs": [_hub(hub) for hub in plan.hubs],
        "links": [_link(link) for link in plan.links],
        "carriers": [_carrier(carrier) for carrier in plan.carriers],
        "contacts": [_contact(contact) for contact in plan.contacts],
        "vehicles": [_vehicle(vehicle) for vehicle in plan.vehicles],
        "drivers": [_driver(driver) for driver in plan.drivers],
        "orders": [_order(order) for order in plan.orders],
        "packages": [_package(package) for package in plan.packages],
        "routes": [_route(route) for route in plan.routes],
        "stops": [_stop(stop) for stop in plan.stops],
    }
    if plan.matrix is not None:
        content["matrix"] = write_matrix(plan.matrix)
    return content


def _refuse_begun(plan: DayPlan) -> None:
    begun: list[str] = [
        route.id for route in plan.routes if route.status is not RouteStatus.PLANNED or route.version != 1
    ]
    begun += [
        stop.id for stop in plan.stops if stop.status is not StopStatus.PLANNED or stop.kind is not StopKind.DELIVERY
    ]
    if begun:
        raise ValueError(f"the day {plan.day} has begun ({begun[0]}): a plan document holds no state")


def _said(row: Mapping[str, object]) -> Row:
    return {name: value for name, value in row.items() if value is not None}


def _time(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _amounts(sizes: Mapping[str, float]) -> dict[str, float]:
    return {dimension: float(amount) for dimension, amount in sorted(sizes.items())}


def _location(location: Location) -> Row:
    return {"id": location.id, "lat": float(location.lat), "lon": float(location.lon)}


def _window(window: Window) -> Row:
    return {"opens_at": _time(window.opens_at), "closes_at": _time(window.closes_at)}


def _hub(hub: Hub) -> Row:
    return {
        "id": hub.id,
        "name": hub.name,
        "location": _location(hub.location),
        "time_zone": hub.time_zone,
        "opens_at": _time(hub.opens_at),
        "closes_at": _time(hub.closes_at),
    }


def _link(link: HubLink) -> Row:
    return {"from_hub": link.from_hub, "to_hub": link.to_hub, "duration_s": float(link.duration_s)}


def _carrier(carrier: Carrier) -> Row:
    return _said(
        {
            "id": carrier.id,
            "name": carrier.name,
            "kind": carrier.kind.value,
            "active": carrier.active,
            "cost_per_stop_cents": carrier.cost_per_stop_cents,
            "free_stops": carrier.free_stops,
            "contact_id": carrier.contact_id,
            "answers_within_s": carrier.answers_within_s,
        }
    )


def _contact(contact: Contact) -> Row:
    return _said(
        {
            "id": contact.id,
            "name": contact.name,
            "phone": contact.phone,
            "email": contact.email,
            "webhook": contact.webhook,
            "locale": contact.locale,
            "accepts_sms": contact.accepts_sms,
        }
    )


def _vehicle(vehicle: Vehicle) -> Row:
    return {
        "id": vehicle.id,
        "hub_id": vehicle.hub_id,
        "carrier_id": vehicle.carrier_id,
        "mode": vehicle.mode.value,
        "capacity": _amounts(vehicle.capacity),
        "skills": sorted(vehicle.skills),
    }


def _driver(driver: Driver) -> Row:
    return _said(
        {
            "id": driver.id,
            "carrier_id": driver.carrier_id,
            "shift_start": _time(driver.shift_start),
            "shift_end": _time(driver.shift_end),
            "name": driver.name,
            "contact_id": driver.contact_id,
            "hours": _hours(driver.hours),
        }
    )


def _hours(hours: HoursOfService | None) -> Row | None:
    return _said(asdict(hours)) if hours is not None else None


def _order(order: Order) -> Row:
    return _said(
        {
            "id": order.id,
            "hub_id": order.hub_id,
            "promise": _window(order.promise),
            "tier": order.tier.value,
            "contact_id": order.contact_id,
        }
    )


def _package(package: Package) -> Row:
    custody = package.custody
    return _said(
        {
            "id": package.id,
            "order_id": package.order_id,
            "size": _amounts(package.size),
            "available_at": _time(package.available_at),
            "custody": {"kind": custody.kind.value, "holder_id": custody.holder_id, "since": _time(custody.since)},
        }
    )


def _route(route: Route) -> Row:
    return _said(
        {
            "id": route.id,
            "hub_id": route.hub_id,
            "vehicle_id": route.vehicle_id,
            "driver_id": route.driver_id,
            "departs_at": _time(route.departs_at),
            "load_ready_at": _time(route.load_ready_at),
            "is_spare": route.is_spare,
            "notice_s": route.notice_s,
        }
    )


def _stop(stop: Stop) -> Row:
    return {
        "id": stop.id,
        "route_id": stop.route_id,
        "sequence": stop.sequence,
        "order_id": stop.order_id,
        "location": _location(stop.location),
        "window": _window(stop.window),
        "service_s": float(stop.service_s),
        "pinned": stop.pinned,
        "skills": sorted(stop.skills),
        "package_ids": list(stop.package_ids),
    }
