"""The rule of promotion: log loss better, calibration error no worse, and a refusal says by how much."""

import pytest

from agent.learning.contest import objections
from optimizer.risk.learned import Metrics


def metrics_of(log_loss, ece):
    return Metrics(0.8, 0.2, ece, log_loss, 0.4, 0.4, 0.9, 10.0, 500)


INCUMBENT = metrics_of(0.30, 0.020)


@pytest.mark.parametrize(("log_loss", "ece"), [(0.29, 0.020), (0.29, 0.010)])
def test_a_better_and_no_worse_calibrated_challenger_may_be_promoted(log_loss, ece):
    assert objections(metrics_of(log_loss, ece), INCUMBENT, "gbm-1") == ()


@pytest.mark.parametrize(
    ("log_loss", "ece", "said"),
    [
        (0.30, 0.020, ["log loss 0.30000 is not better than 0.30000 of gbm-1 (by 0.00000)"]),
        (0.25, 0.021, ["ECE 0.02100 is worse than 0.02000 of gbm-1 (by 0.00100)"]),
        (0.31, 0.030, ["log loss", "ECE"]),
    ],
)
def test_a_challenger_that_is_not_better_is_refused_by_how_much(log_loss, ece, said):
    found = objections(metrics_of(log_loss, ece), INCUMBENT, "gbm-1")
    assert len(found) == len(said)
    assert all(objection.startswith(start) for objection, start in zip(found, said, strict=True))
