"""P(the first attempt fails): a small model of its own, since doors and people cause it, not the road.

Its inputs are shrunken rates of what a row belongs to (hub, area, driver or customer: the caller names the levels) and
a few numbers known beforehand. In training the rates are as of each row's day; in service as of the end of training.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from forestall.domain.forecast import AttemptInputs
from forestall.errors import BadInput, Problem
from optimizer.kernel import Floats
from optimizer.risk.learned.artefact import digest_of, read_artefact, write_artefact
from optimizer.risk.learned.layer import Layer, Lesson, fit_layer
from optimizer.risk.learned.rates import Keys, ShrunkRates, learn_rates, rates_as_of
from optimizer.risk.learned.trees import Growth, Matrix

KIND = "failed-attempt"
_DAY_S = 86_400.0


@dataclass(frozen=True, eq=False)
class FailedExamples:
    """n first attempts. ``keys`` (one (n,) array a level, the most general first) and ``numbers`` (n, F) are named by
    ``levels`` and ``names``; ``failed`` (n,) bool; ``day_s`` (n,) the attempt's time, seconds since 1970.

    Raises BadInput when shapes differ or a number is none.
    """

    levels: tuple[str, ...]
    keys: Keys
    names: tuple[str, ...]
    numbers: Matrix
    failed: NDArray[np.bool_]
    day_s: Floats

    def __post_init__(self) -> None:
        n = len(self.failed)
        sizes = {**dict(zip(self.levels, map(len, self.keys), strict=True)), "numbers": len(self.numbers)}
        problems = [
            Problem(name, f"has {size} rows, failed has {n}", "give one row for each outcome")
            for name, size in {**sizes, "day_s": len(self.day_s)}.items()
            if size != n
        ]
        if not problems and not np.isfinite(self.numbers).all():
            row, column = np.argwhere(~np.isfinite(self.numbers))[0]
            problems = [Problem(f"{self.names[column]}[{row}]", "is not a number", "leave the row out")]
        if not problems and not np.isfinite(self.day_s).all():
            problems = [Problem("day_s", "is not a number", "leave the row out")]
        if problems:
            raise BadInput("The attempts cannot be learned from.", problems)


@dataclass(frozen=True)
class FailedAttemptModel:
    """Immutable; ``to_text`` is all there is to it."""

    PREFIX: ClassVar[str] = "failed-"
    """What the ids of such models begin with."""

    levels: tuple[str, ...]
    names: tuple[str, ...]
    rates: ShrunkRates
    layer: Layer

    @cached_property
    def model_id(self) -> str:
        """Names the model by its content."""
        return f"{self.PREFIX}{digest_of(self.to_text())[:12]}"

    def p_failed(self, keys: Keys, numbers: Matrix) -> Floats:
        """(m,) of attempts to come; keys and numbers in the order of ``levels`` and ``names``."""
        rates = self.rates.at(keys)
        return self.layer.p(_columns(rates, numbers), rates[:, -2])

    def p_of(self, inputs: AttemptInputs) -> Floats:
        """(m,) of the inputs' attempts; 0 where there is none at a door."""
        keys = [np.array(key, dtype=np.str_) for key in inputs.keys]
        first_attempts: Floats = self.p_failed(keys, inputs.numbers) * (inputs.p_prior > 0.0)
        return first_attempts

    def to_text(self) -> str:
        """JSON with its own hash."""
        content = {"levels": list(self.levels), "rates": self.rates.to_content(), "layer": self.layer.to_content()}
        return write_artefact(KIND, self.names, content)

    @classmethod
    def from_text(cls, text: str, levels: Sequence[str], names: Sequence[str]) -> "FailedAttemptModel":
        """Raises BadInput when the text is no such model, was altered, or has other levels or numbers than these."""
        found, content = read_artefact(text, KIND, tuple(names))
        if content["levels"] != list(levels):
            problem = Problem("levels", f"are {content['levels']}, expected {list(levels)}", "train the model anew")
            raise BadInput("The model cannot be used.", [problem])
        return cls(
            tuple(levels), found, ShrunkRates.from_content(content["rates"]), Layer.from_content(content["layer"])
        )


def train_failed(examples: FailedExamples, seed: int = 1, growth: Growth | None = None) -> FailedAttemptModel:
    """Learn from finished first attempts. Same examples and seed, same text.

    Raises BadInput when there is too little to learn from, Unavailable where LightGBM cannot be loaded.
    """
    failed = examples.failed.astype(np.float64)
    day = np.floor(examples.day_s / _DAY_S).astype(np.int64)
    rates = rates_as_of(examples.keys, failed, day)
    names = (*(f"{level}_{what}" for level in examples.levels for what in ("rate", "rows")), *examples.names)
    lesson = Lesson(_columns(rates, examples.numbers), names, rates[:, -2], examples.failed, examples.day_s)
    layer, _ = fit_layer(lesson, growth or Growth(), seed)
    return FailedAttemptModel(examples.levels, examples.names, learn_rates(examples.keys, failed), layer)


def _columns(rates: Floats, numbers: Matrix) -> Matrix:
    return np.column_stack([rates, numbers]).astype(np.float32)
