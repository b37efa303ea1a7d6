"""The closed sets of words the service speaks in: statuses, kinds, reasons (docs/glossary.md is law for them)."""

from enum import StrEnum


class CarrierKind(StrEnum):
    OWNED = "OWNED"
    THREE_PL = "THREE_PL"
    GIG = "GIG"


class VehicleMode(StrEnum):
    VAN = "VAN"
    TRUCK = "TRUCK"
    BIKE = "BIKE"
    ROBOT = "ROBOT"


class Tier(StrEnum):
    """How much a promise weighs; the price per missed promise follows from it (optimizer prices)."""

    STANDARD = "STANDARD"
    PRIORITY = "PRIORITY"


class StopKind(StrEnum):
    """DELIVERY hands packages to a customer; TRANSFER takes packages over from another vehicle; HAND_OVER gives them
    to another vehicle, or to the hub."""

    DELIVERY = "DELIVERY"
    TRANSFER = "TRANSFER"
    HAND_OVER = "HAND_OVER"


class StopStatus(StrEnum):
    PLANNED = "PLANNED"
    LOADED = "LOADED"
    ENROUTE = "ENROUTE"
    ARRIVED = "ARRIVED"
    SERVICING = "SERVICING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"
    CANCELLED = "CANCELLED"
    RESCHEDULED = "RESCHEDULED"

    @property
    def is_open(self) -> bool:
        """Still to be done: a plan may contain it."""
        return self in _OPEN_STOPS

    @property
    def is_committed(self) -> bool:
        """The driver is on the way to it or at it: a repair may no longer move it."""
        return self in _COMMITTED_STOPS


_COMMITTED_STOPS = frozenset({StopStatus.ENROUTE, StopStatus.ARRIVED, StopStatus.SERVICING})
_OPEN_STOPS = _COMMITTED_STOPS | {StopStatus.PLANNED, StopStatus.LOADED}


class RouteStatus(StrEnum):
    PLANNED = "PLANNED"  # not yet left its hub
    UNDERWAY = "UNDERWAY"
    BROKEN = "BROKEN"  # its vehicle can't go on; open stops wait aboard for a rescue
    FINISHED = "FINISHED"


class HolderKind(StrEnum):
    """Who has a package in hands (custody)."""

    HUB = "HUB"
    VEHICLE = "VEHICLE"
    CUSTOMER = "CUSTOMER"
    UPSTREAM = "UPSTREAM"  # still inbound to its hub


class CaseKind(StrEnum):
    # predicted
    WINDOW_MISS_RISK = "WINDOW_MISS_RISK"
    FAILED_ATTEMPT_RISK = "FAILED_ATTEMPT_RISK"
    SHIFT_OVERRUN_RISK = "SHIFT_OVERRUN_RISK"
    CAPACITY_RISK = "CAPACITY_RISK"
    HUB_NOT_READY = "HUB_NOT_READY"
    # observed
    VEHICLE_BREAKDOWN = "VEHICLE_BREAKDOWN"
    DRIVER_UNAVAILABLE = "DRIVER_UNAVAILABLE"
    LATE_DEPARTURE = "LATE_DEPARTURE"
    PROLONGED_STOP = "PROLONGED_STOP"
    ROUTE_DEVIATION = "ROUTE_DEVIATION"
    SIGNAL_LOST = "SIGNAL_LOST"
    SUSPECTED_FALSE_ATTEMPT = "SUSPECTED_FALSE_ATTEMPT"
    DELIVERY_FAILED = "DELIVERY_FAILED"
    ROAD_CLOSURE = "ROAD_CLOSURE"
    TENDER_DECLINED = "TENDER_DECLINED"
    CARRIER_SILENT = "CARRIER_SILENT"
    CARRIER_CAPACITY = "CARRIER_CAPACITY"
    CUSTOMER_RESCHEDULE = "CUSTOMER_RESCHEDULE"
    ADDRESS_PROBLEM = "ADDRESS_PROBLEM"
    CUSTOMER_MESSAGE = "CUSTOMER_MESSAGE"
    PRIORITY_INSERT = "PRIORITY_INSERT"
    HAND_OVER_MISSED = "HAND_OVER_MISSED"
    PLAN_UNACKNOWLEDGED = "PLAN_UNACKNOWLEDGED"


class CaseStatus(StrEnum):
    OPEN = "OPEN"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    PROPOSED = "PROPOSED"
    AWAITING_APPROVAL = "AWAITING_APPROVAL"
    AWAITING_VETO = "AWAITING_VETO"
    EXECUTING = "EXECUTING"
    MONITORING = "MONITORING"
    RESOLVED = "RESOLVED"
    EXPIRED = "EXPIRED"
    MERGED = "MERGED"
    SUPPRESSED = "SUPPRESSED"

    @property
    def is_closed(self) -> bool:
        return self in _CLOSED_CASES

    @property
    def is_waiting(self) -> bool:
        """A person, or a veto timer, has the next word."""
        return self in {CaseStatus.AWAITING_APPROVAL, CaseStatus.AWAITING_VETO}


_CLOSED_CASES = frozenset({CaseStatus.RESOLVED, CaseStatus.EXPIRED, CaseStatus.MERGED, CaseStatus.SUPPRESSED})


class ActionKind(StrEnum):
    RESEQUENCE = "RESEQUENCE"
    REASSIGN = "REASSIGN"
    RESCUE_TRANSFER = "RESCUE_TRANSFER"
    RENDEZVOUS = "RENDEZVOUS"
    TAKE_BACK = "TAKE_BACK"
    HUB_SWAP = "HUB_SWAP"
    RETENDER = "RETENDER"
    NOTIFY_ETA = "NOTIFY_ETA"
    OFFER_RESCHEDULE = "OFFER_RESCHEDULE"
    LEAVE_EARLIER = "LEAVE_EARLIER"
    CONFIRM_PRESENCE = "CONFIRM_PRESENCE"
    SAFE_PLACE = "SAFE_PLACE"
    RESCHEDULE = "RESCHEDULE"
    ASK_BACK = "ASK_BACK"
    SECOND_ATTEMPT = "SECOND_ATTEMPT"
    CARRIER_UPDATE = "CARRIER_UPDATE"
    RETURN_TO_HUB = "RETURN_TO_HUB"
    ESCALATE = "ESCALATE"
    NO_ACTION = "NO_ACTION"


class Reply(StrEnum):
    """What a customer's words come down to."""

    WILL_BE_THERE = "WILL_BE_THERE"
    SAFE_PLACE = "SAFE_PLACE"
    ANOTHER_DAY = "ANOTHER_DAY"
    LATE_IS_FINE = "LATE_IS_FINE"
    STOP = "STOP"  # no more messages
    START = "START"  # messages again, after STOP
    CALL_ME = "CALL_ME"  # a person is to answer
    NOT_UNDERSTOOD = "NOT_UNDERSTOOD"


class DriverWord(StrEnum):
    """What a driver's note on a failed attempt comes down to; where there is a ``FailureReason`` like it, its name."""

    RECIPIENT_UNAVAILABLE = "RECIPIENT_UNAVAILABLE"
    CANNOT_LOCATE = "CANNOT_LOCATE"
    NO_ACCESS = "NO_ACCESS"  # a gate, a code, a barrier
    REFUSED = "REFUSED"
    CONSIGNEE_CLOSED = "CONSIGNEE_CLOSED"
    BREAKDOWN = "BREAKDOWN"
    OTHER = "OTHER"  # nothing is sure


class TenderStatus(StrEnum):
    """What a carrier says to stops offered to it."""

    OPEN = "OPEN"  # it has the word until the tender's deadline
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    SILENT = "SILENT"  # no answer by the deadline
    WITHDRAWN = "WITHDRAWN"  # it accepted, but the plan no longer fitted or paid by then

    @property
    def is_refusal(self) -> bool:
        """Whether the carrier would not have the stops, in words or by saying nothing."""
        return self in {TenderStatus.DECLINED, TenderStatus.SILENT}


class InstructionStatus(StrEnum):
    """What a driver says to a changed plan."""

    TOLD = "TOLD"  # sent, and not confirmed yet
    ACKNOWLEDGED = "ACKNOWLEDGED"  # by a word, or by setting out for a stop that only the new plan has
    MOOT = "MOOT"  # nobody is to follow it any more: the route is over, or its vehicle broke down


class Tool(StrEnum):
    """The deterministic tools a case may use."""

    REROUTE = "reroute"
    REASSIGN = "reassign"
    HUB_SWAP = "hub_swap"
    NOTIFY_CUSTOMER = "notify_customer"
    CARRIER_UPDATE = "carrier_update"


class Autonomy(StrEnum):
    """How far the agent may go by itself, from bound to free."""

    FORBIDDEN = "FORBIDDEN"
    APPROVE_FIRST = "APPROVE_FIRST"
    VETO_WINDOW = "VETO_WINDOW"
    AUTO = "AUTO"


class Mode(StrEnum):
    """The service-wide stance: LIVE follows policy, SUGGEST makes everything wait, SHADOW decides and never acts."""

    LIVE = "LIVE"
    SUGGEST = "SUGGEST"
    SHADOW = "SHADOW"


class SwitchScope(StrEnum):
    """What a switch is about: the whole installation, one hub, one tool."""

    TENANT = "TENANT"
    HUB = "HUB"
    TOOL = "TOOL"


class Position(StrEnum):
    """Where a switch stands. STOP is the kill switch: nothing starts. The others bind as the modes of that name do."""

    RUN = "RUN"
    SUGGEST = "SUGGEST"
    SHADOW = "SHADOW"
    STOP = "STOP"


class PolicyStatus(StrEnum):
    """The life of a version of the operator's policies; at most one is ACTIVE."""

    DRAFT = "DRAFT"
    SHADOW = "SHADOW"  # recorded questions have been put to it
    ACTIVE = "ACTIVE"
    RETIRED = "RETIRED"


class Verdict(StrEnum):
    """What became of a proposal that waited, or did not have to."""

    AUTOMATIC = "AUTOMATIC"
    APPROVED = "APPROVED"
    NOT_VETOED = "NOT_VETOED"
    REJECTED = "REJECTED"
    VETOED = "VETOED"
    EXPIRED = "EXPIRED"
    FORBIDDEN = "FORBIDDEN"
    STALE = "STALE"
    NO_ACTION = "NO_ACTION"
    SHADOWED = "SHADOWED"
    ACCEPTED = "ACCEPTED"  # by the carrier a tender went to, as the two below
    DECLINED = "DECLINED"
    SILENT = "SILENT"
    EDITED = "EDITED"  # carried out as a person changed it
    WITHDRAWN = "WITHDRAWN"  # a person took the case over, put it off or merged it, so the question fell away
    UNDONE = "UNDONE"  # what an earlier decision did was taken back, as far as that was still possible


class Advice(StrEnum):
    """What came of asking a language model."""

    AGREED = "AGREED"
    REORDERED = "REORDERED"
    FELL_BACK = "FELL_BACK"  # no answer, or none that may be used: the rules' order stands


class ModelKind(StrEnum):
    """What a learned model foretells."""

    LATE = "LATE"
    FAILED = "FAILED"


class ModelStatus(StrEnum):
    """A CHALLENGER is trained and not in force; at most one model of a kind is ACTIVE; the one before it is RETIRED."""

    CHALLENGER = "CHALLENGER"
    ACTIVE = "ACTIVE"
    RETIRED = "RETIRED"


class OverrideReason(StrEnum):
    LOCAL_KNOWLEDGE = "LOCAL_KNOWLEDGE"
    BAD_DATA = "BAD_DATA"
    CUSTOMER_VIP = "CUSTOMER_VIP"
    DRIVER_WELFARE = "DRIVER_WELFARE"
    SAFETY = "SAFETY"
    COST = "COST"
    CARRIER_RELATION = "CARRIER_RELATION"
    DUPLICATE = "DUPLICATE"
    TOO_LATE = "TOO_LATE"
    OTHER = "OTHER"


class FailureReason(StrEnum):
    """Why an attempt failed. The X12 1651 code of each is in ``X12_REASON``."""

    RECIPIENT_UNAVAILABLE = "RECIPIENT_UNAVAILABLE"
    WRONG_ADDRESS = "WRONG_ADDRESS"
    CANNOT_LOCATE = "CANNOT_LOCATE"
    REFUSED = "REFUSED"
    CONSIGNEE_CLOSED = "CONSIGNEE_CLOSED"
    FUTURE_REQUESTED = "FUTURE_REQUESTED"
    BREAKDOWN = "BREAKDOWN"
    DRIVER_UNAVAILABLE = "DRIVER_UNAVAILABLE"
    INSUFFICIENT_TIME = "INSUFFICIENT_TIME"
    WEATHER = "WEATHER"
    ROAD = "ROAD"
    ACCIDENT = "ACCIDENT"
    MISSORT = "MISSORT"
    OTHER = "OTHER"


X12_REASON: dict[FailureReason, str] = {
    FailureReason.RECIPIENT_UNAVAILABLE: "AQ",
    FailureReason.WRONG_ADDRESS: "A2",
    FailureReason.CANNOT_LOCATE: "A5",
    FailureReason.REFUSED: "BS",
    FailureReason.CONSIGNEE_CLOSED: "B1",
    FailureReason.FUTURE_REQUESTED: "AD",
    FailureReason.BREAKDOWN: "AI",
    FailureReason.DRIVER_UNAVAILABLE: "D2",
    FailureReason.INSUFFICIENT_TIME: "BH",
    FailureReason.WEATHER: "AO",
    FailureReason.ROAD: "BE",
    FailureReason.ACCIDENT: "AF",
    FailureReason.MISSORT: "AA",
    FailureReason.OTHER: "BG",
}


class EventType(StrEnum):
    """What a feed may tell us (the CloudEvents ``type`` is ``forestall.`` + the value)."""

    POSITION = "position"
    DEPARTED = "departed"
    ARRIVED = "arrived"
    COMPLETED = "completed"
    FAILED = "failed"
    BREAKDOWN = "breakdown"
    HUB_READY = "hub_ready"
    ROAD_CLOSED = "road_closed"
    DRIVER_UNAVAILABLE = "driver_unavailable"
    ORDER_CREATED = "order_created"
    ORDER_CANCELLED = "order_cancelled"
    CARRIER_CAPACITY = "carrier_capacity"
    TENDER_ANSWER = "tender_answer"
    CUSTOMER_REPLY = "customer_reply"
    ROUTE_ACK = "route_ack"


class EventOutcome(StrEnum):
    """What became of an event in the inbox. Nothing is dropped: PARKED ones are kept and reported."""

    APPLIED = "APPLIED"
    SUPERSEDED = "SUPERSEDED"  # kept, but newer knowledge already stands
    PARKED = "PARKED"  # names something we do not know


class Channel(StrEnum):
    """Where an effect goes once its transaction has committed."""

    DRIVER = "driver"
    SMS = "sms"
    CARRIER = "carrier"
    HUB = "hub"
    VOICE = "voice"
    PEOPLE = "people"  # our own: those a question is passed on to because nobody answered


class OutboxState(StrEnum):
    PENDING = "pending"
    SENDING = "sending"
    DRY_RUN = "dry_run"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
