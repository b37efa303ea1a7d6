"""Which forecaster is in force, and which hubs' forecasts may not be acted upon alone."""

import logging
from collections.abc import Mapping, Sequence

from agent.learning.in_force import COLD_START, InForce, find_in_force
from agent.learning.kinds import WORDS, Model
from forestall.clock import Clock
from forestall.domain.actions import Candidate, Judgement
from forestall.domain.forecast import Forecast
from forestall.domain.ids import CandidateId, HubId, ModelId
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import ModelKind
from forestall.store import Store
from optimizer.risk import Forecaster
from optimizer.risk.learned import FailedAttemptModel, LearnedModel
from optimizer.travel import TravelTimes

logger = logging.getLogger(__name__)


class Forecasting:
    """Stands for the forecaster in force wherever one is asked for, so that a promotion reaches all at once.

    ``refresh`` looks for other models in force and for hubs that drift; a process that was never told starts on the
    priors alone. A model that can't be used is refused, once and on record, and the one before it stays in force.
    """

    def __init__(self, cold_start: Forecaster) -> None:
        self._cold_start = cold_start
        self._seen: dict[ModelKind, tuple[ModelId, str] | None] = dict.fromkeys(ModelKind)
        self._models: dict[ModelKind, Model | None] = dict.fromkeys(ModelKind)
        self.current = cold_start
        self.drifting: frozenset[HubId] = frozenset()

    @property
    def model_name(self) -> str:
        """What a score made now says it was made by."""
        return self.current.model_name

    def forecast(self, snapshot: HubSnapshot, travel: TravelTimes) -> Forecast:
        """As the forecaster in force sees it."""
        return self.current.forecast(snapshot, travel)

    def judge(
        self, snapshot: HubSnapshot, travel: TravelTimes, candidates: Sequence[Candidate]
    ) -> Mapping[CandidateId, Judgement]:
        """As the simulation sees it: the learned layer has no part in comparing plans."""
        return self.current.judge(snapshot, travel, candidates)

    def refresh(self, store: Store, clock: Clock) -> None:
        """Take over what was promoted, and what drifted, since the last time. Cheap when nothing was."""
        with store.read() as uow:
            self.drifting = uow.drift.list_drifting_hubs()
            seen = {kind: uow.models.find_active_id(kind) for kind in ModelKind}
            changed = [kind for kind in ModelKind if seen[kind] != self._seen[kind]]
            found = {kind: find_in_force(uow, kind) for kind in changed}
        if not changed:
            return
        self._seen = seen
        for kind, in_force in found.items():
            self._models[kind] = in_force.model
        self.current = self._cold_start.with_models(*self._chosen())
        for in_force in found.values():
            self._say(store, clock, in_force)

    def _chosen(self) -> tuple[LearnedModel | None, FailedAttemptModel | None]:
        late, failed = self._models[ModelKind.LATE], self._models[ModelKind.FAILED]
        assert late is None or isinstance(late, LearnedModel)
        assert failed is None or isinstance(failed, FailedAttemptModel)
        return late, failed

    def _say(self, store: Store, clock: Clock, found: InForce) -> None:
        stays = found.used or COLD_START
        if not found.refusals:
            logger.info("%s is foretold by %s from now on", WORDS[found.kind], stays)
            return
        logger.error("model %s can't be used (%s); %s stays in force", found.named, "; ".join(found.refusals), stays)
        with store.write() as uow:
            body = {"kind": found.kind.value, "reasons": found.refusals, "stays_in_force": stays}
            uow.audit.append(clock.now(), "risk.model_refused", str(found.named), body)
