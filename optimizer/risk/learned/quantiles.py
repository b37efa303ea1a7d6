"""How far off the simulation's median may be: at most five quantiles of what is left, made to hold what they say."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from optimizer.kernel import Floats
from optimizer.risk.learned.layer import forward_folds
from optimizer.risk.learned.trees import Growth, Matrix, Trees, grow

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
"""The outermost two span the nominal 90 %."""


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Trees for each of LEVELS, shifted by ``offsets`` (k,), which make each level hold out of sample (conformal)."""

    trees: tuple[Trees, ...]
    offsets: tuple[float, ...]

    def predict(self, features: Matrix) -> Floats:
        """(n, k) rising along each row: quantiles never cross."""
        raw = np.column_stack([trees.predict(features) for trees in self.trees])
        return np.sort(raw + np.array(self.offsets), axis=1)

    def to_content(self) -> dict[str, Any]:
        """As JSON values."""
        return {"trees": [trees.text for trees in self.trees], "offsets": list(self.offsets)}

    @classmethod
    def from_content(cls, content: Any) -> "Quantiles":
        """From ``to_content``."""
        return cls(tuple(Trees(text) for text in content["trees"]), tuple(content["offsets"]))


def fit_quantiles(
    features: Matrix, residual: Floats, time_s: Floats, names: Sequence[str], growth: Growth, seed: int
) -> Quantiles:
    """Fit to (n,) residuals; the offsets come from days that the trees of their fold had not seen."""
    misses = [
        residual[fold, None] - _raw(_grow_all(features[older], residual[older], names, growth, seed), features[fold])
        for older, fold in forward_folds(time_s)
    ]
    offsets = conformal_offsets(np.concatenate(misses)) if misses else np.zeros(len(LEVELS))
    return Quantiles(_grow_all(features, residual, names, growth, seed), tuple(offsets.tolist()))


def conformal_offsets(misses: Floats, levels: Sequence[float] = LEVELS) -> Floats:
    """(k,) what each quantile must be moved by for its level to have held; ``misses`` (n, k) are actual minus said.

    The usual correction for finite samples moves the levels outwards by 1/n.
    """
    n = len(misses)
    outward = [level + np.sign(level - 0.5) * abs(level - 0.5) / max(n, 1) for level in levels]
    return np.array([np.quantile(misses[:, k], min(max(q, 0.0), 1.0)) for k, q in enumerate(outward)])


def _grow_all(features: Matrix, residual: Floats, names: Sequence[str], growth: Growth, seed: int) -> tuple[Trees, ...]:
    return tuple(grow(features, residual, names, growth, seed, level=level) for level in LEVELS)


def _raw(trees: tuple[Trees, ...], features: Matrix) -> Floats:
    return np.column_stack([each.predict(features) for each in trees])
