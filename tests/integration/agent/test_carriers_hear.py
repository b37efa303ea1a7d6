"""What other carriers hear of their stops, and who decides when stops leave them: news once, and money by people."""

from dataclasses import replace

import pytest

from factories import at, make_carrier, make_plan
from field import Field
from forestall.domain.plan import DayPlan
from forestall.domain.vocabulary import CarrierKind, EventType, Verdict


def day_under_contract(spare: str = "OWN", stops: int = 4) -> DayPlan:
    """R01 is driven by NORTH under a contract; the spare is ours unless told otherwise."""
    plan = make_plan(route_count=1, stops_each=stops)
    carriers = (
        *plan.carriers,
        make_carrier("NORTH", kind=CarrierKind.THREE_PL, cost_per_stop_cents=100),
        make_carrier("SOUTH", kind=CarrierKind.THREE_PL, cost_per_stop_cents=100),
    )
    carrier_of = {"V01": "NORTH", "VSP1": spare}
    vehicles = tuple(replace(v, carrier_id=carrier_of.get(v.id, v.carrier_id)) for v in plan.vehicles)
    return replace(plan, carriers=carriers, vehicles=vehicles)


def withdrawn(field: Field, plan: DayPlan) -> None:
    field.begin(plan)
    field.tell(EventType.CARRIER_CAPACITY, "NORTH", 1, free_stops=0, active=False)
    field.tick_at(2)


def verdicts(field: Field) -> list[Verdict]:
    with field.service.store.read() as uow:
        return [decision.verdict for case in field.cases for decision in uow.decisions.list_for_case(case.id)]


def updates(field: Field, template: str) -> list[list[str]]:
    """The stops named by each update of a template."""
    return [sorted(effect["stop_ids"]) for effect in field.effects if f":{template}:" in str(effect["key"])]


def test_stops_of_a_carrier_that_drives_no_more_come_home_by_themselves(field: Field):
    withdrawn(field, day_under_contract())
    assert verdicts(field) == [Verdict.AUTOMATIC]
    assert updates(field, "stops_reassigned") == [["S001", "S002", "S003", "S004"]]


def test_that_they_go_to_another_carrier_is_for_people_to_decide(field: Field):
    withdrawn(field, day_under_contract(spare="SOUTH"))
    [case] = field.cases
    assert case.status.is_waiting
    assert verdicts(field) == []


def late_without_help(closes: float = 150) -> DayPlan:
    """R01's first stops can't be kept once it leaves late, and nobody is there to help."""
    plan = day_under_contract()
    tight = {"S001", "S002"}
    window = {s.order_id: replace(s.window, closes_at=at(closes)) for s in plan.stops if s.id in tight}
    orders = tuple(replace(o, promise=window.get(o.id, o.promise)) for o in plan.orders)
    stops = tuple(replace(s, window=window.get(s.order_id, s.window)) for s in plan.stops)
    routes = tuple(replace(r, departs_at=at(closes - 5)) for r in plan.routes if not r.is_spare)
    return replace(plan, orders=orders, stops=stops, routes=routes)


@pytest.mark.parametrize("restarts", [False, True])
def test_a_carrier_hears_of_a_late_stop_once(field: Field, restarts: bool):
    field.begin(late_without_help())
    field.tell(EventType.HUB_READY, "H1", 100, route="R01", ready_at=at(200).isoformat(), ready=False)
    for minute in range(101, 180, 6):
        field.tick_at(minute)
        if restarts and minute == 119:
            field.restart()
    assert updates(field, "stops_delayed") == [["S001", "S002"]]
