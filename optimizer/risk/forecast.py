"""The forecast of every stop in flight, and of what a candidate would change."""

from collections.abc import Mapping, Sequence
from copy import copy

import numpy as np
from numpy.typing import NDArray

from forestall.domain.actions import Candidate, Judgement
from forestall.domain.forecast import Forecast, StopForecast
from forestall.domain.ids import CandidateId, RouteId, StopId
from forestall.domain.snapshot import HubSnapshot
from optimizer.kernel import NEVER, Floats
from optimizer.prices import Prices
from optimizer.problem import NO_STOP, FleetProblem
from optimizer.risk.assemble import Beliefs, assemble
from optimizer.risk.draws import Draws
from optimizer.risk.judge import Judge
from optimizer.risk.learned import FEATURES, LearnedModel, stop_features
from optimizer.risk.learning import learn
from optimizer.risk.priors import Priors
from optimizer.risk.reasons import Reasons
from optimizer.travel import TravelTimes

MODEL = "montecarlo-1"
_WORTH_EXPLAINING = 0.05


class Forecaster:
    """Scores snapshots and judges candidates on the same draws. Owns the cache of draws; equal inputs, equal scores."""

    def __init__(
        self,
        priors: Priors | None = None,
        samples: int = 256,
        seed: int = 1,
        prices: Prices | None = None,
        model: LearnedModel | None = None,
        keep_features: bool = False,
    ) -> None:
        self.priors, self.prices = priors or Priors(), prices or Prices()
        self.samples, self.seed = samples, seed
        self.model, self.keep_features = model, keep_features
        self._draws = Draws(self.priors, samples, seed)

    @property
    def model_name(self) -> str:
        """What its scores say they were made by; the simulation alone while nothing is learned (cold start)."""
        return MODEL if self.model is None else f"{MODEL}+{self.model.model_id}"

    def with_model(self, model: LearnedModel | None) -> "Forecaster":
        """The same forecaster, its draws included, with another learned layer."""
        other = copy(self)
        other.model = model
        return other

    def forecast(self, snapshot: HubSnapshot, travel: TravelTimes) -> Forecast:
        """P(late), P(failed), P(miss), ETAs and reasons of every open stop of the snapshot's routes."""
        beliefs = self.beliefs(snapshot, travel)
        scores: dict[StopId, StopForecast] = {}
        seen: list[NDArray[np.float32]] = [np.empty((0, len(FEATURES)), np.float32)]
        for route_ids in _by_hub(snapshot):
            problem = assemble(snapshot, travel, beliefs, route_ids)
            starts = all_starts(problem)
            if self.model is not None or self.keep_features:
                seen.append(stop_features(problem, starts))
            scores.update(_score(problem, travel, starts, self.model, seen[-1]))
        features = np.concatenate(seen) if self.keep_features else None
        return Forecast(
            snapshot.id, snapshot.taken_at, self.model_name, self.seed, self.samples, scores, features=features
        )

    def judge(
        self, snapshot: HubSnapshot, travel: TravelTimes, candidates: Sequence[Candidate]
    ) -> Mapping[CandidateId, Judgement]:
        """Each candidate against doing nothing, on the same draws; only the routes it changes are scored again."""
        judge = Judge(snapshot, travel, self.beliefs(snapshot, travel))
        return {candidate.id: judge.judge(candidate) for candidate in candidates}

    def beliefs(self, snapshot: HubSnapshot, travel: TravelTimes) -> Beliefs:
        """What this forecaster believes as of the snapshot."""
        return Beliefs(self.prices, self.priors, self._draws, learn(snapshot, travel, self.priors))


def _by_hub(snapshot: HubSnapshot) -> list[list[RouteId]]:
    """The routes with something left to do, hub by hub: travel tables grow with the square of what is in one."""
    hubs: dict[str, list[RouteId]] = {}
    for route in snapshot.routes.values():
        if snapshot.open_stops(route.id):
            hubs.setdefault(route.hub_id, []).append(route.id)
    return [hubs[hub_id] for hub_id in sorted(hubs)]


def all_starts(problem: FleetProblem) -> Floats:
    """(m, S) service starts of every open stop, the committed ones included; NEVER where undone."""
    starts = np.full((len(problem.stop_ids), problem.samples), NEVER)
    stops, free_starts = problem.starts(range(len(problem.route_ids)), problem.sequences)
    starts[stops] = free_starts
    bound = problem.committed != NO_STOP
    starts[problem.committed[bound]] = problem.committed_start_s[bound]
    return starts


def _score(
    problem: FleetProblem,
    travel: TravelTimes,
    starts: Floats,
    model: LearnedModel | None,
    features: NDArray[np.float32],
) -> dict[StopId, StopForecast]:
    late = starts > problem.world.closes_s[:, None]
    p_late = late.mean(axis=1) * ~problem.is_transfer
    if model is not None:
        p_late = np.where(problem.is_transfer, 0.0, model.p_late(features, p_late))
    p_miss = p_late + (1.0 - p_late) * problem.p_failed
    lateness = np.clip(starts - problem.world.closes_s[:, None], 0.0, problem.world.lateness_cap_s).mean(axis=1)
    etas = _etas(problem, starts)
    reasons = Reasons(problem, travel, p_late).of(np.flatnonzero(p_late >= _WORTH_EXPLAINING))
    return {
        stop_id: StopForecast(
            stop_id=stop_id,
            route_id=problem.route_ids[problem.route_of[i]],
            p_late=float(p_late[i]),
            p_failed=float(problem.p_failed[i]),
            p_miss=float(p_miss[i]),
            eta_p10=problem.instant(etas[i, 0]),
            eta_p50=problem.instant(etas[i, 1]),
            eta_p90=problem.instant(etas[i, 2]),
            expected_lateness_s=float(lateness[i]),
            reasons=reasons.get(i, ()),
        )
        for i, stop_id in enumerate(problem.stop_ids)
    }


def _etas(problem: FleetProblem, starts: Floats) -> Floats:
    """(m, 3) the 10th, 50th and 90th percentile of service starts; an undone stop is said to start at shift's end, or
    when its promise closes or the snapshot was taken if that is later."""
    shift_end = problem.drive.shift_end_s[problem.route_of]
    never = np.maximum(np.maximum(shift_end, problem.world.closes_s), problem.world.now_s)
    known = np.sort(np.minimum(starts, never[:, None]), axis=1)
    at = np.array([0.1, 0.5, 0.9]) * (problem.samples - 1)
    percentiles: Floats = known[:, at.round().astype(np.int64)]
    return percentiles
