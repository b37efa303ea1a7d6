"""What each type of event carries, and the CloudEvents envelope around it."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, field_validator

from forestall.domain.vocabulary import EventType, FailureReason, Tier
from forestall.intake.documents import WindowDoc
from forestall.intake.fields import (
    Count,
    Document,
    Id,
    Lat,
    Lon,
    Number,
    Phone,
    Prose,
    Seconds,
    Sizes,
    Text,
    Time,
    refusal,
)

_PREFIX = "forestall."
# The source under which this service enters an event a second time; no feed may call itself so.
REPLAY = "forestall/replay"


class PositionData(Document):
    lat: Lat
    lon: Lon


class DepartedData(Document):
    """``to_stop`` None means: back to the hub. It has no default, so that a forgotten field is no return."""

    to_stop: Id | None


class NoData(Document):
    pass


class FailedData(Document):
    """``note`` is what the driver wrote: kept for people to read, and acted upon by what it comes down to alone."""

    reason: FailureReason
    note: Prose | None = None


class BreakdownData(Document):
    lat: Lat
    lon: Lon
    note: Prose | None = None


class HubReadyData(Document):
    """``ready_at`` is an estimate while ``ready`` is false. With ``packages`` it is said of these alone, wherever they
    go by now; without, of all that the route is to load."""

    route: Id
    ready_at: Time
    ready: bool
    packages: Annotated[list[Id], Field(min_length=1)] | None = None


class RoadClosedData(Document):
    """``from`` and ``until`` in the feed; ``until`` is an estimate, and a past one says that the road is open again."""

    model_config = ConfigDict(extra="forbid", frozen=True, serialize_by_alias=True)

    closure: Annotated[Id, Field(max_length=200)]
    lat: Lat
    lon: Lon
    radius_m: Annotated[Number, Field(gt=0, le=100_000)]
    begins_at: Time = Field(alias="from")
    ends_at: Time = Field(alias="until")


class DriverUnavailableData(Document):
    """``until`` None: not at all that day. It has no default, so that a forgotten field sends nobody home."""

    until: Time | None


class CustomerData(Document):
    name: Text = ""
    phone: Phone | None = None


class OrderCreatedData(Document):
    """``location`` is the id of a place the plan's travel matrix knows; left out, the order's place is its own."""

    hub: Id
    promise: WindowDoc
    tier: Tier = Tier.STANDARD
    lat: Lat
    lon: Lon
    location: Id | None = None
    service_s: Seconds
    size: Sizes = Field(default_factory=dict)
    customer: CustomerData

    @field_validator("promise")
    @classmethod
    def _runs_forward(cls, promise: WindowDoc) -> WindowDoc:
        if promise.closes_at < promise.opens_at:
            raise refusal("window", "it ends before it begins", "swap the two times, or correct the wrong one")
        return promise


class CarrierCapacityData(Document):
    free_stops: Count
    active: bool | None = None


class TenderAnswerData(Document):
    accepted: bool


def _check_reply(value: str) -> str:
    if not value:
        raise refusal("reply", "an empty reply", "leave the event out when the customer said nothing")
    return value


class CustomerReplyData(Document):
    choice: Annotated[Prose, AfterValidator(_check_reply)]


class RouteAckData(Document):
    plan_version: Annotated[Count, Field(ge=1)]


DATA: dict[EventType, type[Document]] = {
    EventType.POSITION: PositionData,
    EventType.DEPARTED: DepartedData,
    EventType.ARRIVED: NoData,
    EventType.COMPLETED: NoData,
    EventType.FAILED: FailedData,
    EventType.BREAKDOWN: BreakdownData,
    EventType.HUB_READY: HubReadyData,
    EventType.ROAD_CLOSED: RoadClosedData,
    EventType.DRIVER_UNAVAILABLE: DriverUnavailableData,
    EventType.ORDER_CREATED: OrderCreatedData,
    EventType.ORDER_CANCELLED: NoData,
    EventType.CARRIER_CAPACITY: CarrierCapacityData,
    EventType.TENDER_ANSWER: TenderAnswerData,
    EventType.CUSTOMER_REPLY: CustomerReplyData,
    EventType.ROUTE_ACK: RouteAckData,
}


def _read_type(value: object) -> EventType:
    if isinstance(value, str) and value.startswith(_PREFIX):
        name = value.removeprefix(_PREFIX)
        if name in _NAMES:
            return EventType(name)
    remedy = f"use {_PREFIX} and one of {', '.join(EventType)}"
    raise refusal("event_type", f"{str(value)[:60]!r} is no type of event known here", remedy)


_NAMES = frozenset(EventType)


def _check_source(value: str) -> str:
    if value == REPLAY:
        raise refusal("source", f"{REPLAY} is a name of this service", "give the feed a source of its own")
    return value


class Envelope(Document):
    """CloudEvents 1.0. Extension attributes are allowed, as its specification asks, and not kept."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    specversion: Annotated[str, Field(pattern=r"^1\.0$")]
    id: Annotated[Id, Field(max_length=400)]
    source: Annotated[Id, Field(max_length=400), AfterValidator(_check_source)]
    type: Annotated[EventType, BeforeValidator(_read_type)]
    subject: Id
    time: Time
    data: object = None
