"""What people do about cases, routes and stops: every act asked of policy, guarded by what was seen, and on record."""

from fastapi import APIRouter, Depends

from agent import wording
from agent.people.care import Snooze
from agent.people.edits import Wish
from agent.people.undoing import WayBack, list_ways_back
from agent.service import Service
from agent.trace import describe_case
from api.dependencies import ServiceDep, require_json
from api.shapes.cases import CaseShape, DecisionShape
from api.shapes.common import ERRORS, ErrorShape
from api.shapes.people import (
    AnswerResultShape,
    AnswerResultsShape,
    AnswerShape,
    AssignShape,
    CareShape,
    ConfirmedRouteShape,
    ConfirmShape,
    EditShape,
    HandShape,
    ManyAnswersShape,
    MergeShape,
    OneOfManyShape,
    PinnedStopShape,
    SnoozeShape,
    UndoneShape,
    UndoShape,
    WayBackShape,
    WaysBackShape,
)
from forestall.domain.cases import Case
from forestall.domain.ids import CandidateId, CaseId, DecisionId, InterruptId, RouteId, StopId
from forestall.errors import ForestallError
from tools.editing import Edits

router = APIRouter(prefix="/v1", tags=["people"], responses=ERRORS, dependencies=[Depends(require_json)])
reading = APIRouter(prefix="/v1", tags=["people"], responses=ERRORS)


@router.post("/cases/answers")
def answer_many(many: ManyAnswersShape, service: ServiceDep) -> AnswerResultsShape:
    """Answer several waiting cases; each stands alone, and has its own result."""
    return AnswerResultsShape(results=[_answer_one(service, one, many) for one in many.answers])


@router.post("/cases/{case_id}/answer")
def answer_case(case_id: str, answer: AnswerShape, service: ServiceDep) -> CaseShape:
    """Approve, veto or reject what waits. The first answer wins; any later one gets 409 and the present state."""
    return _told(give_answer(service, case_id, answer.interrupt_id, answer))


@router.post("/cases/{case_id}/edit")
def edit_case(case_id: str, edit: EditShape, service: ServiceDep) -> CaseShape:
    """Have another of the alternatives, or a changed one, carried out instead: checked and forecast as any plan is."""
    return _told(service.people.edit(CaseId(case_id), wish_of(edit), edit.hand()))


@router.post("/cases/{case_id}/take-over")
def take_over_case(case_id: str, care: CareShape, service: ServiceDep) -> CaseShape:
    """Lock the case to this person: the service proposes and sends nothing for it."""
    return _told(service.people.take_over(CaseId(case_id), care.revision, care.hand()))


@router.post("/cases/{case_id}/hand-back")
def hand_back_case(case_id: str, care: CareShape, service: ServiceDep) -> CaseShape:
    """Give the case back to the service."""
    return _told(service.people.hand_back(CaseId(case_id), care.revision, care.hand()))


@router.post("/cases/{case_id}/snooze")
def snooze_case(case_id: str, snooze: SnoozeShape, service: ServiceDep) -> CaseShape:
    """Leave the case alone until a time, until it grows grave, or until one of its windows is near."""
    return _told(service.people.snooze(CaseId(case_id), snooze.revision, snooze.hand(), terms_of(snooze)))


@router.post("/cases/{case_id}/wake")
def wake_case(case_id: str, care: CareShape, service: ServiceDep) -> CaseShape:
    """End a snooze."""
    return _told(service.people.wake(CaseId(case_id), care.revision, care.hand()))


@router.post("/cases/{case_id}/acknowledge")
def acknowledge_case(case_id: str, care: CareShape, service: ServiceDep) -> CaseShape:
    """Say that somebody has seen it; its question is passed on no further."""
    return _told(service.people.acknowledge(CaseId(case_id), care.revision, care.hand()))


@router.post("/cases/{case_id}/assign")
def assign_case(case_id: str, assign: AssignShape, service: ServiceDep) -> CaseShape:
    """Make somebody its owner."""
    return _told(service.people.assign(CaseId(case_id), assign.revision, assign.hand(), assign.to))


@router.post("/cases/{case_id}/merge")
def merge_case(case_id: str, merge: MergeShape, service: ServiceDep) -> CaseShape:
    """Let another case go on in this one's place."""
    return _told(service.people.merge(CaseId(case_id), merge.revision, merge.hand(), CaseId(merge.into)))


@router.post("/cases/{case_id}/undo")
def undo_case(case_id: str, undo: UndoShape, service: ServiceDep) -> UndoneShape:
    """Take a decision back as far as that is still possible; 409 with the reason when nothing of it is."""
    decision_id = None if undo.decision_id is None else DecisionId(undo.decision_id)
    case, decision = service.people.undo(CaseId(case_id), undo.hand(), decision_id, undo.reason)
    return UndoneShape(case=_told(case), decision=DecisionShape.model_validate(decision))


@reading.get("/cases/{case_id}/undo")
def list_undos(case_id: str, service: ServiceDep) -> WaysBackShape:
    """Which decisions of the case can be taken back, until when, and what keeps the others."""
    with service.store.read() as uow:
        ways = list_ways_back(uow, uow.cases.get(CaseId(case_id)), service.clock.now())
    return WaysBackShape(decisions=[_way_back(way) for way in ways])


@router.post("/routes/{route_id}/confirm")
def confirm_route(route_id: str, confirm: ConfirmShape, service: ServiceDep) -> ConfirmedRouteShape:
    """Confirm a changed route for its driver, as his own `route_ack` would; 409 once there is a newer version."""
    confirmed = service.people.confirm_route(RouteId(route_id), confirm.plan_version, confirm.hand())
    return ConfirmedRouteShape.model_validate(confirmed)


@router.post("/stops/{stop_id}/pin")
def pin_stop(stop_id: str, hand: HandShape, service: ServiceDep) -> PinnedStopShape:
    """Keep a stop with its vehicle, and anything new from getting in front of it."""
    return PinnedStopShape.model_validate(service.people.set_pin(StopId(stop_id), True, hand.hand()))


@router.post("/stops/{stop_id}/unpin")
def unpin_stop(stop_id: str, hand: HandShape, service: ServiceDep) -> PinnedStopShape:
    """Let plans move the stop again."""
    return PinnedStopShape.model_validate(service.people.set_pin(StopId(stop_id), False, hand.hand()))


def give_answer(service: Service, case_id: str, interrupt_id: str, answer: AnswerShape) -> Case:
    """Hand an answer to the service."""
    return service.answer(
        CaseId(case_id),
        InterruptId(interrupt_id),
        answer.verdict,
        by=answer.by,
        reason=answer.reason,
        note=answer.note,
        on_behalf_of=answer.on_behalf_of,
        shown_at=answer.shown_at,
        seen_ms=answer.seen_ms,
    )


def wish_of(edit: EditShape) -> Wish:
    order = {RouteId(route): tuple(StopId(stop) for stop in stops) for route, stops in edit.order.items()}
    return Wish(
        plan_rev=edit.plan_rev,
        candidate_id=None if edit.candidate_id is None else CandidateId(edit.candidate_id),
        edits=Edits(tuple(StopId(stop) for stop in edit.leave_out), order),
        reason=edit.reason,
    )


def terms_of(snooze: SnoozeShape) -> Snooze:
    return Snooze(snooze.until, snooze.wake_at_severity, snooze.wake_before_window_s)


def _answer_one(service: Service, one: OneOfManyShape, many: ManyAnswersShape) -> AnswerResultShape:
    answer = AnswerShape(
        **many.model_dump(exclude={"answers"}), **one.model_dump(include={"interrupt_id", "verdict", "reason"})
    )
    try:
        case: CaseShape | None = _told(give_answer(service, one.case_id, one.interrupt_id, answer))
    except ForestallError as error:
        if error.status >= 500:
            raise
        refused = ErrorShape.model_validate(error.as_body())
        return AnswerResultShape(
            case_id=one.case_id, interrupt_id=one.interrupt_id, status=error.status, case=None, error=refused
        )
    return AnswerResultShape(case_id=one.case_id, interrupt_id=one.interrupt_id, status=200, case=case, error=None)


def _told(case: Case) -> CaseShape:
    return CaseShape.model_validate(describe_case(case))


def _way_back(way: WayBack) -> WayBackShape:
    return WayBackShape(
        decision_id=way.decision_id,
        is_possible=way.is_possible,
        undoable_until=way.until,
        kept={stop_id: wording.UNDO_RULES[rule] for stop_id, rule in way.kept.items()},
        why_not=None if way.rule is None else wording.UNDO_RULES[way.rule],
        undone_by=way.undone_by,
    )
