"""What finished days teach about the next: a small statistical model on top of the simulation, as text with a hash.

Owns the live features, the boosted trees, the residual quantiles, the blend with the simulation, the calibration, the
failed-attempt model, the shrunken rates and the metrics by which all of them are judged. Pure: arrays in, values out;
it may import ``optimizer.problem`` and the kernel's types, never forecasting or repair. Without a model everything runs
on the priors alone; LightGBM is imported when trees are first asked for.
"""

from optimizer.risk.learned.examples import Examples
from optimizer.risk.learned.failed import FailedAttemptModel, FailedExamples, train_failed
from optimizer.risk.learned.metrics import Metrics, metrics
from optimizer.risk.learned.model import LearnedModel, train
from optimizer.risk.learned.stop_features import FEATURES, stop_features

__all__ = [
    "FEATURES",
    "Examples",
    "FailedAttemptModel",
    "FailedExamples",
    "LearnedModel",
    "Metrics",
    "metrics",
    "stop_features",
    "train",
    "train_failed",
]
