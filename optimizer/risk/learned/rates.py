"""Rates of few by the rates of many: each level shrunken towards the one above it, as known at the time.

A rate of 2 in 3 at one door says little; of 200 in 300 in one area, much. With ``k`` rows' worth of trust in the level
above: ``rate = (hits + k * above) / (rows + k)``, from the global rate down to the most particular key.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.kernel import Floats, Ints

Keys = Sequence[NDArray[np.str_]]
"""For each level, the most general first, (n,) the key of each row."""

TRUST = 10.0
"""Within the 5 to 20 rows' worth that measured best."""

_PARTS = 1_000_000


@dataclass(frozen=True, slots=True)
class ShrunkRates:
    """What is known at the end of training: ``tables`` give each level's key its mean and its rows."""

    overall: float
    tables: tuple[Mapping[str, tuple[float, float]], ...]
    trust: float = TRUST

    def at(self, keys: Keys) -> Floats:
        """(n, 2 L) the shrunken rate at each level, and the rows behind it, for rows to come."""
        n = len(keys[0])
        above = np.full(n, self.overall)
        columns = []
        for table, key in zip(self.tables, keys, strict=True):
            known = np.array([table.get(str(k), (0.0, 0.0)) for k in key]).reshape(n, 2)
            above = (known[:, 0] + self.trust * above) / (known[:, 1] + self.trust)
            columns += [above, known[:, 1]]
        return np.column_stack(columns)

    def to_content(self) -> dict[str, Any]:
        """As JSON values."""
        tables = [{key: list(row) for key, row in table.items()} for table in self.tables]
        return {"overall": self.overall, "tables": tables, "trust": self.trust}

    @classmethod
    def from_content(cls, content: Any) -> "ShrunkRates":
        """From ``to_content``."""
        tables = tuple({key: (row[0], row[1]) for key, row in table.items()} for table in content["tables"])
        return cls(content["overall"], tables, content["trust"])


def learn_rates(keys: Keys, value: Floats, trust: float = TRUST) -> ShrunkRates:
    """Sums and rows of every key, over all rows."""
    tables = []
    for key in keys:
        names, index = np.unique(key, return_inverse=True)
        sums, rows = np.bincount(index, weights=value), np.bincount(index)
        tables.append({str(k): (float(s), float(c)) for k, s, c in zip(names, sums, rows, strict=True)})
    return ShrunkRates(float(value.mean()) if len(value) else 0.0, tuple(tables), trust)


def rates_as_of(keys: Keys, value: Floats, day: Ints, told: Ints | None = None, trust: float = TRUST) -> Floats:
    """(n, 2 L) like ``ShrunkRates.at``, for each row from what was told on days before its own ``day``.

    ``told`` (n,) is the day a row's value becomes known, its own day when None (a day tells in the evening). So a row's
    own outcome, and those of its day, are never in its features.
    """
    told = day if told is None else told
    above = _as_of(np.zeros(len(value), dtype=np.int64), value, day, told)
    rate = np.where(above[:, 1] > 0, above[:, 0] / np.maximum(above[:, 1], 1.0), 0.0)
    columns = []
    for key in keys:
        past = _as_of(np.unique(key, return_inverse=True)[1], value, day, told)
        rate = (past[:, 0] + trust * rate) / (past[:, 1] + trust)
        columns += [rate, past[:, 1]]
    return np.column_stack(columns)


def _as_of(key: Ints, value: Floats, day: Ints, told: Ints) -> Floats:
    """(n, 2) sum and count of the same key's rows told before each row's day."""
    first = min(int(day.min()), int(told.min())) if key.size else 0
    span = (max(int(day.max()), int(told.max())) - first + 1) if key.size else 1
    order = np.lexsort((told, key))
    # Whole millionths add up exactly: what is told later, or of another key, does not change the last bit of a sum.
    sums = np.concatenate(([0], np.cumsum(np.rint(value[order] * _PARTS).astype(np.int64))))
    code = key[order] * span + (told[order] - first)
    until = np.searchsorted(code, key * span + (day - first), side="left")
    since = np.searchsorted(code, key * span, side="left")
    return np.column_stack([(sums[until] - sums[since]) / _PARTS, until - since])
