"""How each kind of case is looked after: what it takes to open one, and who can answer it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from forestall.domain.vocabulary import CaseKind


class Answer(StrEnum):
    """Whose move answers a kind: a change of ROUTES, MESSAGES to customers, or PEOPLE, whom nothing here can spare."""

    ROUTES = "ROUTES"
    MESSAGES = "MESSAGES"
    PEOPLE = "PEOPLE"


@dataclass(frozen=True, slots=True)
class Care:
    """``at_once``: an observed fact, which needs no second look. Others have to be seen again, ``persists`` or longer
    after the first time, unless they are grave."""

    at_once: bool = False
    persists: timedelta = timedelta()
    answer: Answer = Answer.ROUTES


_FORECAST = Care()
_FACT = Care(at_once=True)
_FOR_CUSTOMERS = Care(at_once=True, answer=Answer.MESSAGES)  # asked when it is time to, and heeded as they answer
_FOR_PEOPLE = Care(at_once=True, answer=Answer.PEOPLE)
_CARE: Mapping[CaseKind, Care] = {
    CaseKind.FAILED_ATTEMPT_RISK: _FOR_CUSTOMERS,
    CaseKind.CUSTOMER_RESCHEDULE: _FOR_CUSTOMERS,
    CaseKind.CUSTOMER_MESSAGE: _FOR_CUSTOMERS,
    CaseKind.HUB_NOT_READY: _FACT,
    CaseKind.VEHICLE_BREAKDOWN: _FACT,
    CaseKind.DRIVER_UNAVAILABLE: _FACT,
    CaseKind.ROAD_CLOSURE: _FACT,
    CaseKind.CARRIER_CAPACITY: _FACT,
    CaseKind.CARRIER_SILENT: _FACT,
    CaseKind.TENDER_DECLINED: _FACT,
    CaseKind.PRIORITY_INSERT: _FACT,
    CaseKind.HAND_OVER_MISSED: _FACT,
    CaseKind.SUSPECTED_FALSE_ATTEMPT: _FACT,
    CaseKind.DELIVERY_FAILED: _FOR_PEOPLE,
    CaseKind.ADDRESS_PROBLEM: _FOR_PEOPLE,
    CaseKind.PLAN_UNACKNOWLEDGED: _FOR_PEOPLE,
}


def care_of(kind: CaseKind) -> Care:
    """The kind's own rules, or those of a forecast that has to persist."""
    return _CARE.get(kind, _FORECAST)


def answered_by_routes(kind: CaseKind) -> bool:
    """Whether another plan for some route could mend it."""
    return care_of(kind).answer is Answer.ROUTES
