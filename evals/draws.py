"""Random draws that belong to things, not to an order of calls.

Every draw is a keyed hash of (seed, day, purpose, entity): asking twice, in any order, under any arm, gives the same
number, which is what makes two arms comparable on one day.
"""

from hashlib import blake2b
from math import acos, cos, exp, sqrt
from statistics import NormalDist

_NORMAL = NormalDist()
_T4_SD = sqrt(2.0)  # standard deviation of Student's t with 4 degrees of freedom
_TAIL_LIMIT = 6.0  # standard deviations; beyond it a leg would be no delay but a stranding, which has its own draw


class Draws:
    """The draws of one day under one seed."""

    def __init__(self, seed: int, day: str) -> None:
        self._root = f"{seed}\x1f{day}"

    def unit(self, purpose: str, *entity: str) -> float:
        """Uniform in the open interval (0, 1)."""
        name = "\x1f".join((self._root, purpose, *entity))
        number = int.from_bytes(blake2b(name.encode(), digest_size=7).digest(), "big")
        return (number + 0.5) / 2**56

    def happens(self, rate: float, purpose: str, *entity: str) -> bool:
        return self.unit(purpose, *entity) < rate

    def between(self, low: float, high: float, purpose: str, *entity: str) -> float:
        return low + (high - low) * self.unit(purpose, *entity)

    def lognormal(self, sd: float, purpose: str, *entity: str) -> float:
        """A factor with mean 1 whose logarithm has the standard deviation ``sd``."""
        return exp(sd * _NORMAL.inv_cdf(self.unit(purpose, *entity)) - sd * sd / 2)

    def heavy_tailed(self, sd: float, purpose: str, *entity: str) -> float:
        """A factor with median 1 whose logarithm is Student's t (4 degrees of freedom) scaled to ``sd``."""
        standard = student_t4(self.unit(purpose, *entity)) / _T4_SD
        return exp(sd * max(-_TAIL_LIMIT, min(_TAIL_LIMIT, standard)))


def student_t4(share: float) -> float:
    """The quantile of Student's t with 4 degrees of freedom, which has a closed form (Shaw 2006)."""
    alpha = 4 * share * (1 - share)
    if alpha >= 1:
        return 0.0
    ratio = cos(acos(sqrt(alpha)) / 3) / sqrt(alpha)
    return (1 if share > 0.5 else -1) * 2 * sqrt(ratio - 1)
