"""The forecast of every stop in flight, and of what a candidate would change."""

from collections.abc import Mapping, Sequence
from copy import copy
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from forestall.domain.actions import Candidate, Judgement
from forestall.domain.forecast import AttemptInputs, Contribution, Forecast, HubForecast, RouteForecast, StopForecast
from forestall.domain.ids import CandidateId, HubId, RouteId, StopId
from forestall.domain.snapshot import HubSnapshot
from optimizer.kernel import Floats
from optimizer.prices import Prices
from optimizer.problem import FleetProblem
from optimizer.risk.assemble import Beliefs, assemble
from optimizer.risk.attempts import attempts_of, joined
from optimizer.risk.capacity import hub_forecast
from optimizer.risk.draws import Draws
from optimizer.risk.judge import Judge
from optimizer.risk.learned import FEATURES, FailedAttemptModel, LearnedModel, stop_features
from optimizer.risk.learning import learn
from optimizer.risk.outcomes import all_starts, p_late, p_undone, route_forecasts, union
from optimizer.risk.priors import Priors
from optimizer.risk.reasons import Explanation, Reasons
from optimizer.travel import TravelTimes

MODEL = "montecarlo-2"
_JOINT = "+"
_WORTH_EXPLAINING = 0.10


class Forecaster:
    """Scores snapshots and judges candidates on the same draws. Owns the cache of draws; equal inputs, equal scores.

    What past days have taught (``model``, ``failed_model``) adjusts scores alone: candidates are judged by the
    simulation's paired draws. Without a model scores rest on the priors and on the day itself, and say so.
    """

    def __init__(
        self,
        priors: Priors | None = None,
        samples: int = 256,
        seed: int = 1,
        prices: Prices | None = None,
        model: LearnedModel | None = None,
        failed_model: FailedAttemptModel | None = None,
        keep_features: bool = False,
    ) -> None:
        self.priors, self.prices = priors or Priors(), prices or Prices()
        self.samples, self.seed = samples, seed
        self.model, self.failed_model, self.keep_features = model, failed_model, keep_features
        self._draws = Draws(self.priors, samples, seed)

    @property
    def model_name(self) -> str:
        """What scores say they were made by: the simulation, and the learned models on top where there are any."""
        learned = [model.model_id for model in (self.model, self.failed_model) if model is not None]
        return _JOINT.join([MODEL, *learned])

    def with_models(self, model: LearnedModel | None, failed_model: FailedAttemptModel | None) -> "Forecaster":
        """The same forecaster, its draws included, with other learned layers."""
        other = copy(self)
        other.model, other.failed_model = model, failed_model
        return other

    def forecast(self, snapshot: HubSnapshot, travel: TravelTimes) -> Forecast:
        """The outcomes of every open stop of the snapshot's routes, of those routes and of their hubs."""
        beliefs = self.beliefs(snapshot, travel)
        stops: dict[StopId, StopForecast] = {}
        routes: dict[RouteId, RouteForecast] = {}
        hubs: dict[HubId, HubForecast] = {}
        seen: list[NDArray[np.float32]] = [np.empty((0, len(FEATURES)), np.float32)]
        attempts: list[AttemptInputs] = [joined(())]
        for hub_id, route_ids in _by_hub(snapshot):
            problem = assemble(snapshot, travel, beliefs, route_ids, as_driven=True)
            starts = all_starts(problem)
            etas = _etas(problem, starts)
            if self.model is not None or self.keep_features:
                seen.append(stop_features(problem, starts))
            if self.failed_model is not None or self.keep_features:
                attempts.append(attempts_of(problem, etas[:, 1]))
            stops.update(self._score(problem, travel, starts, etas, seen[-1], attempts[-1]))
            routes.update(route_forecasts(problem))
            hubs[hub_id] = hub_forecast(problem, hub_id)
        return Forecast(
            snapshot_id=snapshot.id,
            taken_at=snapshot.taken_at,
            model=self.model_name,
            seed=self.seed,
            samples=self.samples,
            stops=stops,
            routes=routes,
            hubs=hubs,
            features=np.concatenate(seen) if self.keep_features else None,
            attempts=joined(attempts) if self.keep_features else None,
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

    def _score(
        self,
        problem: FleetProblem,
        travel: TravelTimes,
        starts: Floats,
        etas: Floats,
        features: NDArray[np.float32],
        attempts: AttemptInputs,
    ) -> dict[StopId, StopForecast]:
        simulated = p_late(problem, starts)
        late = simulated if self.model is None else self.model.p_late(features, simulated) * ~problem.is_transfer
        failed = problem.p_failed if self.failed_model is None else self.failed_model.p_of(attempts)
        either, undone = union(late, failed), p_undone(problem, starts)
        over_s = starts - problem.world.closes_s[:, None]
        lateness = np.clip(over_s, 0.0, problem.world.lateness_cap_s, out=over_s).mean(axis=1)
        told_etas = [[problem.epoch + timedelta(0, s) for s in column] for column in etas.T.tolist()]
        explained = np.flatnonzero(np.maximum(late, simulated) >= _WORTH_EXPLAINING)
        found = Reasons(problem, travel, simulated).of(explained)
        reasons, ordinary = dict[int, tuple[Contribution, ...]](), late.tolist()
        for i, explanation in found.items():
            told = _with_past(explanation, float(late[i] - simulated[i]))
            reasons[i], ordinary[i] = told.contributions, told.ordinary
        columns = zip(
            problem.stop_ids, problem.route_of.tolist(), late.tolist(), failed.tolist(), either.tolist(), *told_etas,
            lateness.tolist(), undone.tolist(), ordinary, strict=True,
        )  # fmt: skip
        return {
            stop_id: StopForecast(
                stop_id, problem.route_ids[r], p, fails, misses, p10, p50, p90, late_s, reasons.get(i, ()), never, usual
            )
            for i, (stop_id, r, p, fails, misses, p10, p50, p90, late_s, never, usual) in enumerate(columns)
        }


def late_part(model_name: str) -> str:
    """What of a forecaster's ``model_name`` has a part in P(late): all but the model of failed attempts."""
    return _JOINT.join(part for part in model_name.split(_JOINT) if not part.startswith(FailedAttemptModel.PREFIX))


def _with_past(explanation: Explanation, change: float) -> Explanation:
    """Beside the simulation's causes, what the learned layer made of them; the sum stays P(late)."""
    if change == 0.0:
        return explanation
    learned = Contribution("past_days", change, {})
    told = sorted((*explanation.contributions, learned), key=lambda one: (-one.p_late, one.cause))
    return Explanation(explanation.ordinary, tuple(told))


def _by_hub(snapshot: HubSnapshot) -> list[tuple[HubId, list[RouteId]]]:
    """The routes with something left to do, hub by hub: travel tables grow with the square of what is in one."""
    hubs: dict[HubId, list[RouteId]] = {}
    for route in snapshot.routes.values():
        if snapshot.open_stops(route.id):
            hubs.setdefault(route.hub_id, []).append(route.id)
    return [(hub_id, hubs[hub_id]) for hub_id in sorted(hubs)]


def _etas(problem: FleetProblem, starts: Floats) -> Floats:
    """(m, 3) the 10th, 50th and 90th percentile of service starts; an undone stop is said to start at shift's end, or
    when its promise closes or the snapshot was taken if that is later."""
    shift_end = problem.drive.shift_end_s[problem.route_of]
    never = np.maximum(np.maximum(shift_end, problem.world.closes_s), problem.world.now_s)
    at = (np.array([0.1, 0.5, 0.9]) * (problem.samples - 1)).round().astype(np.int64)
    known = np.minimum(starts, never[:, None])
    known.sort(axis=1)  # faster than partitioning at three places
    percentiles: Floats = known[:, at]
    return percentiles
