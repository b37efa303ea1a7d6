"""The pages people act on, drawn the same whether they were asked for or follow from an act."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote, unquote

from fastapi import Request
from starlette.responses import Response

from agent import wording
from agent.service import Service
from agent.switching import read_board
from api.console.case_page import read_case_page
from api.console.overview import Overview
from api.console.rendering import render
from api.console.route_page import read_route_page
from forestall.domain.ids import CaseId, RouteId

_NAME_COOKIE = "forestall_name"

# What each act says when it was taken.
DONE: Mapping[str, str] = {
    "approve": "Approved. The plan is checked against the present state once more and then carried out.",
    "veto": "Vetoed. Nothing will be done on this plan.",
    "reject": "Rejected. Nothing will be done on this plan.",
    "edit": "Taken. Your version is checked against the present state once more and then carried out.",
    "take-over": "The case is yours. Nothing is proposed or sent for it until you hand it back.",
    "hand-back": "Handed back. The case is looked at afresh.",
    "undo": "Undone, as far as that was still possible.",
    "snooze": "Snoozed. The case is left alone until then.",
    "wake": "Woken. The case is looked at afresh.",
    "acknowledge": "Acknowledged. The question is passed on no further.",
    "own": "The case is yours to look after.",
    "assign": "The case has a new owner.",
    "merge": "Merged. The other case goes on in its place.",
    "confirm": "Confirmed for the driver. He is no longer asked.",
    "pin": "Pinned. The stop stays with its vehicle.",
    "unpin": "Unpinned. Plans may move the stop again.",
}


def render_case(
    request: Request,
    service: Service,
    case_id: CaseId,
    notice: str | None = None,
    problem: str | None = None,
    status: int = 200,
) -> Response:
    """The decision card, with what came of an act when one was tried."""
    with service.store.read() as uow:
        view = read_case_page(uow, case_id, service.clock.now())
    context = {
        "view": view,
        "words": wording,
        "notice": notice,
        "problem": problem,
        "name": known_name(request),
        "tiers": service.settings.escalation,
        "clock_rate": clock_rate(service),
    }
    return render(request, "case.html", context, status)


def render_route(
    request: Request,
    service: Service,
    route_id: RouteId,
    notice: str | None = None,
    problem: str | None = None,
    status: int = 200,
) -> Response:
    """A route's page, with what came of an act when one was tried."""
    with service.store.read() as uow:
        view = read_route_page(uow, route_id, service.clock.now())
    context = {"view": view, "words": wording, "notice": notice, "problem": problem, "name": known_name(request)}
    return render(request, "route.html", context, status)


def render_overview(
    request: Request,
    service: Service,
    view: Overview,
    refresh_s: int | None,
    results: Sequence[Mapping[str, object]] = (),
) -> Response:
    """The first page; ``results`` are those of several answers given at once."""
    with service.store.read() as uow:
        board = read_board(uow, service.settings.mode, service.settings.kill_switch)
    context = {
        "view": view,
        "board": board,
        "settings": service.settings,
        "refresh_s": refresh_s,
        "results": results,
        "name": known_name(request),
        "tiers": service.settings.escalation,
        "clock_rate": clock_rate(service),
    }
    return render(request, "overview.html", context)


def clock_rate(service: Service) -> float:
    """How fast countdowns run: seconds of the service's clock for one of the reader's."""
    return service.settings.clock_rate if service.settings.clock_start is not None else 1.0


def known_name(request: Request) -> str:
    """The name given with the last act, to be filled in for the next."""
    return unquote(request.cookies.get(_NAME_COOKIE, ""))[:200]


def remember_name(response: Response, name: str) -> None:
    response.set_cookie(_NAME_COOKIE, quote(name), max_age=30 * 86_400, httponly=True, samesite="strict")
