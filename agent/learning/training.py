"""Training and promotion: a challenger is trained on the older labelled days, and put in force by the rule alone."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import sha256

import numpy as np

from agent.learning.contest import Contest, hold_contest
from agent.learning.examples import list_labelled_days
from agent.learning.kinds import Harvest, Model, gather_for
from forestall.domain.ids import ModelId
from forestall.domain.learning import StoredModel
from forestall.domain.vocabulary import ModelKind, ModelStatus
from forestall.errors import BadInput, Conflict, Problem
from forestall.store import Store, UnitOfWork

_CAME = {ModelKind.LATE: "late", ModelKind.FAILED: "failed"}
Say = Callable[[str], None]
MOST_SCORES = 300_000
"""Scores that one training or evaluation reads at most, the newest first: some 300 MB."""


def train_challenger(
    store: Store,
    as_of: datetime,
    hold_out: int,
    seed: int,
    say: Say,
    kind: ModelKind = ModelKind.LATE,
    limit: int = MOST_SCORES,
) -> StoredModel:
    """Train on all labelled days but the newest ``hold_out``, and keep the model as CHALLENGER, on record.

    Raises:
        BadInput: too few days or scores, or one outcome only. Conflict: this very model is kept already.
    """
    with store.read() as uow:
        days = _days_to_train_on(uow, as_of, hold_out)
        say(f"reading the scores of {len(days)} days, {days[0]} to {days[-1]}")
        harvest = gather_for(kind, uow, days, as_of, limit)
    say(f"training on {len(harvest)} scores ({harvest.censored} censored)")
    stored = _stored(harvest.train(seed), kind, harvest, as_of, seed)
    with store.write() as uow:
        if uow.models.find(stored.id) is not None:
            raise Conflict(f"the same scores give the same model: {stored.id} is kept already", model=stored.id)
        uow.models.add(stored)
        body = {
            "kind": stored.kind.value,
            "hash": stored.hash,
            "trained_on": stored.trained_on,
            "metrics": stored.metrics,
        }
        uow.audit.append(as_of, "risk.trained", stored.id, body)
    return stored


def promote(store: Store, model_id: ModelId, by: str, now: datetime, limit: int = MOST_SCORES) -> Contest:
    """Hold the contest and put the model in force if the rule allows it; the contest, with its objections if not.

    Refused or not, it is on record.

    Raises:
        NotFound: there is no such model. Conflict: it is in force already, or another one came into force meanwhile.
        BadInput: see ``hold_contest``.
    """
    with store.read() as uow:
        model = uow.models.get(model_id)
        if model.status is ModelStatus.ACTIVE:
            raise Conflict(f"{model_id} is in force already", model=model_id)
        before = uow.models.find_active_id(model.kind)
        contest = hold_contest(uow, model, now, limit)
    with store.write() as uow:
        if uow.models.find_active_id(model.kind) != before:
            raise Conflict("another model has come into force meanwhile; judge this one against that", model=model_id)
        body = {"by": by, "contest": describe_contest(contest)}
        if contest.objections:
            uow.audit.append(now, "risk.promotion_refused", model_id, body)
        else:
            uow.models.promote(model, now, by, _why(contest))
            uow.audit.append(now, "risk.promoted", model_id, body)
    return contest


def describe_contest(contest: Contest) -> dict[str, object]:
    """As JSON values."""
    return {
        "kind": contest.kind.value,
        "days": list(contest.days),
        "as_of": contest.as_of.isoformat(),
        "scores": contest.scores,
        "censored": contest.censored,
        "challenger": {"model": contest.challenger_id, **asdict(contest.challenger)},
        "active": {"model": contest.active_id, **asdict(contest.active)} if contest.active else None,
        "cold_start": asdict(contest.cold_start),
        "may_be_promoted": not contest.objections,
        "objections": list(contest.objections),
    }


def _days_to_train_on(uow: UnitOfWork, as_of: datetime, hold_out: int) -> list[str]:
    days = list_labelled_days(uow, as_of)
    if len(days) <= hold_out:
        message = f"{len(days)} have outcomes, and the newest {hold_out} are kept for judging"
        raise BadInput(
            "There are too few days to train on.",
            [Problem("labelled days", message, "let the service watch more days, or keep fewer with --hold-out")],
        )
    return days[: len(days) - hold_out]


def _stored(model: Model, kind: ModelKind, harvest: Harvest, as_of: datetime, seed: int) -> StoredModel:
    text = model.to_text()
    return StoredModel(
        id=ModelId(model.model_id),
        kind=kind,
        text=text,
        hash=sha256(text.encode()).hexdigest(),
        trained_at=as_of,
        trained_on={
            "days": list(harvest.days),
            "scores": len(harvest),
            _CAME[kind]: int(np.count_nonzero(harvest.came)),
            "censored": harvest.censored,
            "other_features": harvest.other_features,
            "first_score": _instant(harvest, 0),
            "last_score": _instant(harvest, -1),
            "seed": seed,
        },
        metrics={
            "in_sample": asdict(harvest.judge(model)),
            "cold_start": asdict(harvest.judge_cold_start()),
        },
        status=ModelStatus.CHALLENGER,
    )


def _instant(harvest: Harvest, row: int) -> str:
    return datetime.fromtimestamp(float(harvest.at_s[row]), UTC).isoformat()


def _why(contest: Contest) -> str:
    ours, theirs = contest.challenger, contest.incumbent
    return (
        f"log loss {ours.log_loss:.5f} against {theirs.log_loss:.5f} and ECE {ours.ece:.5f} against {theirs.ece:.5f} "
        f"of {contest.active_id or 'the cold start'} on {', '.join(contest.days)}"
    )
