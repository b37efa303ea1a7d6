"""What must hold between the rows of a plan. Every broken rule is reported, each at its place with its remedy."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from forestall.domain.network import Location
from forestall.domain.vocabulary import HolderKind
from forestall.intake.draft import Draft
from forestall.intake.problems import Path


@dataclass(frozen=True, slots=True)
class Finding:
    """A broken rule at ``path`` in the document (list name, index, field ...)."""

    path: Path
    message: str
    remedy: str


def check(draft: Draft) -> list[Finding]:
    """Every broken rule, in the order of the rules below."""
    rules: tuple[Callable[[Draft], Iterable[Finding]], ...] = (
        _has_a_hub,
        _ids_are_unique,
        _names_are_known,
        _spans_run_forward,
        _vehicles_and_drivers_have_one_route,
        _orders_have_one_stop,
        _sequences_are_distinct,
        _spares_are_empty,
        _stops_fit_their_shift,
        _places_agree,
    )
    return [finding for rule in rules for finding in rule(draft)]


def _has_a_hub(draft: Draft) -> Iterator[Finding]:
    if not draft.hubs and not draft.malformed.get("hubs"):
        yield Finding(("hubs",), "no hub is given", "list at least one hub")


def _ids_are_unique(draft: Draft) -> Iterator[Finding]:
    for name in _WITH_ID:
        yield from _repeats(name, "id", {index: row.id for index, row in getattr(draft, name).items()})
    pairs = {index: f"{link.from_hub} to {link.to_hub}" for index, link in draft.links.items()}
    yield from _repeats("links", "to_hub", pairs)


_WITH_ID = ("hubs", "carriers", "contacts", "vehicles", "drivers", "orders", "packages", "routes", "stops")


def _repeats(name: str, field: str, values: Mapping[int, Hashable]) -> Iterator[Finding]:
    first: dict[Hashable, int] = {}
    for index, value in values.items():
        if value in first:
            message = f"{value} is given already, as {name} number {first[value] + 1}"
            yield Finding((name, index, field), message, "give each its own id, or remove one of the two")
        first.setdefault(value, index)


def _names_are_known(draft: Draft) -> Iterator[Finding]:
    known = {
        name: {row.id for row in getattr(draft, name).values()} | draft.malformed.get(name, frozenset())
        for name in _WITH_ID
    }
    for path, value, target in _references(draft):
        if value is not None and value not in known[target]:
            remedy = f"add {value} to {target}, or name one that is listed there"
            yield Finding(path, f"{value} is not among the {target}", remedy)


def _references(draft: Draft) -> Iterator[tuple[Path, str | None, str]]:
    """(where, which id, the list that should hold it) of everything a row names."""
    for name, fields in _REFERENCES.items():
        for index, row in getattr(draft, name).items():
            for field, target in fields.items():
                yield (name, index, field), getattr(row, field), target
    for index, package in draft.packages.items():
        if package.custody.kind is HolderKind.HUB and package.custody.holder_id:
            yield ("packages", index, "custody", "holder_id"), package.custody.holder_id, "hubs"
    for index, stop in draft.stops.items():
        for number, package_id in enumerate(stop.package_ids):
            yield ("stops", index, "package_ids", number), package_id, "packages"


_REFERENCES: Mapping[str, Mapping[str, str]] = {
    "links": {"from_hub": "hubs", "to_hub": "hubs"},
    "carriers": {"contact_id": "contacts"},
    "vehicles": {"hub_id": "hubs", "carrier_id": "carriers"},
    "drivers": {"carrier_id": "carriers", "contact_id": "contacts"},
    "orders": {"hub_id": "hubs", "contact_id": "contacts"},
    "packages": {"order_id": "orders"},
    "routes": {"hub_id": "hubs", "vehicle_id": "vehicles", "driver_id": "drivers"},
    "stops": {"route_id": "routes", "order_id": "orders"},
}


def _spans_run_forward(draft: Draft) -> Iterator[Finding]:
    for path, opens, closes in _spans(draft):
        if closes < opens:
            message = f"it ends ({closes.isoformat()}) before it begins ({opens.isoformat()})"
            yield Finding(path, message, "swap the two times, or correct the wrong one")


def _spans(draft: Draft) -> Iterator[tuple[Path, datetime, datetime]]:
    for index, hub in draft.hubs.items():
        yield ("hubs", index, "closes_at"), hub.opens_at, hub.closes_at
    for index, driver in draft.drivers.items():
        yield ("drivers", index, "shift_end"), driver.shift_start, driver.shift_end
    for index, order in draft.orders.items():
        yield ("orders", index, "promise", "closes_at"), order.promise.opens_at, order.promise.closes_at
    for index, stop in draft.stops.items():
        yield ("stops", index, "window", "closes_at"), stop.window.opens_at, stop.window.closes_at


def _vehicles_and_drivers_have_one_route(draft: Draft) -> Iterator[Finding]:
    for field in ("vehicle_id", "driver_id"):
        first: dict[str, str] = {}
        for index, route in draft.routes.items():
            value = getattr(route, field)
            if value is not None and value in first:
                message = f"{value} drives route {first[value]} already"
                yield Finding(("routes", index, field), message, "one route a day for each: give another, or merge")
            if value is not None:
                first.setdefault(value, route.id)


def _orders_have_one_stop(draft: Draft) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for index, stop in draft.stops.items():
        if stop.order_id is None:
            continue
        if stop.order_id in first:
            message = f"order {stop.order_id} is delivered at stop {first[stop.order_id]} already"
            yield Finding(("stops", index, "order_id"), message, "keep one stop for each order")
        first.setdefault(stop.order_id, stop.id)


def _sequences_are_distinct(draft: Draft) -> Iterator[Finding]:
    first: dict[tuple[str, int], str] = {}
    for index, stop in draft.stops.items():
        place = (stop.route_id, stop.sequence)
        if place in first:
            message = f"stop {first[place]} of route {stop.route_id} has sequence {stop.sequence} already"
            yield Finding(("stops", index, "sequence"), message, "number the stops of a route in driving order")
        first.setdefault(place, stop.id)


def _spares_are_empty(draft: Draft) -> Iterator[Finding]:
    spares = {route.id for route in draft.routes.values() if route.is_spare}
    for index, stop in draft.stops.items():
        if stop.route_id in spares:
            message = f"route {stop.route_id} is a spare, which begins the day without stops"
            yield Finding(("stops", index, "route_id"), message, "set is_spare to false, or move the stop")


def _stops_fit_their_shift(draft: Draft) -> Iterator[Finding]:
    """A window that only touches the shift is the driver's business; one that misses it can't be served at all."""
    drivers = {driver.id: driver for driver in draft.drivers.values()}
    driver_of = {r.id: drivers.get(r.driver_id) for r in draft.routes.values() if r.driver_id is not None}
    for index, stop in draft.stops.items():
        driver = driver_of.get(stop.route_id)
        if driver is None:
            continue
        if stop.window.closes_at < driver.shift_start or stop.window.opens_at > driver.shift_end:
            message = f"the window lies outside the shift of driver {driver.id} on route {stop.route_id}"
            yield Finding(("stops", index, "window"), message, "move the stop to a route that is on duty then")


def _places_agree(draft: Draft) -> Iterator[Finding]:
    first: dict[str, Location] = {}
    for path, location in _locations(draft):
        known = first.setdefault(location.id, location)
        if (known.lat, known.lon) != (location.lat, location.lon):
            message = f"location {location.id} has other coordinates elsewhere ({known.lat}, {known.lon})"
            yield Finding(path, message, "give a place one position, or another location id")


def _locations(draft: Draft) -> Iterator[tuple[Path, Location]]:
    for index, hub in draft.hubs.items():
        yield ("hubs", index, "location"), hub.location
    for index, stop in draft.stops.items():
        yield ("stops", index, "location"), stop.location


def loads(draft: Draft) -> Mapping[str, Mapping[str, float]]:
    """What each route carries, by dimension: the sizes of the packages of its stops' orders."""
    sizes: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for package in draft.packages.values():
        for dimension, amount in package.size.items():
            sizes[package.order_id][dimension] += amount
    loaded: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for stop in draft.stops.values():
        for dimension, amount in sizes.get(stop.order_id or "", {}).items():
            loaded[stop.route_id][dimension] += amount
    return loaded
