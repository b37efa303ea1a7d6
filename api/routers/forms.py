"""What the pages' forms send: the same acts as over /v1, answered with a page."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request
from pydantic import AwareDatetime, ConfigDict, Field
from starlette.responses import RedirectResponse, Response

from agent.people.care import Snooze
from agent.people.edits import Wish
from agent.people.hand import Hand
from agent.service import Service
from api.console.cards import remember_name, render_case, render_overview, render_route
from api.console.overview import choose_day, read_overview
from api.dependencies import ServiceDep
from api.security import require_same_site
from api.shapes.common import Shape, Text
from forestall.domain.ids import CandidateId, CaseId, DecisionId, InterruptId, RouteId, StopId
from forestall.domain.vocabulary import OverrideReason
from forestall.errors import BadInput, Conflict, Forbidden, ForestallError, NotFound, Problem
from tools.editing import Edits

router = APIRouter(include_in_schema=False, dependencies=[Depends(require_same_site)])

_Id = Annotated[Text, Field(max_length=200)]


class ActForm(Shape):
    """The fields of every act on the decision card; each act reads its own, and a field left empty is not given."""

    model_config = ConfigDict(extra="ignore")
    by: Text = Field(min_length=1, max_length=200)
    on_behalf_of: Annotated[Text, Field(max_length=200)] | None = None
    note: Text = Field(default="", max_length=2_000)
    reason: OverrideReason | None = None
    shown_at: AwareDatetime | None = None
    seen_ms: int | None = Field(default=None, ge=0, le=86_400_000)
    revision: int | None = None
    interrupt_id: _Id | None = None
    verdict: _Id | None = None
    plan_rev: int | None = None
    candidate_id: _Id | None = None
    leave_out: list[_Id] = Field(default_factory=list, max_length=500)
    order_route: list[_Id] = Field(default_factory=list, max_length=200)
    order_stops: list[Annotated[Text, Field(max_length=20_000)]] = Field(default_factory=list, max_length=200)
    snooze_min: float | None = Field(default=None, gt=0, le=7 * 1_440)
    wake_at_severity: float | None = Field(default=None, gt=0, le=1e6)
    wake_before_window_min: float | None = Field(default=None, gt=0, le=7 * 1_440)
    to: _Id | None = None
    into: _Id | None = None
    decision_id: _Id | None = None

    def hand(self, service: Service) -> Hand:
        """The hand. The service's clock may run at another pace than the browser's; ``seen_ms`` is kept within it."""
        seen_ms = self.seen_ms
        if seen_ms is not None and self.shown_at is not None:
            since_ms = (service.clock.now() - self.shown_at) / timedelta(milliseconds=1)
            seen_ms = min(seen_ms, max(0, round(since_ms)))
        return Hand(self.by, on_behalf_of=self.on_behalf_of, shown_at=self.shown_at, seen_ms=seen_ms, note=self.note)


@router.post("/cases/{case_id}/{act}")
def act_on_case(
    request: Request, case_id: str, act: str, form: Annotated[ActForm, Form()], service: ServiceDep
) -> Response:
    """Take one act from the decision card's form, then show the case again."""
    if act not in _ACTS:
        raise NotFound(f"There is no such act: {act[:40]}.")
    try:
        done = _ACTS[act](service, CaseId(case_id), form)
    except NotFound:
        raise
    except (Conflict, Forbidden, BadInput) as refused:
        problem = f"Your answer was not taken: {_in_words(refused)}."
        return render_case(request, service, CaseId(case_id), problem=problem, status=refused.status)
    response = RedirectResponse(f"/cases/{quote(case_id, safe='')}?done={done}", status_code=303)
    remember_name(response, form.by)
    return response


class BulkForm(Shape):
    """Several cases approved at once: ``pick`` names each as case and question, with a bar between them."""

    by: Text = Field(min_length=1, max_length=200)
    day: _Id
    shown_at: AwareDatetime | None = None
    pick: list[_Id] = Field(default_factory=list, max_length=200)


@router.post("/answers")
def approve_many(request: Request, form: Annotated[BulkForm, Form()], service: ServiceDep) -> Response:
    """Approve the cases that were selected; the overview then shows what came of each."""
    results = [_approve(service, form, *pick.partition("|")[::2]) for pick in form.pick]
    now = service.clock.now()
    with service.store.read() as uow:
        view = read_overview(uow, choose_day(uow, form.day, now), uow.plans.list_days(), now)
    response = render_overview(request, service, view, None, results)
    remember_name(response, form.by)
    return response


class PinForm(Shape):
    by: Text = Field(min_length=1, max_length=200)
    shown_at: AwareDatetime | None = None
    case_id: _Id | None = Field(default=None)


@router.post("/stops/{stop_id}/pin")
def pin_stop(stop_id: str, form: Annotated[PinForm, Form()], service: ServiceDep) -> Response:
    return _set_pin(service, stop_id, form, pinned=True)


@router.post("/stops/{stop_id}/unpin")
def unpin_stop(stop_id: str, form: Annotated[PinForm, Form()], service: ServiceDep) -> Response:
    return _set_pin(service, stop_id, form, pinned=False)


class ConfirmForm(Shape):
    """``confirm`` is the plan version that the driver has read."""

    by: Text = Field(min_length=1, max_length=200)
    on_behalf_of: Annotated[Text, Field(max_length=200)] | None = None
    note: Text = Field(default="", max_length=2_000)
    shown_at: AwareDatetime | None = None
    confirm: int = Field(ge=1)
    case_id: _Id | None = None


@router.post("/routes/{route_id}/confirm")
def confirm_route(
    request: Request, route_id: str, form: Annotated[ConfirmForm, Form()], service: ServiceDep
) -> Response:
    """Confirm a route's plan for its driver, then show the page it came from again."""
    hand = Hand(form.by, on_behalf_of=form.on_behalf_of, shown_at=form.shown_at, note=form.note)
    try:
        service.people.confirm_route(RouteId(route_id), form.confirm, hand)
    except (Conflict, Forbidden, BadInput) as refused:
        problem = f"It was not confirmed: {_in_words(refused)}."
        if form.case_id is not None:
            return render_case(request, service, CaseId(form.case_id), problem=problem, status=refused.status)
        return render_route(request, service, RouteId(route_id), problem=problem, status=refused.status)
    back = f"/routes/{quote(route_id, safe='')}" if form.case_id is None else f"/cases/{quote(form.case_id, safe='')}"
    response = RedirectResponse(f"{back}?done=confirm", status_code=303)
    remember_name(response, form.by)
    return response


def _answer(service: Service, case_id: CaseId, form: ActForm) -> str:
    verdict = _given(form.verdict, "verdict")
    interrupt_id = InterruptId(_given(form.interrupt_id, "interrupt_id"))
    hand = form.hand(service)
    service.answer(
        case_id,
        interrupt_id,
        verdict,
        by=hand.by,
        reason=form.reason,
        note=hand.note,
        on_behalf_of=hand.on_behalf_of,
        shown_at=hand.shown_at,
        seen_ms=hand.seen_ms,
    )
    return verdict


def _edit(service: Service, case_id: CaseId, form: ActForm) -> str:
    lines = zip(form.order_route, form.order_stops, strict=False)
    order = {RouteId(route): tuple(map(StopId, stops.replace(",", " ").split())) for route, stops in lines}
    wish = Wish(
        plan_rev=_number(form.plan_rev, "plan_rev"),
        candidate_id=None if form.candidate_id is None else CandidateId(form.candidate_id),
        edits=Edits(tuple(map(StopId, form.leave_out)), {route: stops for route, stops in order.items() if stops}),
        reason=form.reason or OverrideReason.OTHER,
    )
    service.people.edit(case_id, wish, form.hand(service))
    return "edit"


def _take_over(service: Service, case_id: CaseId, form: ActForm) -> str:
    service.people.take_over(case_id, _number(form.revision, "revision"), form.hand(service))
    return "take-over"


def _hand_back(service: Service, case_id: CaseId, form: ActForm) -> str:
    service.people.hand_back(case_id, _number(form.revision, "revision"), form.hand(service))
    return "hand-back"


def _acknowledge(service: Service, case_id: CaseId, form: ActForm) -> str:
    service.people.acknowledge(case_id, _number(form.revision, "revision"), form.hand(service))
    return "acknowledge"


def _own(service: Service, case_id: CaseId, form: ActForm) -> str:
    service.people.assign(case_id, _number(form.revision, "revision"), form.hand(service), form.by)
    return "own"


def _assign(service: Service, case_id: CaseId, form: ActForm) -> str:
    service.people.assign(case_id, _number(form.revision, "revision"), form.hand(service), _given(form.to, "to"))
    return "assign"


def _snooze(service: Service, case_id: CaseId, form: ActForm) -> str:
    until = None if form.snooze_min is None else service.clock.now() + timedelta(minutes=form.snooze_min)
    near = None if form.wake_before_window_min is None else form.wake_before_window_min * 60
    terms = Snooze(until, form.wake_at_severity, near)
    service.people.snooze(case_id, _number(form.revision, "revision"), form.hand(service), terms)
    return "snooze"


def _wake(service: Service, case_id: CaseId, form: ActForm) -> str:
    service.people.wake(case_id, _number(form.revision, "revision"), form.hand(service))
    return "wake"


def _merge(service: Service, case_id: CaseId, form: ActForm) -> str:
    into = CaseId(_given(form.into, "into"))
    service.people.merge(case_id, _number(form.revision, "revision"), form.hand(service), into)
    return "merge"


def _undo(service: Service, case_id: CaseId, form: ActForm) -> str:
    decision_id = None if form.decision_id is None else DecisionId(form.decision_id)
    service.people.undo(case_id, form.hand(service), decision_id, form.reason)
    return "undo"


_ACTS: Mapping[str, Callable[[Service, CaseId, ActForm], str]] = {
    "answer": _answer,
    "edit": _edit,
    "take-over": _take_over,
    "hand-back": _hand_back,
    "acknowledge": _acknowledge,
    "own": _own,
    "assign": _assign,
    "snooze": _snooze,
    "wake": _wake,
    "merge": _merge,
    "undo": _undo,
}


def _approve(service: Service, form: BulkForm, case_id: str, interrupt_id: str) -> dict[str, object]:
    """One of several approvals: whether it was taken, and if not, why."""
    try:
        service.answer(CaseId(case_id), InterruptId(interrupt_id), "approve", by=form.by, shown_at=form.shown_at)
    except (Conflict, Forbidden, BadInput, NotFound) as refused:
        return {"case_id": case_id, "taken": False, "words": _in_words(refused)}
    return {"case_id": case_id, "taken": True, "words": "approved"}


def _set_pin(service: Service, stop_id: str, form: PinForm, pinned: bool) -> Response:
    stop = service.people.set_pin(StopId(stop_id), pinned, Hand(form.by, shown_at=form.shown_at))
    done = "pin" if pinned else "unpin"
    back = f"/routes/{quote(stop.route_id, safe='')}"
    if form.case_id is not None:
        back = f"/cases/{quote(form.case_id, safe='')}?done={done}"
    response = RedirectResponse(back, status_code=303)
    remember_name(response, form.by)
    return response


def _in_words(refused: ForestallError) -> str:
    faults = refused.problems if isinstance(refused, BadInput) else ()
    told = "; ".join(f"{fault.place} {fault.message}" for fault in faults)
    return f"{refused.message} ({told})" if told else refused.message


def _given(value: str | None, name: str) -> str:
    if not value:
        raise BadInput("the form is not complete", [Problem(name, "is missing", "fill it in")])
    return value


def _number(value: int | None, name: str) -> int:
    if value is None:
        raise BadInput("the form is not complete", [Problem(name, "is missing", "open the page again")])
    return value
