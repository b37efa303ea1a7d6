"""How every error is shown: one handler, the same JSON shape on all of ``/v1`` and a readable page elsewhere."""

import logging
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response

from api.console.rendering import render
from forestall.errors import BadInput, ForestallError, Problem

log = logging.getLogger(__name__)

_REMEDIES = {
    "missing": "add it",
    "extra_forbidden": "leave it out",
    "enum": "use one of the values named",
    "literal_error": "use one of the values named",
    "timezone_aware": "add a zone to the time, for example 2026-03-02T08:00:00Z",
}
_DEFAULT_REMEDY = "see /docs for the form this address takes"


class WrongContentType(BadInput):
    """The body is not of a kind this address reads."""

    status = 415


class CrossSite(ForestallError):
    """This form was sent from another site, so it was not taken; open the page here and send it again."""

    status = 403


def install_error_handlers(app: FastAPI) -> None:
    """Make every error of the tree, of the framework and of our own mistakes come out in one shape."""
    app.add_exception_handler(ForestallError, _show_forestall_error)
    app.add_exception_handler(RequestValidationError, _show_validation_error)
    app.add_exception_handler(HTTPException, _show_http_error)
    app.add_exception_handler(Exception, _show_unexpected)


def wants_page(request: Request) -> bool:
    """Whether a person's browser asked, rather than a program."""
    return not request.url.path.startswith("/v1") and "text/html" in request.headers.get("accept", "")


def _show(request: Request, status: int, body: Mapping[str, object], headers: Mapping[str, str] | None) -> Response:
    if wants_page(request):
        context = {"status": status, "title": HTTPStatus(status).phrase, "body": body}
        return render(request, "error.html", context, status, headers)
    return JSONResponse(dict(body), status, dict(headers or {}))


def _show_forestall_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ForestallError)
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("%s %s: %s", request.method, request.url.path, error.message)
    return _show(request, error.status, error.as_body(), None)


def _show_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    problems = [_problem(fault) for fault in error.errors()]
    return _show(
        request, BadInput.status, BadInput("The request is not in the expected form.", problems).as_body(), None
    )


def _problem(fault: Mapping[str, Any]) -> Problem:
    where, *path = [str(step) for step in fault["loc"]]
    place = ".".join(path) if where == "body" else ".".join([where, *path])
    remedy = _REMEDIES.get(str(fault["type"]), _DEFAULT_REMEDY)
    return Problem(place or "body", str(fault["msg"]), remedy)


def _show_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    phrase = HTTPStatus(error.status_code).phrase
    body = {"error": phrase.replace(" ", ""), "message": f"{phrase}: {request.method} {request.url.path}"}
    return _show(request, error.status_code, body, error.headers)


def _show_unexpected(request: Request, error: Exception) -> Response:
    """A mistake of ours: the log gets everything, the caller a number to quote and nothing of the inside."""
    trace_id = uuid.uuid4().hex
    log.error("unexpected error %s in %s %s", trace_id, request.method, request.url.path, exc_info=error)
    message = f"Something went wrong inside Forestall. Quote {trace_id} when you report it."
    body = {"error": "InternalError", "message": message, "trace_id": trace_id}
    return _show(request, HTTPStatus.INTERNAL_SERVER_ERROR, body, None)
