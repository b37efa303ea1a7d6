"""The contest: a challenger, the model in force and the cold start on the newest days that none of them has seen.

The rule of promotion (docs of the risk model): a better log loss and a calibration error no worse than what it would
replace. Two figures, no weights, no exceptions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from agent.learning.examples import Harvest, gather, list_labelled_days
from forestall.domain.ids import ModelId
from forestall.domain.learning import StoredModel
from forestall.errors import BadInput, Problem
from forestall.store import UnitOfWork
from optimizer.risk.learned import Examples, LearnedModel, Metrics, metrics

COLD_START = "cold start"
LEAST_SCORES = 200
"""Fewer scores on the untouched days than this decide nothing."""


@dataclass(frozen=True, slots=True)
class Contest:
    """Figures on ``days`` as known at ``as_of``; ``active`` is None while the priors alone are in force."""

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
        BadInput: no such day is labelled yet, too few scores, or a stored model that can't be read.
    """
    active = uow.models.find_active(challenger.kind)
    active = None if active is not None and active.id == challenger.id else active
    days = untouched_days(uow, [model for model in (challenger, active) if model is not None], as_of)
    harvest = gather(uow, days, as_of, limit)
    _check(harvest, challenger)
    examples = harvest.examples
    return Contest(
        days=harvest.days,
        as_of=as_of,
        challenger_id=challenger.id,
        challenger=judge(LearnedModel.from_text(challenger.text), examples),
        active_id=active.id if active else None,
        active=judge(LearnedModel.from_text(active.text), examples) if active else None,
        cold_start=metrics(examples.p_mc, examples.late),
        scores=len(examples),
        censored=harvest.censored,
    )


def untouched_days(uow: UnitOfWork, models: Sequence[StoredModel], as_of: datetime) -> list[str]:
    """The days that ended after the last one that any of the models was trained on."""
    days = list_labelled_days(uow, as_of)
    used = {str(day) for model in models for day in _trained_days(model)}
    last = max((i for i, day in enumerate(days) if day in used), default=-1)
    return days[last + 1 :]


def judge(model: LearnedModel, examples: Examples) -> Metrics:
    """The metrics of a model's P(late) and of its lateness quantiles."""
    return metrics(
        model.p_late(examples.features, examples.p_mc),
        examples.late,
        model.lateness_quantiles(examples.features),
        model.levels,
        examples.lateness_s,
    )


def _trained_days(model: StoredModel) -> Sequence[object]:
    days = model.trained_on.get("days", [])
    assert isinstance(days, list)
    return days


def _known(one: Metrics) -> tuple[float, float]:
    assert one.log_loss is not None
    assert one.ece is not None
    return one.log_loss, one.ece


def _check(harvest: Harvest, challenger: StoredModel) -> None:
    n, late = len(harvest.examples), int(np.count_nonzero(harvest.examples.late))
    if n >= LEAST_SCORES and 0 < late < n:
        return
    message = f"{n} uncensored scores, {late} of them of stops that were late"
    remedy = f"wait until at least {LEAST_SCORES} scores with both outcomes are labelled on days after its training"
    raise BadInput(f"There is not enough to judge {challenger.id} by.", [Problem("untouched days", message, remedy)])
