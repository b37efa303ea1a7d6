"""Who drives: the city's own vans, a contract carrier's, and gig couriers on cargo bikes near the centre."""

from dataclasses import dataclass

from forestall.domain.ids import CarrierId, ContactId
from forestall.domain.network import Carrier
from forestall.domain.vocabulary import CarrierKind, VehicleMode

LIFT = "lift"  # what bulky goods take
VAN_UNITS, BIKE_UNITS = 32, 14
OWN, CONTRACT, GIG = CarrierId("OWN"), CarrierId("NORTHLINE"), CarrierId("PEDALO")

CARRIERS = (
    Carrier(OWN, "City fleet", CarrierKind.OWNED),
    Carrier(CONTRACT, "Northline Parcels", CarrierKind.THREE_PL, cost_per_stop_cents=420, free_stops=12,
            contact_id=ContactId("C-NORTHLINE")),
    Carrier(GIG, "Pedalo Couriers", CarrierKind.GIG, cost_per_stop_cents=560, free_stops=8,
            contact_id=ContactId("C-PEDALO")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unit:
    """One vehicle with its driver's shift in local hours. ``reach_s``: it takes no stop farther from its hub."""

    carrier_id: CarrierId
    hub: int
    mode: VehicleMode
    units: int
    skills: frozenset[str]
    shift_h: tuple[float, float]
    reach_s: float = 1e9
    is_spare: bool = False


def muster(spares: int) -> list[Unit]:
    """The vehicles of the day, ``spares`` in reserve at each of the two hubs."""
    units = [_van(hub, OWN, early) for hub, count in ((0, 7), (1, 7)) for early in _shifts(count)]
    units += [_van(hub, CONTRACT, early) for hub in (0, 1) for early in _shifts(3)]
    units += [
        Unit(GIG, 0, VehicleMode.BIKE, BIKE_UNITS, frozenset(), shift, reach_s=1_500.0)
        for shift in ((8.0, 14.0), (8.0, 14.0), (14.0, 21.0), (14.0, 21.0))
    ]
    units += [
        Unit(OWN, hub, VehicleMode.VAN, VAN_UNITS, frozenset({LIFT}), (7.0, 21.0), is_spare=True)
        for hub in (0, 1)
        for _ in range(spares)
    ]
    return units


def _shifts(count: int) -> list[bool]:
    """Whether each of ``count`` drivers starts early: a little more than half."""
    return [number * 2 <= count for number in range(count)]


def _van(hub: int, carrier_id: CarrierId, early: bool) -> Unit:
    skills = frozenset({LIFT}) if carrier_id == OWN else frozenset[str]()
    return Unit(carrier_id, hub, VehicleMode.VAN, VAN_UNITS, skills, (7.0, 14.5) if early else (13.0, 21.0))
