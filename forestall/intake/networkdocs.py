"""The plan document's rows of the standing network: hubs, links, carriers, contacts, vehicles and drivers."""

from typing import Annotated

from pydantic import Field, field_validator
from pydantic_core.core_schema import ValidationInfo

from forestall.domain.ids import CarrierId, ContactId, DriverId, HubId, LocationId, VehicleId
from forestall.domain.network import Carrier, Contact, Driver, HoursOfService, Hub, HubLink, Location, Vehicle
from forestall.domain.vocabulary import CarrierKind, VehicleMode
from forestall.intake.fields import (
    Count,
    Document,
    Email,
    Id,
    Lat,
    Lon,
    Phone,
    Seconds,
    Sizes,
    Span,
    Text,
    Time,
    TimeZone,
    Webhook,
    refusal,
)

Skills = Annotated[frozenset[Id], Field(default=frozenset())]


class LocationDoc(Document):
    id: Id
    lat: Lat
    lon: Lon

    def build(self) -> Location:
        return Location(LocationId(self.id), self.lat, self.lon)


class HubDoc(Document):
    id: Id
    name: Text = ""
    location: LocationDoc
    time_zone: TimeZone
    opens_at: Time
    closes_at: Time

    def build(self) -> Hub:
        place = self.location.build()
        return Hub(HubId(self.id), self.name, place, self.time_zone, self.opens_at, self.closes_at)


class LinkDoc(Document):
    from_hub: Id
    to_hub: Id
    duration_s: Seconds

    def build(self) -> HubLink:
        return HubLink(HubId(self.from_hub), HubId(self.to_hub), self.duration_s)


class CarrierDoc(Document):
    id: Id
    name: Text = ""
    kind: CarrierKind
    active: bool = True
    cost_per_stop_cents: Count = 0
    free_stops: Count | None = None
    contact_id: Id | None = None
    answers_within_s: Span | None = None

    def build(self) -> Carrier:
        return Carrier(
            CarrierId(self.id),
            self.name,
            self.kind,
            self.active,
            self.cost_per_stop_cents,
            self.free_stops,
            ContactId(self.contact_id) if self.contact_id is not None else None,
            self.answers_within_s,
        )


class ContactDoc(Document):
    id: Id
    name: Text = ""
    phone: Phone | None = None
    email: Email | None = None
    webhook: Webhook | None = None
    locale: Id = "en"
    accepts_sms: bool = True

    def build(self) -> Contact:
        return Contact(
            ContactId(self.id), self.name, self.phone, self.email, self.webhook, self.locale, self.accepts_sms
        )


class VehicleDoc(Document):
    id: Id
    hub_id: Id
    carrier_id: Id
    mode: VehicleMode = VehicleMode.VAN
    capacity: Sizes = Field(default_factory=dict)
    skills: Skills

    def build(self) -> Vehicle:
        return Vehicle(
            VehicleId(self.id), HubId(self.hub_id), CarrierId(self.carrier_id), self.mode, self.capacity, self.skills
        )


class HoursDoc(Document):
    """A driver's hours of service; what is left out is not limited."""

    max_drive_s: Span | None = None
    max_duty_s: Span | None = None
    break_after_s: Span | None = None
    break_s: Span | None = Field(default=None, validate_default=True)

    @field_validator("break_s")
    @classmethod
    def _goes_with_its_rule(cls, value: float | None, info: ValidationInfo) -> float | None:
        if "break_after_s" in info.data and (value is None) != (info.data["break_after_s"] is None):
            raise refusal("break", "break_after_s and break_s say nothing without each other", "give both, or neither")
        return value

    def build(self) -> HoursOfService:
        return HoursOfService(self.max_drive_s, self.max_duty_s, self.break_after_s, self.break_s)


class DriverDoc(Document):
    id: Id
    carrier_id: Id
    shift_start: Time
    shift_end: Time
    name: Text = ""
    contact_id: Id | None = None
    hours: HoursDoc | None = None

    def build(self) -> Driver:
        return Driver(
            DriverId(self.id),
            CarrierId(self.carrier_id),
            self.shift_start,
            self.shift_end,
            self.name,
            ContactId(self.contact_id) if self.contact_id is not None else None,
            self.hours.build() if self.hours is not None else None,
        )
