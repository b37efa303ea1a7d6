"""The two kinds of learned models, and what is done alike with both: gather, train, judge, read back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from agent.learning.attempts import gather_attempts
from agent.learning.examples import gather
from forestall.domain.ids import ModelId
from forestall.domain.vocabulary import ModelKind
from forestall.errors import BadInput, Problem
from forestall.store import UnitOfWork
from optimizer.kernel import Floats
from optimizer.risk.attempts import LEVELS, NUMBERS
from optimizer.risk.learned import FailedAttemptModel, LearnedModel, Metrics

Model = LearnedModel | FailedAttemptModel

WORDS = {ModelKind.LATE: "late stops", ModelKind.FAILED: "failed attempts"}
"""What a kind foretells, where people read of it."""


class Harvest(Protocol):
    """Rows (n) of what was said beforehand and what ``came`` (n,) of it at ``at_s`` (n,), the oldest first. ``judge``
    takes models of its own kind alone."""

    @property
    def days(self) -> tuple[str, ...]: ...
    @property
    def censored(self) -> int: ...
    @property
    def other_features(self) -> int: ...
    @property
    def came(self) -> NDArray[np.bool_]: ...
    @property
    def at_s(self) -> Floats: ...
    def __len__(self) -> int: ...
    def train(self, seed: int) -> Model: ...
    def judge(self, model: Any) -> Metrics: ...
    def judge_cold_start(self) -> Metrics: ...


def gather_for(kind: ModelKind, uow: UnitOfWork, days: Sequence[str], as_of: datetime, limit: int) -> Harvest:
    """What a model of that kind is trained on and judged by, of ``days`` (oldest first), as known at ``as_of``."""
    if kind is ModelKind.FAILED:
        return gather_attempts(uow, days, as_of, limit)
    return gather(uow, days, as_of, limit)


def read_model(kind: ModelKind, text: str, model_id: ModelId) -> Model:
    """The model of a stored text. BadInput when it is altered, of other inputs, or not the one of that id."""
    model: Model
    if kind is ModelKind.FAILED:
        model = FailedAttemptModel.from_text(text, LEVELS, NUMBERS)
    else:
        model = LearnedModel.from_text(text)
    if model.model_id != model_id:
        problem = Problem("id", f"is {model_id}, its content is {model.model_id}", "promote a model that is whole")
        raise BadInput("The model cannot be used.", [problem])
    return model
