"""Score frames: the features and forecasts of one moment's stops, packed into few bytes, for learning.

A row a forecast: the names as JSON, the numbers as little-endian float32, each compressed. Who only needs the forecasts
need not unpack the features, which are most of it.
"""

import json
import zlib
from collections.abc import Collection, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select

from forestall.domain.learning import ScoreFrame
from forestall.store.repository import Repository
from forestall.store.tables import score_frames

_COMPRESSION = 1
_F32 = np.dtype("<f4")
_P_COLUMNS, _ETA_COLUMNS = 2, 3


class Frames(Repository):
    def add(self, frame: ScoreFrame) -> None:
        names = json.dumps([frame.stop_ids, frame.hub_ids], separators=(",", ":"))
        row = {
            "day": frame.day,
            "taken_at": frame.taken_at,
            "model": frame.model,
            "feature_hash": frame.feature_hash,
            "stop_ids": zlib.compress(names.encode(), _COMPRESSION),
            "features": _pack(frame.features),
            "forecasts": _pack(np.column_stack([frame.p, frame.eta_s])),
        }
        self._insert_all(score_frames, [row])

    def each(
        self, days: Collection[str], *, with_features: bool = True, newest_first: bool = False
    ) -> Iterator[ScoreFrame]:
        """The frames of some days in the order they were taken, one in memory at a time.

        Without features their column is (n, 0).
        """
        t = score_frames.c
        columns: list[Any] = [t.day, t.taken_at, t.model, t.feature_hash, t.stop_ids, t.forecasts]
        if with_features:
            columns.append(t.features)
        order = (t.taken_at.desc(), t.seq.desc()) if newest_first else (t.taken_at, t.seq)
        query = select(*columns).where(t.day.in_(sorted(days))).order_by(*order)
        with self._connection.execute(query.execution_options(yield_per=8)) as rows:
            for row in rows:
                yield _frame(row, row.features if with_features else None)


def _frame(row: Any, features: bytes | None) -> ScoreFrame:
    stop_ids, hub_ids = json.loads(zlib.decompress(row.stop_ids))
    n = len(stop_ids)
    forecasts = _unpack(row.forecasts, n)
    return ScoreFrame(
        day=row.day,
        taken_at=row.taken_at,
        model=row.model,
        feature_hash=row.feature_hash,
        stop_ids=tuple(stop_ids),
        hub_ids=tuple(hub_ids),
        features=_unpack(features, n) if features is not None else np.empty((n, 0), np.float32),
        p=forecasts[:, :_P_COLUMNS],
        eta_s=forecasts[:, _P_COLUMNS : _P_COLUMNS + _ETA_COLUMNS],
    )


def _pack(values: NDArray[np.float32]) -> bytes:
    """Column after column: equal things lie together, which compresses far better than row after row."""
    return zlib.compress(np.ascontiguousarray(values.T, dtype=_F32).tobytes(), _COMPRESSION)


def _unpack(body: bytes, n: int) -> NDArray[np.float32]:
    flat = np.frombuffer(zlib.decompress(body), dtype=_F32)
    return flat.reshape(-1, n).T.astype(np.float32) if n else np.empty((0, 0), np.float32)
