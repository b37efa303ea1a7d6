"""The pages to read; what their forms send goes to ``forms``."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from markupsafe import Markup
from starlette.responses import Response

from agent.learning.diagram import render_body
from agent.learning.drift import watch_of
from agent.learning.report import read_report
from api.console.cards import DONE, render_case, render_overview, render_route
from api.console.overview import choose_day, read_overview
from api.console.reference import list_operations
from api.console.rendering import render
from api.dependencies import ServiceDep
from forestall.domain.ids import CaseId, HubId, RouteId

router = APIRouter(include_in_schema=False)

_REFRESH_S = 10


@router.get("/healthz")
def show_health(service: ServiceDep) -> dict[str, object]:
    """Answers once the database does. ``degraded`` names the detectors that fail: what they look for, nobody sees;
    ``waiting_for_reports_since`` says that nothing is planned, because the field's reports are behind."""
    with service.store.read() as uow:
        uow.plans.list_days()
    faults, waiting_since = service.detector_faults, service.waiting_for_reports_since
    health: dict[str, object] = {"status": "degraded" if faults else "ok"}
    if faults:
        health["detectors"] = [{"name": one.detector, "error": one.error} for one in faults]
    if waiting_since is not None:
        health["waiting_for_reports_since"] = waiting_since
    return health


@router.get("/")
def show_overview(
    request: Request,
    service: ServiceDep,
    day: Annotated[str | None, Query(max_length=120)] = None,
    refresh: Annotated[str, Query(pattern="^(on|off)$")] = "on",
) -> Response:
    """What needs a person, what was handled, how hubs and routes stand."""
    now = service.clock.now()
    with service.store.read() as uow:
        days = uow.plans.list_days()
        if not days:
            return render(request, "empty.html", {"refresh_s": _REFRESH_S})
        view = read_overview(uow, choose_day(uow, day, now), days, now)
    return render_overview(request, service, view, _REFRESH_S if refresh == "on" else None)


@router.get("/routes/{route_id}")
def show_route(
    request: Request, route_id: str, service: ServiceDep, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """A route's stops with their forecasts."""
    return render_route(request, service, RouteId(route_id), notice=DONE.get(done))


@router.get("/cases/{case_id}")
def show_case(
    request: Request, case_id: str, service: ServiceDep, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """The decision card."""
    return render_case(request, service, CaseId(case_id), notice=DONE.get(done))


@router.get("/calibration")
def show_calibration(
    request: Request, service: ServiceDep, hub: Annotated[str | None, Query(max_length=120)] = None
) -> Response:
    """How often what was forecast came true: all hubs together, and one hub when asked for."""
    chosen = [] if hub is None else [HubId(hub)]
    with service.store.read() as uow:
        report = read_report(uow, watch_of(service.settings), service.clock.now(), chosen)
    hubs = sorted({state.hub_id for state in report.drift})
    return render(request, "calibration.html", {"body": Markup(render_body(report)), "hubs": hubs, "hub": hub})  # noqa: S704  # render_body escapes


@router.get("/docs")
def show_reference(request: Request) -> Response:
    """The addresses of the JSON interface, from its OpenAPI document."""
    return render(request, "reference.html", {"operations": list_operations(request.app.openapi())})
