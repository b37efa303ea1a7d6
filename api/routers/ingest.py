"""What feeds send: a day's plan, and events."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from agent.trace import as_object
from api.dependencies import JsonBytes, ServiceDep
from api.shapes.common import ERRORS
from api.shapes.ingest import EventsReceiptShape, ParkedEventShape, ParkedShape, PlanReceiptShape
from forestall.intake import parse_events, parse_plan

router = APIRouter(prefix="/v1", tags=["ingest"], responses=ERRORS)


def _json_body(description: str, schema: dict[str, Any], *types: str) -> dict[str, Any]:
    """The body as it stands in the OpenAPI document; it is read as bytes so that intake can name every fault."""
    content = {kind: {"schema": schema} for kind in ("application/json", *types)}
    return {"requestBody": {"required": True, "description": description, "content": content}}


_PLAN_BODY = _json_body(
    "Hubs, links, carriers, contacts, vehicles, drivers, orders, packages, routes, stops, and an optional travel "
    "matrix (row = from, seconds). Every time carries its zone. Taken whole or not at all.",
    {"type": "object"},
)
_EVENTS_BODY = _json_body(
    "A batch of CloudEvents 1.0: a JSON array. `type` is forestall.position, departed, arrived, completed, failed, "
    "breakdown, hub_ready, order_created, order_cancelled, carrier_capacity, tender_answer, customer_reply or "
    "route_ack; `time` carries its zone; (`source`, `id`) is the event's identity.",
    {"type": "array", "items": {"type": "object"}},
    "application/cloudevents-batch+json",
)


@router.put("/plans/{day}", openapi_extra=_PLAN_BODY, responses={201: {"model": PlanReceiptShape}})
def put_plan(
    day: Annotated[str, Path(max_length=120, description="The day's id")],
    body: JsonBytes,
    service: ServiceDep,
    response: Response,
) -> PlanReceiptShape:
    """Take a day's plan: 201 when new, 200 when the same was taken before or an unstarted day was replaced.

    409 when the day has already seen events and the plan differs; 422 with all problems when it has faults.
    """
    receipt = service.intake.put_plan(parse_plan(body, day))
    if receipt.outcome == "created":
        response.status_code = 201
    return PlanReceiptShape.model_validate(receipt)


@router.post("/events", status_code=202, openapi_extra=_EVENTS_BODY)
def post_events(body: JsonBytes, service: ServiceDep) -> EventsReceiptShape:
    """Take events: 202 once they are kept for good.

    An event that names something unknown is kept, parked and reported; one seen before has no effect. Malformed
    entries refuse the whole batch with 422 and all problems.
    """
    events = parse_events(body, service.clock.now())
    return EventsReceiptShape.model_validate(service.intake.take_events(events))


@router.get("/events/parked")
def list_parked_events(service: ServiceDep, limit: Annotated[int, Query(ge=1, le=5_000)] = 200) -> ParkedShape:
    """Events that are kept and wait for something to become known, the oldest first, with the reason."""
    parked = service.intake.list_parked(limit)
    return ParkedShape(
        events=[
            ParkedEventShape.model_validate({**as_object(event), "detail": result.detail}) for event, result in parked
        ]
    )
