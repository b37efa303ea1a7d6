"""The standing network: hubs, the links between them, carriers, vehicles and drivers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from forestall.domain.ids import CarrierId, ContactId, DriverId, HubId, LocationId, VehicleId
from forestall.domain.vocabulary import CarrierKind, VehicleMode


@dataclass(frozen=True, slots=True)
class Location:
    """A point on the map, WGS 84 degrees. ``id`` also names its row in a travel matrix, where there is one."""

    id: LocationId
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Contact:
    """How to reach a person or a partner. Phone numbers and addresses live here and nowhere else.

    ``accepts_sms`` is the newest plan's word. ``opted_out_at`` and ``opted_in_at`` are its number's own: when STOP was
    said there last, and START. Whichever of them is newer holds, and START never gives more than the plan does.
    """

    id: ContactId
    name: str
    phone: str | None = None
    email: str | None = None
    webhook: str | None = None
    locale: str = "en"
    accepts_sms: bool = True
    opted_out_at: datetime | None = None
    opted_in_at: datetime | None = None

    @property
    def has_stopped(self) -> bool:
        """Whether its number wants no more messages; of a STOP and a START of one instant the STOP counts."""
        if self.opted_out_at is None:
            return False
        return self.opted_in_at is None or self.opted_in_at <= self.opted_out_at

    @property
    def is_textable(self) -> bool:
        """Whether it may be, and can be, sent a text message."""
        return self.accepts_sms and self.phone is not None and not self.has_stopped


@dataclass(frozen=True, slots=True)
class Hub:
    id: HubId
    name: str
    location: Location
    time_zone: str
    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class HubLink:
    """A shuttle between two hubs: packages handed in at one reach the other ``duration_s`` later."""

    from_hub: HubId
    to_hub: HubId
    duration_s: float


@dataclass(frozen=True, slots=True)
class Carrier:
    """``free_stops`` is how many further stops the carrier says it can take today (None: not said).

    ``answers_within_s`` is how long it takes at most to say whether it will drive another's stops. None: it need not be
    asked, by its contract, or because it is ours.
    """

    id: CarrierId
    name: str
    kind: CarrierKind
    active: bool = True
    cost_per_stop_cents: int = 0
    free_stops: int | None = None
    contact_id: ContactId | None = None
    answers_within_s: float | None = None


ACCESS = "access:"
"""How the name of a limit of a place begins, among the skills a stop asks for: ``access:bike``, ``access:euro6``."""


@dataclass(frozen=True, slots=True)
class Vehicle:
    """``capacity`` by dimension (for example units, kg); a dimension not named is not limited.

    Where only some modes may drive, the vehicle's own (``access:bike``) is a skill it has without naming it.
    """

    id: VehicleId
    hub_id: HubId
    carrier_id: CarrierId
    mode: VehicleMode = VehicleMode.VAN
    capacity: Mapping[str, float] = field(default_factory=dict)
    skills: frozenset[str] = frozenset()

    def lacks(self, asked: frozenset[str]) -> frozenset[str]:
        """What of the skills and limits a stop asks for this vehicle does not meet."""
        return asked - self.skills - {f"{ACCESS}{self.mode.value.lower()}"}


@dataclass(frozen=True, slots=True)
class HoursOfService:
    """What the law or the contract lets a driver do in a day; None: no such rule. After ``break_after_s`` at the wheel
    comes a break of ``break_s`` (the two go together).
    """

    max_drive_s: float | None = None
    max_duty_s: float | None = None
    break_after_s: float | None = None
    break_s: float | None = None


@dataclass(frozen=True, slots=True)
class Driver:
    """``hours`` are the hours of service that bind the driver besides the shift; None when none are known."""

    id: DriverId
    carrier_id: CarrierId
    shift_start: datetime
    shift_end: datetime
    name: str = ""
    contact_id: ContactId | None = None
    hours: HoursOfService | None = None
