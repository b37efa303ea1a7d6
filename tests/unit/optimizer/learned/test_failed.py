"""The failed-attempt model."""

from dataclasses import replace

import numpy as np
import pytest

from forestall.errors import BadInput
from optimizer.risk.learned import FailedAttemptModel, FailedExamples, metrics, train_failed

from .conftest import FIRST_S, SMALL

LEVELS, NAMES = ("hub", "area"), ("hour",)


def attempts(seed: int, rows: int = 4000) -> FailedExamples:
    """Areas differ in how often nobody is there, and evenings are better."""
    rng = np.random.default_rng(seed)
    area = rng.integers(0, 20, rows)
    hour = rng.uniform(8.0, 20.0, rows)
    failed = rng.random(rows) < np.clip(0.02 * area - 0.01 * (hour - 14.0), 0.01, 0.6)
    return FailedExamples(
        LEVELS,
        [np.repeat("H1", rows), np.array([f"a{a}" for a in area])],
        NAMES,
        hour[:, None].astype(np.float32),
        failed,
        FIRST_S + np.sort(rng.uniform(0.0, 20 * 86_400.0, rows)),
    )


def test_places_and_hours_tell_and_a_model_read_back_answers_alike() -> None:
    model, newer = train_failed(attempts(1), growth=SMALL), attempts(2)
    p = model.p_failed(newer.keys, newer.numbers)
    said = metrics(p, newer.failed)
    assert said.auc > 0.65
    assert said.ece < 0.03
    again = FailedAttemptModel.from_text(model.to_text(), LEVELS, NAMES)
    assert np.array_equal(again.p_failed(newer.keys, newer.numbers), p)
    assert again.model_id == model.model_id == train_failed(attempts(1), growth=SMALL).model_id


def test_an_unknown_place_is_judged_by_its_hub() -> None:
    model = train_failed(attempts(1), growth=SMALL)
    known = model.rates.at([np.array(["H1"]), np.array(["nowhere"])])
    assert known[0, 2] == known[0, 0]
    assert 0.0 < model.p_failed([np.array(["H1"]), np.array(["nowhere"])], np.array([[12.0]], np.float32))[0] < 1.0


def test_a_model_of_other_inputs_is_refused() -> None:
    text = train_failed(attempts(1), growth=SMALL).to_text()
    with pytest.raises(BadInput) as refusal:
        FailedAttemptModel.from_text(text, LEVELS, ("minute",))
    assert refusal.value.problems[0].place == "columns"
    with pytest.raises(BadInput) as refusal:
        FailedAttemptModel.from_text(text, ("hub", "street"), NAMES)
    assert refusal.value.problems[0].place == "levels"


def test_bad_attempts_are_refused_by_field() -> None:
    good = attempts(1)
    with pytest.raises(BadInput) as refusal:
        replace(good, numbers=np.where(np.arange(4000)[:, None] == 7, np.nan, good.numbers))
    assert refusal.value.problems[0].place == "hour[7]"
    with pytest.raises(BadInput) as refusal:
        replace(good, day_s=good.day_s[:-1])
    assert refusal.value.problems[0].place == "day_s"
    with pytest.raises(BadInput) as refusal:
        train_failed(replace(good, failed=np.zeros(4000, bool)), growth=SMALL)
    assert refusal.value.problems[0].place == "late"
