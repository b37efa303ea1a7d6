"""Which forecaster is in force, and which hubs' forecasts may not be acted upon alone."""

import logging
from collections.abc import Mapping, Sequence

from forestall.clock import Clock
from forestall.domain.actions import Candidate, Judgement
from forestall.domain.forecast import Forecast
from forestall.domain.ids import CandidateId, HubId, ModelId
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import ModelKind
from forestall.errors import BadInput, Problem
from forestall.store import Store
from optimizer.risk import Forecaster
from optimizer.risk.learned import LearnedModel
from optimizer.travel import TravelTimes

logger = logging.getLogger(__name__)


class Forecasting:
    """Stands for the forecaster in force wherever one is asked for, so that a promotion reaches all at once.

    ``refresh`` looks for another model in force and for hubs that drift; a process that was never told starts on the
    priors alone. A model that can't be used is refused, once and on record, and the previous one stays in force.
    """

    def __init__(self, cold_start: Forecaster) -> None:
        self._cold_start = cold_start
        self._seen: tuple[ModelId, str] | None = None
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
            active = uow.models.find_active_id(ModelKind.LATE)
            if active == self._seen:
                return
            text = uow.models.get(active[0]).text if active else None
        self._seen = active
        if active is None or text is None:
            self.current = self._cold_start
            return
        try:
            model = read_model(text, active[0])
        except BadInput as error:
            self._refuse(store, clock, active[0], error)
            return
        self.current = self._cold_start.with_model(model)
        logger.info("the forecast uses %s from now on", active[0])

    def _refuse(self, store: Store, clock: Clock, model_id: ModelId, error: BadInput) -> None:
        stays = self.current.model_name
        reasons = [f"{problem.place} {problem.message}" for problem in error.problems]
        logger.error("model %s can't be used (%s); %s stays in force", model_id, "; ".join(reasons), stays)
        with store.write() as uow:
            body = {"reasons": reasons, "stays_in_force": stays}
            uow.audit.append(clock.now(), "risk.model_refused", model_id, body)


def read_model(text: str, model_id: ModelId) -> LearnedModel:
    """The model of a stored text. BadInput when it is altered, of other features, or not the one of that id."""
    model = LearnedModel.from_text(text)
    if model.model_id != model_id:
        problem = Problem("id", f"is {model_id}, its content is {model.model_id}", "promote a model that is whole")
        raise BadInput("The model cannot be used.", [problem])
    return model
