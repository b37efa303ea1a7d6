"""From a forecast to the frame that is kept of it."""

import hashlib

import numpy as np

from forestall.domain.forecast import Forecast
from forestall.domain.learning import ScoreFrame
from forestall.domain.snapshot import HubSnapshot
from optimizer.risk.attempts import LEVELS, NUMBERS
from optimizer.risk.learned import FEATURES


def _hash_of(columns: tuple[str, ...]) -> str:
    return hashlib.sha256(",".join(columns).encode()).hexdigest()[:16]


FEATURE_HASH = _hash_of(FEATURES)
"""Stands for the names and the order of the features: examples are only made of frames that have the same."""
ATTEMPT_HASH = _hash_of((*LEVELS, *NUMBERS))
"""The same for the inputs of the model of failed attempts."""


def frame_of(snapshot: HubSnapshot, forecast: Forecast) -> ScoreFrame:
    """The forecast with its features (which it must have), in the order of its stops."""
    assert forecast.features is not None, "the forecaster was told to keep features"
    assert forecast.attempts is not None, "the forecaster was told to keep features"
    scores = list(forecast.stops.values())
    taken_at = forecast.taken_at
    etas = [(score.eta_p10, score.eta_p50, score.eta_p90) for score in scores]
    return ScoreFrame(
        day=snapshot.day,
        taken_at=taken_at,
        model=forecast.model,
        feature_hash=FEATURE_HASH,
        stop_ids=tuple(forecast.stops),
        hub_ids=tuple(snapshot.routes[score.route_id].hub_id for score in scores),
        features=forecast.features,
        p=np.array([(score.p_late, score.p_failed) for score in scores], np.float32).reshape(-1, 2),
        eta_s=np.array(
            [[(eta - taken_at).total_seconds() for eta in three] for three in etas], dtype=np.float32
        ).reshape(-1, 3),
        attempt_hash=ATTEMPT_HASH,
        attempts=forecast.attempts,
    )
