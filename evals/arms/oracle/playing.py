"""A day under the oracle: the best of several runs, each of which searches at every disruption.

How long legs and doors really take is no disruption, and can be known when the day opens; some runs begin there, some
with the first disruption. Neither knows a disruption to come, so that neither is the better one on every day.
"""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from itertools import pairwise

import numpy as np

from evals.arms.oracle.known import KnownTruth, list_moments
from evals.arms.oracle.orders import write_orders
from evals.arms.oracle.picture import Legs, Picture, take_picture
from evals.arms.oracle.rehearsal import Payload, Score, Stage
from evals.arms.oracle.search import Ints, Weights, search
from evals.profile import Profile
from evals.schedule import stops_by_route
from evals.truth import Truth
from evals.world import World
from forestall.domain.ids import RouteId, VehicleId
from forestall.domain.plan import DayPlan

STEP_S = 60.0  # how soon after a disruption it acts, at the latest
FROM_OPENING = (True, True, False)  # what each run begins with: the opening of the day, or its first disruption
STRICT = Weights(missed=1e7, over=1e5, late_s=1.0, close_s=1e-4, travel_s=1e-6)
WALKS = (
    Weights(missed=15_000, over=8_000, late_s=1.0, close_s=0.3, travel_s=0.1),
    Weights(missed=3_000, over=8_000, late_s=2.0, close_s=0.3, travel_s=0.1),
)
HOT, COLD = 3_000.0, 10.0
EFFORT = 3_000_000  # legs looked at in one search
NEAREST = 60
SPARE_PLACES = 30  # by how much a list may outgrow the longest one there is


def play_oracle(plan: DayPlan, profile: Profile, seed: int, effort: int = EFFORT) -> World:
    """The day played to its end, by the run that broke fewest promises; doing nothing is one of them.

    ``effort`` is how many legs each search looks at. The same arguments give the same day.
    """
    truth = Truth(plan, profile, seed)
    stage = Stage(plan, profile, seed, truth)
    shared = legs_of(stage)
    best, best_score = stage, stage.outcome()
    for number, from_opening in enumerate(FROM_OPENING):
        tried = OracleRun(stage, shared, number, effort, from_opening=from_opening).play()
        score = tried.outcome()
        if score < best_score:
            best, best_score = tried, score
    return best.play_out()


def legs_of(stage: Stage) -> Legs:
    hubs = [hub.location.id for hub in stage.plan.hubs]
    lists = stops_by_route(stage.plan).values()
    return Legs(stage.truth, hubs, [(a.location.id, b.location.id) for stops in lists for a, b in pairwise(stops)])


@dataclass(slots=True)
class OracleRun:
    """One way through the day. ``number`` seeds its searches."""

    stage: Stage
    legs: Legs
    number: int
    effort: int
    _: KW_ONLY
    from_opening: bool
    versions: dict[RouteId, int] = field(init=False)
    called: dict[RouteId, float] = field(default_factory=dict)
    searched: int = 0

    def __post_init__(self) -> None:
        self.versions = {route.id: route.plan_version for route in self.stage.plan.routes}

    def play(self) -> Stage:
        """What is to be told to whom, and when."""
        moments = list_moments(self.stage.plan, self.stage.truth)
        opens_at = min(hub.opens_at.timestamp() for hub in self.stage.plan.hubs)
        if self.from_opening:
            moments = [opens_at + STEP_S, *moments]
        world = self.stage.play_to(opens_at)
        now, broken = world.now, world.broken_vehicles()
        while now < world.ends_at:
            before, now = now, now + STEP_S
            world.run_to(now)
            is_news = any(before < moment <= now for moment in moments) or world.broken_vehicles() != broken
            broken = world.broken_vehicles()
            if is_news:
                for payload in self._think(now, frozenset(broken)):
                    self._tell(payload, now)
                    world.receive_driver_effect(payload)
        return self.stage

    def _tell(self, payload: Payload, now: float) -> None:
        route_id = RouteId(payload["route_id"])
        self.versions[route_id] = int(payload["plan_version"])
        self.called.setdefault(route_id, now)
        self.stage = self.stage.tell(now, [payload])

    def _think(self, now: float, broken: frozenset[VehicleId]) -> Sequence[Payload]:
        """The best orders found, where they break fewer promises than leaving things as they are."""
        known = self.stage.as_known(KnownTruth(self.stage.truth, now, broken))
        as_it_is = known.outcome()
        if as_it_is.missed == 0:
            return ()
        picture = take_picture(known, now, self.legs, self.called)
        if picture is None:
            return ()
        best: tuple[Score, Sequence[Payload]] = (as_it_is, ())
        for walk in WALKS:
            self.searched += 1
            lists = improve(picture, walk, self.effort, seed=1000 * self.number + self.searched)
            orders = write_orders(self.stage.plan, picture, lists, self.versions, now)
            score = known.tell(now, orders).outcome()
            if score.breaks_less_than(as_it_is):
                best = min(best, (score, orders), key=lambda option: option[0])
        return best[1]


def improve(picture: Picture, walk: Weights, effort: int, seed: int) -> list[list[int]]:
    """Better lists for the picture's vans, as rows of its stops."""
    longest = max(len(rows) for rows in picture.lists) + SPARE_PLACES
    lists: Ints = np.zeros((len(picture.vans), longest), dtype=np.int64)
    sizes: Ints = np.array([len(rows) for rows in picture.lists], dtype=np.int64)
    for van, rows in enumerate(picture.lists):
        lists[van, : len(rows)] = rows
    _, lists, sizes, _ = search(picture.tables, lists, sizes, _near(picture), walk, STRICT, HOT, COLD, effort, seed)
    return [[int(row) for row in lists[van, : sizes[van]]] for van in range(len(picture.vans))]


def _near(picture: Picture) -> Ints:
    """Of each stop the other stops, the nearest first."""
    places = picture.tables.place
    apart = picture.tables.base[np.ix_(places, places)]
    np.fill_diagonal(apart, np.inf)
    nearest = np.argsort(apart, axis=1, kind="stable")[:, : min(NEAREST, len(places) - 1)]
    return np.ascontiguousarray(nearest, dtype=np.int64)
