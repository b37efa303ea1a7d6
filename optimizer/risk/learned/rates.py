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


def rates_as_of(keys: Keys, value: Floats, day: Ints, trust: float = TRUST) -> Floats:
    """(n, 2 L) like ``ShrunkRates.at``, for each row from the rows of earlier days alone (a day tells in the evening).

    So a row's own outcome, and those of its day, are never in its features.
    """
    above = _as_of(np.zeros(len(value), dtype=np.int64), value, day)
    overall = np.where(above[:, 1] > 0, above[:, 0] / np.maximum(above[:, 1], 1.0), 0.0)
    rate, columns = overall, []
    for key in keys:
        past = _as_of(np.unique(key, return_inverse=True)[1], value, day)
        rate = (past[:, 0] + trust * rate) / (past[:, 1] + trust)
        columns += [rate, past[:, 1]]
    return np.column_stack(columns)


def _as_of(key: Ints, value: Floats, day: Ints) -> Floats:
    """(n, 2) sum and count of the same key's rows on earlier days."""
    order = np.lexsort((day, key))
    k, d = key[order], day[order]
    sums = np.concatenate(([0.0], np.cumsum(value[order])))
    opens_key = np.concatenate(([True], k[1:] != k[:-1]))
    opens_day = opens_key | np.concatenate(([True], d[1:] != d[:-1]))
    first_of_key = np.maximum.accumulate(np.where(opens_key, np.arange(k.size), 0))
    first_of_day = np.maximum.accumulate(np.where(opens_day, np.arange(k.size), 0))
    past = np.empty((k.size, 2))
    past[order, 0] = sums[first_of_day] - sums[first_of_key]
    past[order, 1] = first_of_day - first_of_key
    return past
