"""What hubs let out, and what they say of it: loads that are late, and hours in which a hub is closed."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from evals.agenda import Agenda
from evals.feed import Feed, instant_text
from evals.goods import Goods
from evals.mishaps import LateLoad, Outage
from evals.truth import Truth
from forestall.domain.ids import HubId, PackageId, RouteId
from forestall.domain.routes import Route
from forestall.domain.vocabulary import EventType


@dataclass(frozen=True, slots=True)
class LateGoods:
    """A late load, and the packages of it: whichever vehicle is to take them, they are out no sooner."""

    route: Route
    load: LateLoad
    package_ids: tuple[PackageId, ...]


class Docks:
    """``waits`` tells whether a route's vehicle is still at its hub: to what has left nothing is said of an outage.

    Late goods are missed when their route's vehicle, or another that is to take some of them along, gets its load
    together; from then on the hub says which of them are still to come.
    """

    def __init__(
        self, truth: Truth, goods: Goods, agenda: Agenda, feed: Feed, waits: Callable[[RouteId], bool]
    ) -> None:
        self._truth, self._goods, self._agenda, self._feed, self._waits = truth, goods, agenda, feed, waits
        self._late: dict[PackageId, LateGoods] = {}
        self._missing: list[LateGoods] = []  # what the hub has noticed
        self._routes: list[Route] = []
        for outage in truth.outages:
            agenda.at(outage.during.start, partial(self._close, outage))
            agenda.at(outage.during.end, partial(self._tell_all, outage.hub_id))

    def expect(self, route: Route, package_ids: Sequence[PackageId]) -> None:
        """The route's load: when the hub really hands it out, and what it says before that."""
        self._routes.append(route)
        late = self._truth.late_load(route) if package_ids else None
        if late is None:
            return
        goods = LateGoods(route, late, tuple(package_ids))
        self._late.update(dict.fromkeys(package_ids, goods))
        self._goods.delay(package_ids, late.released_at)
        self._agenda.at(late.told_at, partial(self._miss, goods))
        self._agenda.at(late.released_at, partial(self._tell, goods))

    def look_for(self, package_ids: Iterable[PackageId], now: float) -> None:
        """These are being got together for a vehicle: what is missing is noticed."""
        for goods in dict.fromkeys(self._late[package] for package in package_ids if package in self._late):
            self._miss(goods, now)

    def opens_again(self, hub_id: HubId, now: float) -> float | None:
        """The end of the outage that keeps everything in at ``now``; None while the hub is open."""
        ends = (o.during.end for o in self._truth.outages if o.hub_id == hub_id and o.during.holds(now))
        return max(ends, default=None)

    def _close(self, outage: Outage, now: float) -> None:
        self._goods.delay(self._goods.list_at_hub(outage.hub_id), outage.during.end)
        self._tell_all(outage.hub_id, now)

    def _tell_all(self, hub_id: HubId, now: float) -> None:
        """Of an outage's beginning or end, to whatever still waits; what is late on top of it has its own word."""
        hopes = self._hopes(hub_id, now)
        for route in self._routes:
            if route.hub_id == hub_id and self._waits(route.id):
                self._say(route, hopes, now)
        for goods in self._missing:
            if goods.route.hub_id == hub_id:
                self._tell(goods, now)

    def _miss(self, goods: LateGoods, now: float) -> None:
        """They are not there, and from now on the hub says so."""
        if goods not in self._missing and now < goods.load.released_at:
            self._missing.append(goods)
            self._tell(goods, now)

    def _tell(self, goods: LateGoods, now: float) -> None:
        """Which of them are still at the hub, and when it hopes to hand them out."""
        left = [package for package in goods.package_ids if self._goods.is_at_hub(package, goods.route.hub_id)]
        late = [goods.load.estimate] if now < goods.load.released_at else []
        if left:
            self._say(goods.route, [*self._hopes(goods.route.hub_id, now), *late], now, packages=left)

    def _hopes(self, hub_id: HubId, now: float) -> list[float]:
        """When the hub hopes to be open again, while it is closed."""
        return [o.estimate for o in self._truth.outages if o.hub_id == hub_id and o.during.holds(now)]

    def _say(self, route: Route, hopes: Sequence[float], now: float, **named: list[PackageId]) -> None:
        """The hub's word: ready, or when it hopes to be."""
        told = {"route": route.id, "ready_at": instant_text(max(hopes, default=now)), "ready": not hopes, **named}
        self._feed.say(now, EventType.HUB_READY, route.hub_id, told)
