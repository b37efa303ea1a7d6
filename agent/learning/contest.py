"""The contest: a challenger, the model in force and the cold start on the newest days that none of them has seen.

The rule of promotion (docs of the risk model): a better log loss and a calibration error no worse than what it would
replace. Two figures, no weights, no exceptions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from agent.learning.examples import list_labelled_days
from agent.learning.in_force import COLD_START, find_in_force
from agent.learning.kinds import Harvest, gather_for, read_model
from forestall.domain.ids import ModelId
from forestall.domain.learning import StoredModel
from forestall.domain.vocabulary import ModelKind
from forestall.errors import BadInput, Problem
from forestall.store import UnitOfWork
from optimizer.risk.learned import Metrics

_VERBS = {ModelKind.LATE: "were late", ModelKind.FAILED: "failed"}
LEAST_SCORES = 200
"""Fewer scores on the untouched days than this decide nothing."""


@dataclass(frozen=True, slots=True)
class Contest:
    """Figures on ``days`` as known at ``as_of``, over so many ``scores``; ``active`` is the model that counts, None for
    the priors alone."""

    kind: ModelKind
    days: tuple[str, ...]
    as_of: datetime
    challenger_id: ModelId
    challenger: Metrics
    active_id: ModelId | None
    active: Metrics | None
    cold_start: Metrics
    scores: int
    censored: int

    @property
    def incumbent(self) -> Metrics:
        """What the challenger would replace."""
        return self.active or self.cold_start

    @property
    def objections(self) -> tuple[str, ...]:
        """Why the challenger may not be promoted, with by how much; empty when it may."""
        return objections(self.challenger, self.incumbent, str(self.active_id or COLD_START))


def objections(challenger: Metrics, incumbent: Metrics, name: str) -> tuple[str, ...]:
    """The rule: log loss better, ECE no worse."""
    (our_loss, our_ece), (loss, ece) = (_known(one) for one in (challenger, incumbent))
    found = []
    if our_loss >= loss:
        found.append(f"log loss {our_loss:.5f} is not better than {loss:.5f} of {name} (by {our_loss - loss:.5f})")
    if our_ece > ece:
        found.append(f"ECE {our_ece:.5f} is worse than {ece:.5f} of {name} (by {our_ece - ece:.5f})")
    return tuple(found)


def hold_contest(uow: UnitOfWork, challenger: StoredModel, as_of: datetime, limit: int) -> Contest:
    """Judge ``challenger`` by days that ended after everything it, and the model in force, was trained on.

    Raises:
        BadInput: no such day is labelled yet, too few scores, or a challenger that can't be read.
    """
    used = find_in_force(uow, challenger.kind).used
    active = None if used is None or used == challenger.id else uow.models.get(used)
    days = untouched_days(uow, [model for model in (challenger, active) if model is not None], as_of)
    harvest = gather_for(challenger.kind, uow, days, as_of, limit)
    _check(harvest, challenger)
    return Contest(
        kind=challenger.kind,
        days=harvest.days,
        as_of=as_of,
        challenger_id=challenger.id,
        challenger=_judge(challenger, harvest),
        active_id=active.id if active else None,
        active=_judge(active, harvest) if active else None,
        cold_start=harvest.judge_cold_start(),
        scores=len(harvest),
        censored=harvest.censored,
    )


def untouched_days(uow: UnitOfWork, models: Sequence[StoredModel], as_of: datetime) -> list[str]:
    """The days that ended after the last one that any of the models was trained on."""
    days = list_labelled_days(uow, as_of)
    used = {str(day) for model in models for day in _trained_days(model)}
    last = max((i for i, day in enumerate(days) if day in used), default=-1)
    return days[last + 1 :]


def _judge(stored: StoredModel, harvest: Harvest) -> Metrics:
    return harvest.judge(read_model(stored.kind, stored.text, stored.id))


def _trained_days(model: StoredModel) -> Sequence[object]:
    days = model.trained_on.get("days", [])
    assert isinstance(days, list)
    return days


def _known(one: Metrics) -> tuple[float, float]:
    assert one.log_loss is not None
    assert one.ece is not None
    return one.log_loss, one.ece


def _check(harvest: Harvest, challenger: StoredModel) -> None:
    n, came = len(harvest), int(np.count_nonzero(harvest.came))
    if n >= LEAST_SCORES and 0 < came < n:
        return
    message = f"{n} uncensored scores, {came} of them of stops that {_VERBS[challenger.kind]}"
    remedy = f"wait until at least {LEAST_SCORES} scores with both outcomes are labelled on days after its training"
    raise BadInput(f"There is not enough to judge {challenger.id} by.", [Problem("untouched days", message, remedy)])
