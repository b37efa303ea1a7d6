"""Priority orders that come after the cut-off, when the vans are loaded: for whom, where, and by when."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from evals.feed import instant_text
from evals.profile import Newcomers as Rules
from evals.truth import Truth
from forestall.domain.ids import ContactId, HubId, OrderId, PackageId, StopId
from forestall.domain.network import Location
from forestall.domain.plan import DayPlan
from forestall.domain.routes import Stop
from forestall.domain.vocabulary import Tier

FIRST_NUMBER = 1404_555_0000  # fictitious numbers (exchange 555), in an area code no plan's customers have


@dataclass(frozen=True, slots=True)
class Newcomer:
    """An order as it comes at ``created_at``; the promise and that are Unix seconds.

    A service names its package, stop and contact after the order (docs/input.md).
    """

    order_id: OrderId
    hub_id: HubId
    created_at: float
    opens_at: float
    closes_at: float
    location: Location
    service_s: float
    size: Mapping[str, float]
    phone: str
    tier: Tier = Tier.PRIORITY

    @property
    def stop_id(self) -> StopId:
        return StopId(f"S-{self.order_id}")

    @property
    def package_id(self) -> PackageId:
        return PackageId(f"P-{self.order_id}")

    @property
    def contact_id(self) -> ContactId:
        return ContactId(f"C-{self.order_id}")

    def describe(self) -> dict[str, object]:
        """The data of its ``order_created``."""
        return {
            "hub": self.hub_id,
            "promise": {"opens_at": instant_text(self.opens_at), "closes_at": instant_text(self.closes_at)},
            "tier": self.tier,
            "lat": self.location.lat,
            "lon": self.location.lon,
            "location": self.location.id,
            "service_s": self.service_s,
            "size": dict(self.size),
            "customer": {"name": "Newcomer", "phone": self.phone},
        }


def list_newcomers(plan: DayPlan, rules: Rules, truth: Truth) -> list[Newcomer]:
    """The day's newcomers, each drawn by the planned order whose neighbour orders something as large as it has."""
    return sorted(_draw(plan, rules, truth), key=lambda one: (one.created_at, one.order_id))


def _draw(plan: DayPlan, rules: Rules, truth: Truth) -> Iterator[Newcomer]:
    sizes = {package.order_id: package.size for package in plan.packages}
    hubs = {hub.id: hub for hub in plan.hubs}
    of_order = {order.id: order for order in plan.orders}
    for number, stop in enumerate(plan.stops):
        if stop.order_id is None or not truth.draws.happens(rules.rate, "newcomer", stop.order_id):
            continue
        hub = hubs[of_order[stop.order_id].hub_id]
        notice_s = 60 * truth.draws.between(rules.notice.from_min, rules.notice.to_min, "notice", stop.order_id)
        latest = hub.closes_at.timestamp() - notice_s - rules.window_min * 60
        first = min(route.departs_at.timestamp() for route in plan.routes if route.hub_id == hub.id)
        if latest < first:
            continue  # nobody takes an order that can't be promised any more
        at = float(round(truth.draws.between(first, latest, "newcomer-at", stop.order_id)))
        yield _make(stop, hub.id, at, round(at + notice_s), rules, sizes.get(stop.order_id, {}), number)


def _make(
    stop: Stop, hub_id: HubId, at: float, opens_at: float, rules: Rules, size: Mapping[str, float], number: int
) -> Newcomer:
    return Newcomer(
        order_id=OrderId(f"N-{stop.order_id}"),
        hub_id=hub_id,
        created_at=at,
        opens_at=float(opens_at),
        closes_at=opens_at + rules.window_min * 60,
        location=stop.location,
        service_s=stop.service_s,
        size=size,
        phone=f"+{FIRST_NUMBER + number % 10_000}",
    )
