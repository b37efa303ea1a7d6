"""Made-up finished stops whose truth is known: the simulation is too hopeful, and slower roads explain why."""

import numpy as np
import pytest
from scipy.special import expit

from optimizer.risk.learned import FEATURES, Examples
from optimizer.risk.learned.trees import Growth

FIRST_S = 1.75e9
SMALL = Growth(rounds=25, leaves=6, rate=0.1, least_in_leaf=20)


def make_examples(rows: int = 1500, days: int = 12, seed: int = 1) -> Examples:
    """Rows of some days in order of time; lateness grows with slow roads, of which the simulation knows nothing."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(rows, len(FEATURES)))
    column = {name: k for k, name in enumerate(FEATURES)}
    median = 900.0 * rng.normal(size=rows) - 300.0
    truth = median + 700.0 * features[:, column["slow"]] + 500.0 * rng.normal(size=rows)
    for name, shift in (("late_q10_s", -640.0), ("late_q50_s", 0.0), ("late_q90_s", 640.0)):
        features[:, column[name]] = median + shift
    p_mc = expit(median / 280.0)
    features[:, column["p_mc"]] = p_mc
    lead_s = rng.uniform(600.0, 7200.0, rows)
    features[:, column["lead_s"]] = lead_s
    features[:, column["closes_in_s"]] = lead_s + 1800.0
    return Examples(
        features=features.astype(np.float32),
        p_mc=p_mc,
        late=truth > 0.0,
        lateness_s=truth,
        taken_at_s=FIRST_S + np.sort(rng.uniform(0.0, days * 86_400.0, rows)),
        lead_s=lead_s,
        group=np.repeat("H1", rows),
        weight=np.ones(rows),
    )


@pytest.fixture
def examples() -> Examples:
    return make_examples()
