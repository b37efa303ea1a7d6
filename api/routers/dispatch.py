"""What a dispatcher's tools read and answer: cases, routes, decisions, effects."""

from typing import Annotated

from fastapi import APIRouter, Query

from agent.trace import as_object, build_trace, describe_case, describe_route_forecast, describe_stop
from api.console.fleet import RouteRow, list_route_rows, make_route_row
from api.console.overview import choose_day
from api.dependencies import ServiceDep
from api.effects import read_effects
from api.shapes.cases import CaseShape, CasesShape, CaseTraceShape, DecisionsShape
from api.shapes.common import ERRORS
from api.shapes.fleet import EffectsShape, RouteDetailShape, RoutesShape
from forestall.domain.ids import CaseId, RouteId
from forestall.domain.vocabulary import CaseStatus, Channel

router = APIRouter(prefix="/v1", tags=["dispatch"], responses=ERRORS)

Limit = Annotated[int, Query(ge=1, le=5_000, description="At most so many rows")]
Day = Annotated[str | None, Query(max_length=120, description="The day's id; without it, the newest plan's")]


@router.get("/cases")
def list_cases(
    service: ServiceDep,
    status: Annotated[list[CaseStatus] | None, Query(description="Only cases in one of these states")] = None,
    day: Annotated[str | None, Query(max_length=120)] = None,
    limit: Limit = 200,
) -> CasesShape:
    """Cases, newest first."""
    with service.store.read() as uow:
        cases = uow.cases.list(statuses=status, day=day, limit=limit)
    return CasesShape(cases=[CaseShape.model_validate(describe_case(case)) for case in cases])


@router.get("/cases/{case_id}")
def get_case(case_id: str, service: ServiceDep) -> CaseTraceShape:
    """The whole trace of a case: what was known, offered, judged, allowed, answered, decided and sent."""
    with service.store.read() as uow:
        return CaseTraceShape.model_validate(build_trace(uow, CaseId(case_id)))


@router.get("/routes")
def list_routes(service: ServiceDep, day: Day = None) -> RoutesShape:
    """The day's routes, those expected to lose most first."""
    now = service.clock.now()
    with service.store.read() as uow:
        chosen = choose_day(uow, day, now)
        snapshot = uow.state.load_snapshot(chosen, now)
        forecasts = uow.scores.latest(day=chosen)
    rows = [_route_body(row) for row in list_route_rows(snapshot, forecasts)]
    return RoutesShape.model_validate({"day": chosen, "routes": rows})


@router.get("/routes/{route_id}")
def get_route(route_id: str, service: ServiceDep) -> RouteDetailShape:
    """One route with its stops in driving order, forecasts included."""
    with service.store.read() as uow:
        route = uow.state.get_route(RouteId(route_id))
        snapshot = uow.state.load_snapshot(route.day, service.clock.now(), [route.hub_id])
        forecasts = uow.scores.latest(route_ids=[route.id])
        outlook = uow.scores.latest_of_route(route.id) if snapshot.open_stops(route.id) else None
    stops = [
        describe_stop(stop, forecasts.get(stop.id) if stop.status.is_open else None)
        for stop in snapshot.stops_by_route[route.id]
    ]
    body = {**_route_body(make_route_row(snapshot, route, forecasts)), "forecast": describe_route_forecast(outlook)}
    return RouteDetailShape.model_validate({**body, "stops": stops})


@router.get("/decisions")
def list_decisions(
    service: ServiceDep, day: Annotated[str | None, Query(max_length=120)] = None, limit: Limit = 200
) -> DecisionsShape:
    """Decisions, newest first."""
    with service.store.read() as uow:
        return DecisionsShape.model_validate({"decisions": uow.decisions.list(day=day, limit=limit)})


@router.get("/effects")
def list_effects(
    service: ServiceDep,
    after: Annotated[str, Query(max_length=20_000, description="`next` of the answer before; 0 from the start")] = "0",
    limit: Annotated[int, Query(ge=1, le=1_000)] = 200,
    channel: Channel | None = None,
) -> EffectsShape:
    """What has been sent (in dry-run: would have been), in order. Nothing is skipped when rows settle out of order."""
    with service.store.read() as uow:
        return read_effects(uow, after, limit, channel)


def _route_body(row: RouteRow) -> dict[str, object]:
    return {
        **as_object(row.route),
        "stops_total": row.stops_total,
        "stops_done": row.stops_done,
        "expected_late": row.expected_late,
        "worst_p_late": row.worst_p_late,
    }
