"""Gradient-boosted trees by LightGBM: one thread, deterministic, kept as LightGBM's own text."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forestall.errors import Unavailable
from optimizer.kernel import Floats

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Growth:
    """How trees are grown: shallow and slowly, since days are few and alike within themselves."""

    rounds: int = 150
    leaves: int = 12
    rate: float = 0.05
    least_in_leaf: int = 60
    ridge: float = 5.0
    columns_share: float = 0.6
    rows_share: float = 0.7

    def for_rows(self, count: int) -> "Growth":
        """Smaller leaves where there are few rows, so that a first model can be had at all."""
        return replace(self, least_in_leaf=max(min(self.least_in_leaf, count // 20), 1))


@dataclass(frozen=True)
class Trees:
    """One grown ensemble. ``predict`` gives probabilities for a binary target, values otherwise."""

    text: str

    @cached_property
    def _booster(self) -> Any:
        return _lightgbm().Booster(model_str=self.text)

    def predict(self, features: Matrix) -> Floats:
        """(n,) from (n, F)."""
        if not len(features):
            return np.zeros(0)
        return np.asarray(self._booster.predict(features, num_threads=1), dtype=np.float64)


def grow(
    features: Matrix,
    target: Floats,
    names: Sequence[str],
    growth: Growth,
    seed: int,
    *,
    level: float | None = None,
    rising: Sequence[str] = (),
    weight: Floats | None = None,
) -> Trees:
    """Grow trees for P(target = 1), or for the quantile ``level`` of the target.

    ``rising`` names the columns in which the answer never falls. Raises Unavailable where LightGBM cannot be loaded.
    """
    lightgbm = _lightgbm()
    growth = growth.for_rows(len(target))
    parameters: dict[str, Any] = {
        "objective": "binary" if level is None else "quantile",
        "num_leaves": growth.leaves,
        "learning_rate": growth.rate,
        "min_data_in_leaf": growth.least_in_leaf,
        "lambda_l2": growth.ridge,
        "feature_fraction": growth.columns_share,
        "bagging_fraction": growth.rows_share,
        "bagging_freq": 1,
        "max_bin": 127,
        "seed": seed,
        "deterministic": True,
        "force_row_wise": True,
        "num_threads": 1,
        "verbosity": -1,
    }
    if level is None:
        parameters["monotone_constraints"] = [int(name in rising) for name in names]
    else:
        parameters["alpha"] = level  # LightGBM's quantile objective takes no constraints
    data = lightgbm.Dataset(features, target, weight=weight, feature_name=list(names), free_raw_data=True)
    booster = lightgbm.train(parameters, data, num_boost_round=growth.rounds)
    return Trees(booster.model_to_string())


def _lightgbm() -> Any:
    """LightGBM, imported when first needed: serving on the priors alone must not depend on it."""
    try:
        import lightgbm
    except (ImportError, OSError) as error:
        # Its wheel needs OpenMP's runtime, which slim system images lack.
        raise Unavailable(
            f"LightGBM cannot be loaded ({error}). Install it with the requirements, and OpenMP's runtime with it "
            "(Debian: apt-get install libgomp1). Until then scores stand on the priors alone."
        ) from error
    return lightgbm
