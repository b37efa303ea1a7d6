"""Score frames: the features and forecasts of one moment's stops, packed into few bytes, for learning.

A row a forecast: the names as JSON, the numbers as little-endian float32, each compressed. Who only needs the forecasts
need not unpack the features, which are most of it, nor the inputs of first attempts.
"""

import json
import zlib
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import delete, select

from forestall.domain.forecast import AttemptInputs
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
            **_attempt_values(frame),
        }
        self._insert_all(score_frames, [row])

    def each(
        self,
        days: Collection[str],
        *,
        with_features: bool = True,
        with_attempts: bool = False,
        newest_first: bool = False,
    ) -> Iterator[ScoreFrame]:
        """The frames of some days in the order they were taken, one in memory at a time.

        Without features their column is (n, 0), without attempts there are none.
        """
        t = score_frames.c
        columns: list[Any] = [t.day, t.taken_at, t.model, t.feature_hash, t.stop_ids, t.forecasts]
        if with_features:
            columns.append(t.features)
        if with_attempts:
            columns += [t.attempt_hash, t.attempt_keys, t.attempt_numbers]
        order = (t.taken_at.desc(), t.seq.desc()) if newest_first else (t.taken_at, t.seq)
        query = select(*columns).where(t.day.in_(sorted(days))).order_by(*order)
        with self._connection.execute(query.execution_options(yield_per=8)) as rows:
            for row in rows:
                yield _frame(row, row.features if with_features else None, with_attempts)

    def prune(self, before: datetime) -> int:
        """Forget frames taken before then; how many there were."""
        return self._changed(delete(score_frames).where(score_frames.c.taken_at < before))


def _attempt_values(frame: ScoreFrame) -> dict[str, object]:
    if frame.attempts is None:
        return {"attempt_hash": None, "attempt_keys": None, "attempt_numbers": None}
    keys = json.dumps(frame.attempts.keys, separators=(",", ":"))
    return {
        "attempt_hash": frame.attempt_hash,
        "attempt_keys": zlib.compress(keys.encode(), _COMPRESSION),
        "attempt_numbers": _pack(np.column_stack([frame.attempts.numbers, frame.attempts.p_prior])),
    }


def _attempts(row: Any, n: int) -> AttemptInputs | None:
    if row.attempt_hash is None:
        return None
    numbers = _unpack(row.attempt_numbers, n)
    keys = json.loads(zlib.decompress(row.attempt_keys))
    return AttemptInputs(tuple(map(tuple, keys)), numbers[:, :-1], numbers[:, -1])


def _frame(row: Any, features: bytes | None, with_attempts: bool) -> ScoreFrame:
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
        attempt_hash=row.attempt_hash if with_attempts else None,
        attempts=_attempts(row, n) if with_attempts else None,
    )


def _pack(values: NDArray[np.float32]) -> bytes:
    """Column after column: equal things lie together, which compresses far better than row after row."""
    return zlib.compress(np.ascontiguousarray(values.T, dtype=_F32).tobytes(), _COMPRESSION)


def _unpack(body: bytes, n: int) -> NDArray[np.float32]:
    flat = np.frombuffer(zlib.decompress(body), dtype=_F32)
    return flat.reshape(-1, n).T.astype(np.float32) if n else np.empty((0, 0), np.float32)
