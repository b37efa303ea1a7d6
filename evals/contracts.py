"""Other carriers for a day that knows only its own fleet: some of its routes are driven by them under a contract.

Which ones belongs to the day alone, so that every seed and arm has the same first plan.
"""

from dataclasses import replace

from evals.draws import Draws
from forestall.domain.ids import CarrierId, DriverId, VehicleId
from forestall.domain.network import Carrier
from forestall.domain.plan import DayPlan
from forestall.domain.vocabulary import CarrierKind

_EVERY_SEED = 0
THREE_PL = Carrier(
    CarrierId("3PL"), "Contract fleet", CarrierKind.THREE_PL, cost_per_stop_cents=350, free_stops=12,
    answers_within_s=900.0,
)  # fmt: skip
GIG = Carrier(
    CarrierId("GIG"), "Couriers", CarrierKind.GIG, cost_per_stop_cents=600, free_stops=6, answers_within_s=300.0
)


def share_out(plan: DayPlan, share: float) -> DayPlan:
    """``share`` of the routes with stops go to the two carriers in turn, with their vehicles and drivers.

    A plan that has other carriers already stays as it is: its contracts are known.
    """
    if share == 0 or any(carrier.kind is not CarrierKind.OWNED for carrier in plan.carriers):
        return plan
    draws = Draws(_EVERY_SEED, plan.day)
    ours = sorted((r for r in plan.routes if not r.is_spare), key=lambda route: draws.unit("contract", route.id))
    given = ours[: round(share * len(ours))]
    vehicle_of = dict[VehicleId, CarrierId]()
    driver_of = dict[DriverId, CarrierId]()
    for number, route in enumerate(given):
        carrier = (THREE_PL, GIG)[number % 2]
        vehicle_of[route.vehicle_id] = carrier.id
        if route.driver_id is not None:
            driver_of[route.driver_id] = carrier.id
    return replace(
        plan,
        carriers=(*plan.carriers, THREE_PL, GIG),
        vehicles=tuple(replace(v, carrier_id=vehicle_of.get(v.id, v.carrier_id)) for v in plan.vehicles),
        drivers=tuple(replace(d, carrier_id=driver_of.get(d.id, d.carrier_id)) for d in plan.drivers),
    )
