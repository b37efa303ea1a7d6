"""What a set of overrides shows: how often the person was right, and by how many promises, with what chance allows.

Overrides of one case are about the same stops, so the case is what is counted, drawn again and tested; and the days
are counted beside, since the cases of one day share its luck.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from forestall.domain.overrides import OverrideScore

DRAWS = 4_000
FLIPS = 20_000
_EXACT_UP_TO = 14  # cases with a difference: so many signs can all be tried
_SEED = 1
_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Evidence:
    """Of ``overrides`` in ``cases`` on ``days``: in how many cases the person's way kept more promises (``right``), as
    many (``even``) or fewer (``wrong``) than the proposal would have.

    ``right_share`` is right / (right + wrong) with its 95 % interval (Wilson); None where no case tells. ``gained`` are
    promises a case, kept the person's way less those kept as proposed, with the interval of the bootstrap over cases.
    ``kept_really`` is what came in the end. ``p_value``: how likely a mean so far from 0 is if neither way is better
    (sign-flip test over cases, two-sided).
    """

    overrides: int
    cases: int
    days: int
    stops: int
    right: int
    even: int
    wrong: int
    right_share: float | None
    right_low: float | None
    right_high: float | None
    kept_done: int
    kept_proposed: int
    kept_really: int
    gained: float
    gained_low: float
    gained_high: float
    travel_delta_s: float
    p_value: float


def weigh(scores: Sequence[OverrideScore]) -> Evidence:
    """The evidence of some overrides, at least one."""
    by_case: dict[str, int] = {}
    for score in scores:
        by_case[score.case_id] = by_case.get(score.case_id, 0) + score.gained
    gains = np.array([by_case[case_id] for case_id in sorted(by_case)], dtype=np.float64)
    right, wrong = int((gains > 0).sum()), int((gains < 0).sum())
    share, low, high = _share(right, right + wrong)
    gained_low, gained_high = _bootstrap(gains)
    return Evidence(
        overrides=len(scores),
        cases=len(gains),
        days=len({score.day for score in scores}),
        stops=sum(score.stops for score in scores),
        right=right,
        even=len(gains) - right - wrong,
        wrong=wrong,
        right_share=share,
        right_low=low,
        right_high=high,
        kept_done=sum(score.kept_done for score in scores),
        kept_proposed=sum(score.kept_proposed for score in scores),
        kept_really=sum(score.kept_really for score in scores),
        gained=float(gains.mean()),
        gained_low=gained_low,
        gained_high=gained_high,
        travel_delta_s=sum(s.travel_done_s - s.travel_proposed_s for s in scores if s.travel_done_s is not None),
        p_value=sign_flip_p(gains),
    )


def sign_flip_p(gains: NDArray[np.float64]) -> float:
    """Two-sided: the share of all ways to flip the signs whose sum is as far from 0 as this one's. 1 without gains."""
    told = gains[gains != 0.0]
    if not told.size:
        return 1.0
    seen = abs(told.sum()) - _SAME
    if told.size <= _EXACT_UP_TO:
        signs = 1.0 - 2.0 * ((np.arange(2**told.size)[:, None] >> np.arange(told.size)) & 1)
        return float((np.abs(signs @ told) >= seen).mean())
    signs = np.random.default_rng(_SEED).choice((-1.0, 1.0), (FLIPS, told.size))
    return float(((np.abs(signs @ told) >= seen).sum() + 1) / (FLIPS + 1))


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values as they count among so many tests (Holm's step-down correction), in the order given."""
    order = np.argsort(np.array(p_values), kind="stable")
    corrected, worst = [1.0] * len(p_values), 0.0
    for rank, i in enumerate(order):
        worst = max(worst, min(1.0, (len(p_values) - rank) * p_values[int(i)]))
        corrected[int(i)] = worst
    return corrected


def _share(k: int, n: int) -> tuple[float | None, float | None, float | None]:
    if n == 0:
        return None, None, None
    interval = stats.binomtest(k, n).proportion_ci(method="wilson")
    return k / n, float(interval.low), float(interval.high)


def _bootstrap(gains: NDArray[np.float64]) -> tuple[float, float]:
    """The middle 95 % of the means of as many cases, drawn again with replacement."""
    drawn = np.random.default_rng(_SEED).integers(0, gains.size, (DRAWS, gains.size))
    low, high = np.quantile(gains[drawn].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)
