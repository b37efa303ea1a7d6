"""How far off the simulation's median may be: at most five quantiles of what is left, made to hold what they say."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
) -> tuple[Quantiles, NDArray[np.int64], Floats]:
    """Fit to (n,) residuals. Also the rows of the later folds (k,), and (k, levels) what trees grown on the days before
    say of them: the offsets come from those."""
    rows, said = [], []
    for older, fold in forward_folds(time_s):
        rows.append(np.flatnonzero(fold))
        said.append(_raw(_grow_all(features[older], residual[older], names, growth, seed), features[fold]))
    asked = np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64)
    answers = np.concatenate(said) if said else np.zeros((0, len(LEVELS)))
    offsets = conformal_offsets(residual[asked, None] - answers) if rows else np.zeros(len(LEVELS))
    trees = _grow_all(features, residual, names, growth, seed)
    return Quantiles(trees, tuple(offsets.tolist())), asked, np.sort(answers + offsets, axis=1)


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
