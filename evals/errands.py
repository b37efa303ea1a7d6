"""What a driver has on his list: the same thing from the day's plan and from a message received under way."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import inf
from typing import Any

from forestall.domain.ids import LocationId, OrderId, PackageId, StopId, VehicleId
from forestall.domain.routes import Stop
from forestall.domain.vocabulary import StopKind


@dataclass(frozen=True, slots=True)
class Errand:
    """One entry of the list. ``opens_at``, ``closes_at`` in Unix seconds; ``service_s`` is what the plan expects.

    ``safe_place``: the customer has named a place where the parcel may be left, so nobody need be in.
    """

    stop_id: StopId
    kind: StopKind
    location_id: LocationId
    opens_at: float
    service_s: float
    order_id: OrderId | None = None
    transfer_from: VehicleId | None = None
    package_ids: tuple[PackageId, ...] = ()
    transfer_to: VehicleId | None = None
    closes_at: float = inf  # beyond which nobody waits at a meeting
    safe_place: bool = False


@dataclass(frozen=True, slots=True)
class Instruction:
    """A message to a driver: the whole of what he has to do after the stop he is committed to."""

    route_id: str
    plan_version: int
    departs_at: float
    errands: tuple[Errand, ...]


def errand_of_stop(stop: Stop) -> Errand:
    return Errand(
        stop_id=stop.id,
        kind=stop.kind,
        location_id=stop.location.id,
        opens_at=stop.window.opens_at.timestamp(),
        service_s=stop.service_s,
        order_id=stop.order_id,
        transfer_from=stop.transfer_from,
        package_ids=stop.package_ids,
        transfer_to=stop.transfer_to,
        closes_at=stop.window.closes_at.timestamp(),
    )


def read_instruction(payload: Mapping[str, Any]) -> Instruction:
    """The payload of a driver effect; KeyError or ValueError when it is not one."""
    return Instruction(
        route_id=payload["route_id"],
        plan_version=int(payload["plan_version"]),
        departs_at=_instant(payload["departs_at"]),
        errands=tuple(_read_errand(entry) for entry in payload["stops"]),
    )


def _read_errand(entry: Mapping[str, Any]) -> Errand:
    return Errand(
        stop_id=entry["stop_id"],
        kind=StopKind(entry["kind"]),
        location_id=entry["location_id"],
        opens_at=_instant(entry["opens_at"]),
        service_s=float(entry["service_s"]),
        order_id=entry["order_id"],
        transfer_from=entry["transfer_from"],
        package_ids=tuple(entry["package_ids"]),
        transfer_to=entry["transfer_to"],
        closes_at=_instant(entry["closes_at"]),
        safe_place=bool(entry.get("safe_place", False)),
    )


def _instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
