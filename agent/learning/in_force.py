"""Which model of a kind counts: the one in force, or, where its text can't be used, the last one before it that can."""

from dataclasses import dataclass

from agent.learning.kinds import Model, read_model
from forestall.domain.ids import ModelId
from forestall.domain.vocabulary import ModelKind
from forestall.errors import BadInput
from forestall.store import UnitOfWork

COLD_START = "cold start"


@dataclass(frozen=True, slots=True)
class InForce:
    """``named`` is in force by the store's word (None: no model is); ``refusals`` say why it can't be used, if so.
    ``used`` is the id of ``model``, which counts; None for the priors alone."""

    kind: ModelKind
    named: ModelId | None = None
    refusals: tuple[str, ...] = ()
    used: ModelId | None = None
    model: Model | None = None


def find_in_force(uow: UnitOfWork, kind: ModelKind) -> InForce:
    """Reads texts, so not at every tick. The answer rests on the store alone: every process gives the same, whenever it
    was started."""
    active = uow.models.find_active_id(kind)
    if active is None:
        return InForce(kind)
    named = active[0]
    model, refusals = _read(uow, kind, named)
    if model is not None:
        return InForce(kind, named, used=named, model=model)
    for before in uow.models.list_retired_ids(kind):
        model, _ = _read(uow, kind, before)
        if model is not None:
            return InForce(kind, named, refusals, before, model)
    return InForce(kind, named, refusals)


def _read(uow: UnitOfWork, kind: ModelKind, model_id: ModelId) -> tuple[Model | None, tuple[str, ...]]:
    """The model, or why it can't be read."""
    try:
        return read_model(kind, uow.models.get(model_id).text, model_id), ()
    except BadInput as error:
        return None, tuple(f"{problem.place} {problem.message}" for problem in error.problems)
