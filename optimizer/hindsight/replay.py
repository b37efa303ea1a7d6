"""A plan driven once more under what really happened: by the forecast's own simulation, with nothing left to chance."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from forestall.domain.ids import PackageId, RouteId, StopId
from forestall.domain.orders import Package
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import RouteStatus
from optimizer.hindsight.realised import Realised, start_of
from optimizer.kernel import NEVER, SEARCH_SAMPLES, Floats
from optimizer.prices import Prices
from optimizer.problem import NO_STOP, FleetProblem
from optimizer.risk.assemble import Beliefs, assemble
from optimizer.risk.draws import Draws
from optimizer.risk.handovers import let_meet
from optimizer.risk.judge import planned_travel_s
from optimizer.risk.learning import learn
from optimizer.risk.outcomes import all_starts
from optimizer.risk.priors import Priors
from optimizer.travel import TravelTimes

# Where nothing was seen (a visit that never took place), the middle of what the forecast held possible stands.
_SEED = 1


@dataclass(frozen=True, slots=True)
class Replayed:
    """``starts``: service starts of the deliveries, None where undone; ``travel_s``: the driving of all the routes."""

    starts: Mapping[StopId, datetime | None]
    travel_s: float


def replay(snapshot: HubSnapshot, travel: TravelTimes, realised: Realised, routes: Collection[RouteId]) -> Replayed:
    """What would have come of the plans in ``snapshot`` of these routes (and of those they meet), had nobody changed
    them since. The same arguments give the same answer."""
    known = _knowing_loads(snapshot, realised.final)
    priors = Priors()
    beliefs = Beliefs(Prices(), priors, Draws(priors, SEARCH_SAMPLES, _SEED), learn(known, travel, priors))
    problem = _as_it_was(assemble(known, travel, beliefs, routes), realised)
    starts = all_starts(problem)[:, 0]
    return Replayed(
        starts={
            stop_id: problem.instant(starts[i]) if starts[i] < NEVER else None
            for i, stop_id in enumerate(problem.stop_ids)
            if not problem.is_transfer[i]
        },
        travel_s=sum(
            planned_travel_s(problem, r, sequence) * float(problem.drive.pace[r, 0])
            for r, sequence in enumerate(problem.sequences)
        ),
    )


def _knowing_loads(snapshot: HubSnapshot, final: HubSnapshot) -> HubSnapshot:
    """The snapshot with its loads ready when they really were."""
    routes = {
        route.id: replace(route, load_ready_at=final.routes[route.id].load_ready_at)
        if route.status is RouteStatus.PLANNED and route.id in final.routes
        else route
        for route in snapshot.routes.values()
    }
    packages: dict[PackageId, Package] = {
        package.id: replace(package, available_at=final.packages[package.id].available_at)
        if package.id in final.packages
        else package
        for package in snapshot.packages.values()
    }
    return replace(snapshot, routes=routes, packages=packages)


def _as_it_was(problem: FleetProblem, realised: Realised) -> FleetProblem:
    """The problem with every draw replaced by what happened, the same in all samples."""
    m, samples = len(problem.stop_ids), problem.samples
    world = problem.world._replace(
        travel_s=_legs_s(problem, realised),
        slow=np.ones_like(problem.world.slow),
        hours=np.zeros(0),
        leg=np.ones((m, samples), np.float32),
        visit=np.tile(_visit_ratios(problem, realised).astype(np.float32)[:, None], samples),
        gates_s=np.full_like(problem.world.gates_s, -NEVER),
    )
    committed_start_s, leaves_s = _committed(problem, realised)
    hold_at_s, hold_s = _holds(problem, realised)
    drive = problem.drive._replace(
        ready_s=_columns(np.where(problem.drive.at_hub, _departures_s(problem, realised), leaves_s), samples),
        slip=np.ones_like(problem.drive.slip),
        pace=_columns(np.array([realised.pace[route_id] for route_id in problem.route_ids]), samples),
        service_pace=np.ones_like(problem.drive.service_pace),
        hold_at_s=_columns(hold_at_s, samples),
        hold_s=_columns(hold_s, samples),
    )
    same = replace(problem, world=world, drive=drive, committed_start_s=_columns(committed_start_s, samples))
    let_meet(same)
    return same


def _columns(values: Floats, samples: int) -> Floats:
    return np.ascontiguousarray(np.tile(values[:, None], samples))


def _legs_s(problem: FleetProblem, realised: Realised) -> Floats:
    """(P, n, n) at a pace of 1: driven legs as they were, all others as expected."""
    legs_s = problem.world.travel_s.copy()
    index = {place.id: i for i, place in enumerate(problem.places)}
    modes = {
        problem.snapshot.vehicles[problem.snapshot.routes[route_id].vehicle_id].mode: int(problem.drive.profile[r])
        for r, route_id in enumerate(problem.route_ids)
    }
    for (mode, start, end), seconds in realised.leg_s.items():
        if mode in modes and start in index and end in index:
            legs_s[modes[mode], index[start], index[end]] = seconds
    return legs_s


def _visit_ratios(problem: FleetProblem, realised: Realised) -> Floats:
    """(m,) actual over planned; the hub's median where a visit did not take place."""
    ratios = np.empty(len(problem.stop_ids))
    for i, stop_id in enumerate(problem.stop_ids):
        planned_s = float(problem.world.service_s[i])
        hub_id = problem.snapshot.routes[problem.snapshot.stops[stop_id].route_id].hub_id
        seen_s = realised.visit_s.get(stop_id)
        ratios[i] = realised.visit_ratio[hub_id] if seen_s is None or planned_s == 0.0 else seen_s / planned_s
    return ratios


def _committed(problem: FleetProblem, realised: Realised) -> tuple[Floats, Floats]:
    """(R,) each: when service began at the stop each vehicle was bound for, and when it was free to go on."""
    starts_s = np.median(problem.committed_start_s, axis=1)
    leaves_s = np.median(problem.drive.ready_s, axis=1)
    for r, stop in enumerate(problem.committed):
        if stop == NO_STOP or problem.stranded[r]:
            continue
        stop_id = problem.stop_ids[stop]
        then = realised.final.stops.get(stop_id)
        if then is not None and then.arrived_at is not None:
            starts_s[r] = problem.seconds(start_of(then))
            stay_s = realised.visit_s.get(stop_id, float(problem.world.service_s[stop]))
            leaves_s[r] = starts_s[r] + stay_s
    return starts_s, leaves_s


def _departures_s(problem: FleetProblem, realised: Realised) -> Floats:
    """(R,) when each vehicle at its hub could leave, its driver's own lag included."""
    lags = [
        realised.lag_s.get(route_id, realised.usual_lag_s[problem.snapshot.routes[route_id].hub_id])
        for route_id in problem.route_ids
    ]
    departures: Floats = problem.drive.earliest_s + np.array(lags)
    return np.where(problem.stranded, NEVER, departures)


def _holds(problem: FleetProblem, realised: Realised) -> tuple[Floats, Floats]:
    """(R,) each: when every vehicle's longest hold-up still to come begins (NEVER: there is none), and how long it
    lasts; the simulation knows of one a vehicle."""
    at_s, lasts_s = np.full(len(problem.route_ids), NEVER), np.zeros(len(problem.route_ids))
    for r, route_id in enumerate(problem.route_ids):
        hold = realised.longest_hold(route_id, problem.snapshot.taken_at)
        if hold is not None:
            at_s[r], lasts_s[r] = problem.seconds(hold.at), hold.lasts.total_seconds()
    return at_s, lasts_s
