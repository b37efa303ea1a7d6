"""What goes wrong, when and to whom: drawn from the day's content and the seed, and from nothing else."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from evals.repair_bench.days import Day

DELAY_S = (1800, 3600)
SLOWER = 1.5
REGION_SHARE = 0.25  # of the stops lie in the slow region
SHARE_DONE = (0.05, 0.35)  # of the day's stops are done when it happens
CANCELLED_SHARE, INSERTED_SHARE = 0.01, 0.01  # of the stops still open, one at least


class Kind(StrEnum):
    """What the case is about. Cancellations and new orders come with each kind, as they do on any day."""

    BREAKDOWN = "breakdown"
    DELAY = "delay"
    SLOW_REGION = "slow region"


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order that comes in: at a ``node`` of the day, with a window, service time and demand of its own."""

    node: int
    opens_s: int
    closes_s: int
    service_s: int
    demand: int


@dataclass(frozen=True, slots=True)
class Disruption:
    """At ``at_s``: a route broken down, a route held up by so many seconds, nodes ``SLOWER`` to drive among, orders
    gone (nodes) and orders come in."""

    kind: Kind
    at_s: int
    broken: int | None = None
    delayed: int | None = None
    delay_s: int = 0
    slow_nodes: tuple[int, ...] = ()
    cancelled: tuple[int, ...] = ()
    inserted: tuple[NewOrder, ...] = ()


def draw(day: Day, seed: int, kind: Kind | None = None) -> Disruption:
    """The disruption of a day under a seed. Of three seeds in a row each has another kind, unless one is named."""
    rng = np.random.default_rng([int(day.digest[:16], 16), seed])
    kinds = tuple(Kind)
    kind = kind or kinds[(int(day.digest[:8], 16) + seed) % len(kinds)]
    starts = planned_starts(day)
    at_s = _moment(day, starts, rng)
    under_way = _under_way(day, starts, at_s)
    open_nodes = [node for node in range(1, day.nodes) if starts[node] > at_s]
    victim = int(rng.choice(under_way))
    return Disruption(
        kind=kind,
        at_s=at_s,
        broken=victim if kind is Kind.BREAKDOWN else None,
        delayed=victim if kind is Kind.DELAY else None,
        delay_s=int(rng.integers(*DELAY_S, endpoint=True)) if kind is Kind.DELAY else 0,
        slow_nodes=_region(day, rng) if kind is Kind.SLOW_REGION else (),
        cancelled=_cancellations(rng, open_nodes),
        inserted=_new_orders(day, open_nodes, at_s, rng),
    )


def planned_starts(day: Day) -> list[int]:
    """When service starts at each node by plan; the depot's entry means nothing."""
    starts = [0] * day.nodes
    for route, departs_s in zip(day.routes, day.departs_s, strict=True):
        here, now = 0, departs_s
        for node in route:
            starts[node] = max(now + int(day.travel_s[here, node]), int(day.opens_s[node]))
            here, now = node, starts[node] + int(day.service_s[node])
    return starts


def _moment(day: Day, starts: list[int], rng: np.random.Generator) -> int:
    """When a drawn share of the stops is done."""
    ends = sorted(starts[node] + int(day.service_s[node]) for node in range(1, day.nodes))
    return ends[int(rng.uniform(*SHARE_DONE) * len(ends))]


def _under_way(day: Day, starts: list[int], at_s: int) -> list[int]:
    """Routes that have left and have two stops or more to go; if there is none, those that will leave."""
    to_go = [sum(starts[node] > at_s for node in route) for route in day.routes]
    gone = [r for r, left in enumerate(to_go) if left >= 2 and day.departs_s[r] <= at_s]
    return gone or [r for r, left in enumerate(to_go) if left]


def _cancellations(rng: np.random.Generator, open_nodes: list[int]) -> tuple[int, ...]:
    count = max(1, round(CANCELLED_SHARE * len(open_nodes)))
    return tuple(sorted(int(node) for node in rng.choice(open_nodes, count, replace=False)))


def _region(day: Day, rng: np.random.Generator) -> tuple[int, ...]:
    """The stops nearest to one of them, there and back; the depot is in it if it is as near."""
    centre = int(rng.integers(1, day.nodes))
    away = day.travel_s[centre] + day.travel_s[:, centre]
    nearest = np.argsort(away, kind="stable")[: max(2, round(REGION_SHARE * day.nodes))]
    return tuple(sorted(int(node) for node in nearest))


def _new_orders(day: Day, open_nodes: list[int], at_s: int, rng: np.random.Generator) -> tuple[NewOrder, ...]:
    """Orders like those of the day, each at one's place in another's window, which an idle van could still keep."""
    orders = []
    for _ in range(max(1, round(INSERTED_SHARE * len(open_nodes)))):
        place = int(rng.integers(1, day.nodes))
        like = int(rng.integers(1, day.nodes))
        soonest = at_s + int(day.travel_s[0, place])
        keepable = [node for node in open_nodes if day.closes_s[node] >= soonest]
        window = int(rng.choice(keepable)) if keepable else like
        orders.append(
            NewOrder(
                place, int(day.opens_s[window]), int(day.closes_s[window]),
                int(day.service_s[like]), int(day.demand[like]),
            )
        )  # fmt: skip
    return tuple(orders)
