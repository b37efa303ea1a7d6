"""The pages, and the one form they carry."""

from typing import Annotated
from urllib.parse import quote, unquote

from fastapi import APIRouter, Depends, Form, Query, Request
from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from agent import wording
from agent.learning.diagram import render_body
from agent.learning.drift import watch_of
from agent.learning.report import read_report
from agent.service import Service
from api.console.case_page import read_case_page
from api.console.overview import choose_day, read_overview
from api.console.reference import list_operations
from api.console.rendering import render
from api.console.route_page import read_route_page
from api.dependencies import ServiceDep
from api.security import require_same_site
from api.shapes.cases import AnswerShape
from forestall.domain.ids import CaseId, HubId, InterruptId, RouteId
from forestall.errors import BadInput, Conflict

router = APIRouter(include_in_schema=False)

_NAME_COOKIE = "forestall_name"
_REFRESH_S = 10
_ANSWERED = {
    "approve": "Approved. The plan is checked against the present state once more and then carried out.",
    "veto": "Vetoed. Nothing will be done on this plan.",
    "reject": "Rejected. Nothing will be done on this plan.",
}


@router.get("/healthz")
def show_health(service: ServiceDep) -> dict[str, object]:
    """Answers once the database does. ``degraded`` names the detectors that fail: what they look for, nobody sees."""
    with service.store.read() as uow:
        uow.plans.list_days()
    faults = service.detector_faults
    if not faults:
        return {"status": "ok"}
    return {"status": "degraded", "detectors": [{"name": one.detector, "error": one.error} for one in faults]}


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
    context = {"view": view, "settings": service.settings, "refresh_s": _REFRESH_S if refresh == "on" else None}
    return render(request, "overview.html", context)


@router.get("/routes/{route_id}")
def show_route(request: Request, route_id: str, service: ServiceDep) -> Response:
    """A route's stops with their forecasts."""
    with service.store.read() as uow:
        view = read_route_page(uow, RouteId(route_id), service.clock.now())
    return render(request, "route.html", {"view": view, "words": wording})


@router.get("/cases/{case_id}")
def show_case(
    request: Request, case_id: str, service: ServiceDep, answered: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """The decision card."""
    return _case_page(request, service, case_id, notice=_ANSWERED.get(answered))


@router.post("/cases/{case_id}/answer", dependencies=[Depends(require_same_site)])
def answer_case(
    request: Request, case_id: str, answer: Annotated[AnswerShape, Form()], service: ServiceDep
) -> Response:
    """Take a person's answer from the decision card's form, then show the case again."""
    try:
        service.answer(
            CaseId(case_id),
            InterruptId(answer.interrupt_id),
            answer.verdict,
            by=answer.by,
            reason=answer.reason,
            note=answer.note,
        )
    except Conflict as conflict:
        return _case_page(
            request, service, case_id, problem=f"Your answer was not taken: {conflict.message}.", status=409
        )
    except BadInput as bad:
        faults = "; ".join(f"{fault.place} {fault.message}" for fault in bad.problems)
        problem = f"Your answer was not taken: {bad.message} ({faults})."
        return _case_page(request, service, case_id, problem=problem, status=bad.status)
    response = RedirectResponse(f"/cases/{quote(case_id, safe='')}?answered={answer.verdict}", status_code=303)
    response.set_cookie(_NAME_COOKIE, quote(answer.by), max_age=30 * 86_400, httponly=True, samesite="strict")
    return response


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


def _case_page(
    request: Request,
    service: Service,
    case_id: str,
    notice: str | None = None,
    problem: str | None = None,
    status: int = 200,
) -> Response:
    with service.store.read() as uow:
        view = read_case_page(uow, CaseId(case_id), service.clock.now())
    name = unquote(request.cookies.get(_NAME_COOKIE, ""))[:200]
    context = {"view": view, "words": wording, "notice": notice, "problem": problem, "name": name}
    return render(request, "case.html", context, status)
