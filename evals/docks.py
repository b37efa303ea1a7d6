"""What hubs let out, and what they say of it: loads that are late, and hours in which a hub is closed."""

from collections.abc import Callable, Sequence
from functools import partial

from evals.agenda import Agenda
from evals.feed import Feed, instant_text
from evals.goods import Goods
from evals.mishaps import LateLoad, Outage
from evals.truth import Truth
from forestall.domain.ids import HubId, PackageId, RouteId
from forestall.domain.routes import Route
from forestall.domain.vocabulary import EventType


class Docks:
    """``waits`` tells whether a route's vehicle is still at its hub: of what has left nothing more is said."""

    def __init__(
        self, truth: Truth, goods: Goods, agenda: Agenda, feed: Feed, waits: Callable[[RouteId], bool]
    ) -> None:
        self._truth, self._goods, self._agenda, self._feed, self._waits = truth, goods, agenda, feed, waits
        self._late: dict[RouteId, LateLoad] = {}
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
        self._late[route.id] = late
        self._goods.delay(package_ids, late.released_at)
        self._agenda.at(late.told_at, partial(self._tell, route))
        self._agenda.at(late.released_at, partial(self._tell, route))

    def opens_again(self, hub_id: HubId, now: float) -> float | None:
        """The end of the outage that keeps everything in at ``now``; None while the hub is open."""
        ends = (o.during.end for o in self._truth.outages if o.hub_id == hub_id and o.during.holds(now))
        return max(ends, default=None)

    def _close(self, outage: Outage, now: float) -> None:
        self._goods.delay(self._goods.list_at_hub(outage.hub_id), outage.during.end)
        self._tell_all(outage.hub_id, now)

    def _tell_all(self, hub_id: HubId, now: float) -> None:
        for route in self._routes:
            if route.hub_id == hub_id and self._waits(route.id):
                self._tell(route, now)

    def _tell(self, route: Route, now: float) -> None:
        """The hub's word on one route: ready, or when it hopes to be."""
        hopes = [o.estimate for o in self._truth.outages if o.hub_id == route.hub_id and o.during.holds(now)]
        late = self._late.get(route.id)
        if late is not None and late.told_at <= now < late.released_at:
            hopes.append(late.estimate)
        told = {"route": route.id, "ready_at": instant_text(max(hopes, default=now)), "ready": not hopes}
        self._feed.say(now, EventType.HUB_READY, route.hub_id, told)
