"""The learned layer of P(late): trained on finished days, serving as a correction of the simulation."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from optimizer.kernel import Floats
from optimizer.risk.learned.artefact import digest_of, read_artefact, write_artefact
from optimizer.risk.learned.examples import Examples
from optimizer.risk.learned.layer import Layer, Lesson, fit_layer
from optimizer.risk.learned.quantiles import LEVELS, Quantiles, fit_quantiles
from optimizer.risk.learned.stop_features import FEATURES, RISING
from optimizer.risk.learned.trees import Growth, Matrix

KIND = "stop-late"
_MEDIAN, _LEAD, _CLOSES = FEATURES.index("late_q50_s"), FEATURES.index("lead_s"), FEATURES.index("closes_in_s")
_QUANTILE_GROWTH = Growth(rounds=80)


@dataclass(frozen=True)
class LearnedModel:
    """P(late) and the quantiles of lateness, given the simulation's. Immutable; ``to_text`` is all there is to it."""

    layer: Layer
    quantiles: Quantiles

    @cached_property
    def model_id(self) -> str:
        """Names the model by its content: equal models have equal ids."""
        return f"gbm-{digest_of(self.to_text())[:12]}"

    def p_late(self, features: Matrix, p_mc: Floats) -> Floats:
        """(m,) blended and calibrated. What is a fact already stays one: begun, or the promise's end has passed."""
        known = (features[:, _LEAD] <= 0.0) | ((features[:, _CLOSES] <= 0.0) & (p_mc == 1.0))
        return np.where(known, p_mc, self.layer.p(features, p_mc))

    def lateness_quantiles(self, features: Matrix) -> Floats:
        """(m, k) seconds of lateness at LEVELS, rising along each row."""
        return features[:, _MEDIAN, None].astype(np.float64) + self.quantiles.predict(features)

    @property
    def levels(self) -> tuple[float, ...]:
        """The levels of ``lateness_quantiles``."""
        return LEVELS

    def to_text(self) -> str:
        """JSON with its own hash."""
        content = {"layer": self.layer.to_content(), "quantiles": self.quantiles.to_content()}
        return write_artefact(KIND, FEATURES, content)

    @classmethod
    def from_text(cls, text: str) -> "LearnedModel":
        """Raises BadInput when the text is no such model, was altered, or was trained on other features."""
        _, content = read_artefact(text, KIND, FEATURES)
        return cls(Layer.from_content(content["layer"]), Quantiles.from_content(content["quantiles"]))


def train(examples: Examples, seed: int = 1, growth: Growth | None = None) -> LearnedModel:
    """Learn from finished stops; the censored ones (weight 0) are left out. Same examples and seed, same text.

    Raises BadInput when there is too little to learn from, Unavailable where LightGBM cannot be loaded.
    """
    used = examples.take(np.flatnonzero((examples.weight > 0.0) & (examples.features[:, _LEAD] > 0.0)))
    lesson = Lesson(used.features, FEATURES, used.p_mc, used.late, used.taken_at_s, RISING, used.weight)
    layer, _ = fit_layer(lesson, growth or Growth(), seed)
    residual = used.lateness_s - used.features[:, _MEDIAN].astype(np.float64)
    quantiles, _, _ = fit_quantiles(
        used.features, residual, used.taken_at_s, FEATURES, growth or _QUANTILE_GROWTH, seed
    )
    return LearnedModel(layer, quantiles)
