"""Who holds a package after an event: pure rules. A package never leaves the customer who has it."""

from dataclasses import replace
from datetime import datetime

from forestall.domain.ids import HubId, OrderId, VehicleId
from forestall.domain.orders import Custody, Package
from forestall.domain.vocabulary import HolderKind


def take_aboard(package: Package, vehicle_id: VehicleId, at: datetime) -> Package:
    """The vehicle left its hub with what was there for it; goods that others hold are theirs."""
    if package.custody.kind in {HolderKind.HUB, HolderKind.UPSTREAM}:
        return replace(package, custody=Custody(HolderKind.VEHICLE, vehicle_id, at))
    return _since(package, HolderKind.VEHICLE, vehicle_id, at)


def take_over(package: Package, vehicle_id: VehicleId, at: datetime) -> Package:
    """The vehicle took it from another one where that stands, unless it was delivered or moved on since."""
    custody = package.custody
    if custody.kind is HolderKind.CUSTOMER:
        return package
    if custody.kind is HolderKind.VEHICLE and (custody.holder_id == vehicle_id or custody.since > at):
        return _since(package, HolderKind.VEHICLE, vehicle_id, at)
    return replace(package, custody=Custody(HolderKind.VEHICLE, vehicle_id, at))


def hand_in(package: Package, vehicle_id: VehicleId, hub_id: HubId, at: datetime) -> Package:
    """The vehicle brought it back to its hub, unless somebody else has it by now."""
    custody = package.custody
    if (custody.kind, custody.holder_id) != (HolderKind.VEHICLE, vehicle_id) or custody.since > at:
        return package
    return replace(package, custody=Custody(HolderKind.HUB, hub_id, at), available_at=None)


def hand_over(package: Package, order_id: OrderId, at: datetime) -> Package:
    """The customer has it."""
    if package.custody.kind is HolderKind.CUSTOMER:
        return _since(package, HolderKind.CUSTOMER, order_id, at)
    return replace(package, custody=Custody(HolderKind.CUSTOMER, order_id, at))


def _since(package: Package, kind: HolderKind, holder_id: str, at: datetime) -> Package:
    """The same holder known to have it earlier; anything else stays as it is."""
    custody = package.custody
    if custody.kind is kind and custody.holder_id == holder_id and at < custody.since:
        return replace(package, custody=replace(custody, since=at))
    return package
