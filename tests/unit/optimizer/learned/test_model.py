"""What the learned layer promises, whatever it learned."""

import builtins
import json
from dataclasses import replace

import numpy as np
import pytest

from forestall.errors import BadInput, Unavailable
from optimizer.risk.forecast import Forecaster
from optimizer.risk.learned import FEATURES, LearnedModel, metrics, train
from optimizer.risk.learned.artefact import digest_of, write_artefact
from optimizer.risk.learned.examples import Examples
from optimizer.risk.learned.model import KIND
from optimizer.risk.learned.stop_features import RISING

from .conftest import FIRST_S, SMALL, make_examples


@pytest.fixture(scope="module")
def model() -> LearnedModel:
    return train(make_examples(), growth=SMALL)


def test_the_same_examples_and_seed_give_the_same_text(examples, model) -> None:
    assert train(examples, growth=SMALL).to_text() == model.to_text()
    assert train(examples, seed=2, growth=SMALL).model_id != model.model_id


def test_a_model_read_back_answers_alike_and_is_called_alike(examples, model) -> None:
    again = LearnedModel.from_text(model.to_text())
    assert again.model_id == model.model_id == f"gbm-{digest_of(model.to_text())[:12]}"
    assert np.array_equal(
        again.p_late(examples.features, examples.p_mc), model.p_late(examples.features, examples.p_mc)
    )
    assert np.array_equal(again.lateness_quantiles(examples.features), model.lateness_quantiles(examples.features))


def test_an_altered_text_is_refused(model) -> None:
    text = model.to_text()
    altered = text.replace('"share":', '"share" :', 1)
    assert LearnedModel.from_text(altered).model_id == model.model_id  # the same content in other spacing
    whole = json.loads(text)
    whole["body"]["content"]["layer"]["share"] = 0.123
    with pytest.raises(BadInput) as refusal:
        LearnedModel.from_text(json.dumps(whole))
    assert refusal.value.problems[0].place == "sha256"


@pytest.mark.parametrize("text", ["", "{}", "[]", "not json", '{"sha256": "0"}', '{"sha256": 1, "body": 2}'])
def test_what_is_no_model_is_refused(text) -> None:
    with pytest.raises(BadInput):
        LearnedModel.from_text(text)


def test_a_model_of_other_features_is_refused_by_name(model) -> None:
    content = json.loads(model.to_text())["body"]["content"]
    with pytest.raises(BadInput) as refusal:
        LearnedModel.from_text(write_artefact(KIND, (*FEATURES[:-1], "moon"), content))
    assert "moon" in refusal.value.problems[0].message
    with pytest.raises(BadInput) as refusal:
        LearnedModel.from_text(write_artefact("failed-attempt", FEATURES, content))
    assert refusal.value.problems[0].place == "kind"


@pytest.mark.parametrize("name", RISING)
def test_more_delay_never_lowers_p_late(examples, model, name) -> None:
    before = model.p_late(examples.features, examples.p_mc)
    for more in (1.0, 60.0, 900.0, 1e5):
        features, p_mc = examples.features.copy(), examples.p_mc
        features[:, FEATURES.index(name)] += more
        if name == "p_mc":
            p_mc = np.minimum(p_mc + more / 100.0, 1.0)
            features[:, FEATURES.index(name)] = p_mc
        assert (model.p_late(features, p_mc) >= before).all()


def test_a_stop_late_already_is_late_and_one_begun_in_time_is_not(examples, model) -> None:
    features, p_mc = examples.features[:4].copy(), np.array([1.0, 1.0, 0.0, 0.7])
    features[0, FEATURES.index("closes_in_s")] = -1.0
    features[1:3, FEATURES.index("lead_s")] = -60.0
    said = model.p_late(features, p_mc)
    assert said[:3].tolist() == [1.0, 1.0, 0.0]
    assert 0.0 < said[3] < 1.0


def test_quantiles_never_cross(examples, model) -> None:
    assert (np.diff(model.lateness_quantiles(examples.features), axis=1) >= 0.0).all()


def test_what_was_acted_on_teaches_nothing(examples) -> None:
    acted = np.arange(len(examples)) % 5 == 0
    one = replace(examples, weight=np.where(acted, 0.0, 1.0))
    other = replace(one, late=np.where(acted, ~examples.late, examples.late))
    assert train(one, growth=SMALL).to_text() == train(other, growth=SMALL).to_text()


def test_on_later_days_it_is_better_than_the_simulation_alone(model) -> None:
    later = make_examples(rows=3000, seed=7)
    ours = metrics(model.p_late(later.features, later.p_mc), later.late)
    simulated = metrics(later.p_mc, later.late)
    assert ours.log_loss < simulated.log_loss
    assert ours.ece <= simulated.ece
    assert ours.auc > simulated.auc
    quantiles = model.lateness_quantiles(later.features)
    held = metrics(later.p_mc, later.late, quantiles, model.levels, later.lateness_s)
    assert 0.86 <= held.coverage_90 <= 0.94


def test_where_the_simulation_is_right_learning_does_no_harm(town, travel) -> None:
    """Days of the forecast's own making: truth is one more sample of what was simulated."""
    parts = [_simulated_day(town, travel, day) for day in range(16)]
    older, newer = _joined(parts[:11]), _joined(parts[11:])
    model = train(older, growth=SMALL)
    ours, simulated = metrics(model.p_late(newer.features, newer.p_mc), newer.late), metrics(newer.p_mc, newer.late)
    assert ours.log_loss <= simulated.log_loss + 0.02
    assert ours.ece <= simulated.ece + 0.02


def _simulated_day(town, travel, day: int) -> Examples:
    from optimizer.risk.assemble import assemble
    from optimizer.risk.forecast import all_starts
    from optimizer.risk.learned import stop_features

    other = type(town)()
    other.fleet(day, routes=3)
    snapshot = other.snapshot("08:40")
    problems = [assemble(snapshot, travel, Forecaster(seed=seed).beliefs(snapshot, travel)) for seed in (1, 100 + day)]
    starts, truths = (all_starts(problem) for problem in problems)
    columns = slice(0, 40)  # forty truths of each day
    closes_s = problems[0].world.closes_s
    features = np.repeat(stop_features(problems[0], starts), 40, axis=0)
    lateness = np.clip((truths[:, columns] - closes_s[:, None]).ravel(), -4e5, 4e5)
    count = lateness.size
    return Examples(
        features,
        features[:, FEATURES.index("p_mc")].astype(np.float64),
        lateness > 0.0,
        lateness,
        np.full(count, FIRST_S + 86_400.0 * day),
        features[:, FEATURES.index("lead_s")].astype(np.float64),
        np.repeat("H1", count),
        np.ones(count),
    )


def _joined(parts: list[Examples]) -> Examples:
    return Examples(*(np.concatenate([getattr(p, name) for p in parts]) for name in Examples.__dataclass_fields__))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("features", np.nan), ("p_mc", 1.5), ("p_mc", np.nan), ("lateness_s", np.inf), ("taken_at_s", 12.0),
        ("taken_at_s", 1.75e12), ("lead_s", np.nan), ("weight", -1.0),
    ],
)  # fmt: skip
def test_a_bad_value_is_refused_by_field_and_row(examples, field, value) -> None:
    column = getattr(examples, field).copy()
    column[17] = value
    with pytest.raises(BadInput) as refusal:
        replace(examples, **{field: column})
    assert [problem.place for problem in refusal.value.problems] == [f"{field}[17]"]


def test_missing_columns_and_rows_are_refused(examples) -> None:
    with pytest.raises(BadInput) as refusal:
        replace(examples, features=examples.features[:, :-1], p_mc=examples.p_mc[:-1])
    assert {problem.place for problem in refusal.value.problems} == {"features", "p_mc"}


@pytest.mark.parametrize("outcome", [True, False])
def test_one_outcome_alone_teaches_nothing(examples, outcome) -> None:
    with pytest.raises(BadInput) as refusal:
        train(replace(examples, late=np.full(len(examples), outcome)), growth=SMALL)
    assert refusal.value.problems[0].place == "late"


def test_too_little_to_learn_from_is_said(examples) -> None:
    with pytest.raises(BadInput, match="too little"):
        train(examples.take(np.arange(20)), growth=SMALL)


def test_without_lightgbm_it_is_said_what_to_install(examples, monkeypatch) -> None:
    real = builtins.__import__

    def broken(name, *arguments, **named):
        if name == "lightgbm":
            raise OSError("libgomp.so.1: cannot open shared object file")
        return real(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", broken)
    with pytest.raises(Unavailable, match="libgomp1"):
        train(examples, growth=SMALL)
