"""Scored stops whose outcome is known: what the learned layer is trained and judged on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forestall.errors import BadInput, Problem
from optimizer.kernel import Floats
from optimizer.risk.learned.stop_features import FEATURES

_EARLIEST_S, _LATEST_S = 946_684_800.0, 4_102_444_800.0  # the years 2000 to 2100: outside, a unit was mixed up
_LONGEST_S = 7 * 86_400.0


@dataclass(frozen=True, eq=False)
class Examples:
    """n scores with their outcomes. Raises BadInput naming every faulty column.

    ``features`` (n, F) as ``stop_features`` gives them; ``p_mc`` (n,) the simulation's P(late); ``late`` (n,) bool;
    ``lateness_s`` (n,) start after the promise's end; ``taken_at_s`` (n,) the score's time, seconds since 1970;
    ``lead_s`` (n,) from then to the forecast start; ``group`` (n,) the hub; ``weight`` (n,) 0: acted on, so censored.
    """

    features: NDArray[np.float32]
    p_mc: Floats
    late: NDArray[np.bool_]
    lateness_s: Floats
    taken_at_s: Floats
    lead_s: Floats
    group: NDArray[np.str_]
    weight: Floats

    def __post_init__(self) -> None:
        problems = [*self._shape_problems()]
        if not problems:
            problems = [*self._value_problems()]
        if problems:
            raise BadInput("The examples cannot be learned from.", problems)

    def __len__(self) -> int:
        return len(self.late)

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> "Examples":
        """The examples of some rows."""
        return Examples(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    def _shape_problems(self) -> list[Problem]:
        count = len(self.late)
        found = []
        if self.features.ndim != 2 or self.features.shape[1] != len(FEATURES):
            remedy = f"give the {len(FEATURES)} columns of FEATURES, in that order"
            found.append(Problem("features", f"has the shape {self.features.shape}", remedy))
        for name in self.__dataclass_fields__:
            if len(getattr(self, name)) != count:
                remedy = "give one row for each outcome"
                found.append(Problem(name, f"has {len(getattr(self, name))} rows, late has {count}", remedy))
        return found

    def _value_problems(self) -> list[Problem]:
        faults = [
            ("features", ~np.isfinite(self.features).all(axis=1), "is not a number"),
            ("p_mc", ~((self.p_mc >= 0.0) & (self.p_mc <= 1.0)), "is no probability"),
            ("lateness_s", ~(np.abs(self.lateness_s) <= _LONGEST_S), "is not a number, or more than a week"),
            (
                "taken_at_s",
                ~((self.taken_at_s >= _EARLIEST_S) & (self.taken_at_s < _LATEST_S)),
                "is no time of our days",
            ),
            ("lead_s", ~(np.abs(self.lead_s) <= _LONGEST_S), "is not a number, or more than a week"),
            ("weight", ~((self.weight >= 0.0) & np.isfinite(self.weight)), "is no weight"),
        ]
        return [
            Problem(
                f"{name}[{int(np.flatnonzero(bad)[0])}]", f"{what} ({int(bad.sum())} such rows)", "leave the row out"
            )
            for name, bad, what in faults
            if bad.any()
        ]
