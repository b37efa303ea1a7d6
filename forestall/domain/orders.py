"""Orders, their promise, and the packages that fulfil them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from forestall.domain.ids import ContactId, HubId, OrderId, PackageId
from forestall.domain.replies import NOTHING_SAID, CustomerWord
from forestall.domain.vocabulary import HolderKind, Reply, Tier


@dataclass(frozen=True, slots=True)
class Window:
    """A promised or a servable span, both ends inclusive."""

    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class Order:
    """``promise`` is the window promised when the day began; a reschedule never rewrites it. ``word`` is what its
    customer was asked and has said."""

    id: OrderId
    hub_id: HubId
    promise: Window
    tier: Tier = Tier.STANDARD
    contact_id: ContactId | None = None
    word: CustomerWord = NOTHING_SAID

    @property
    def wants_safe_place(self) -> bool:
        """Whether the goods may be left in a safe place, nobody being there."""
        return self.word.answer is Reply.SAFE_PLACE

    @property
    def wants_another_day(self) -> bool:
        return self.word.answer is Reply.ANOTHER_DAY


@dataclass(frozen=True, slots=True)
class Custody:
    """Who holds a package, and since when. ``holder_id`` is a hub, vehicle or order id by ``kind``."""

    kind: HolderKind
    holder_id: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Package:
    id: PackageId
    order_id: OrderId
    custody: Custody
    size: Mapping[str, float] = field(default_factory=dict)
    available_at: datetime | None = None  # when its hub can (or says it will be able to) hand it out; None: now
