"""The random numbers of the forecast: drawn once per entity, so that every what-if meets the same luck.

Every stop and route has a rank per sample in a nested Latin hypercube: all S ranks once, and each run of 64 samples
is itself evenly spread. The noise is looked up in a table of quantiles by rank. A rank depends on (seed, entity id)
alone: a stop keeps its luck wherever it is moved and whenever it is scored again.
"""

from collections import OrderedDict
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from optimizer.kernel import SEARCH_SAMPLES as BLOCK
from optimizer.risk.priors import Priors

_CACHED_ENTITIES = 200_000  # at 256 samples half a kilobyte each: 100 MB at most


class Draws:
    """Ranks per entity (cached) and quantile tables, whose tails are those of one set of priors."""

    def __init__(self, priors: Priors, samples: int, seed: int) -> None:
        if samples % BLOCK or not BLOCK <= samples <= 65_536:
            raise ValueError(f"samples must be a multiple of {BLOCK} up to 65536, not {samples}")
        self.samples, self.seed, self._priors = samples, seed, priors
        self.levels: NDArray[np.float64] = (np.arange(samples) + 0.5) / samples
        self.normal: NDArray[np.float64] = stats.norm.ppf(self.levels)
        unit = np.sqrt(priors.leg_df / (priors.leg_df - 2))
        self._tails: NDArray[np.float64] = stats.t.ppf(self.levels, priors.leg_df) / unit
        self._ranks: OrderedDict[str, NDArray[np.uint16]] = OrderedDict()

    def leg(self, sd: float) -> NDArray[np.float64]:
        """(samples,) the quantile table of a leg's multipliers, of mean 1 and with that spread of their logarithms."""
        return _mean_one(sd * self._tails)

    def service(self, sd: float) -> NDArray[np.float64]:
        """(samples,) the same for visits."""
        return _mean_one(sd * self.normal)

    def ranks(self, kind: str, entity_id: str) -> NDArray[np.uint16]:
        """(samples,) the entity's rank in each sample; ``kind`` keeps one entity's several noises apart."""
        key = f"{kind}:{entity_id}"
        found = self._ranks.get(key)
        if found is None:
            found = self._ranks[key] = _nested_ranks(self.samples, self.seed, key)
            if len(self._ranks) > _CACHED_ENTITIES:
                self._ranks.popitem(last=False)
        return found

    def factor(self, kind: str, entity_id: str, mean: float, sd: float) -> NDArray[np.float64]:
        """(samples,) multipliers with that mean, lognormal with that spread."""
        table = _mean_one(sd * self.normal)
        values: NDArray[np.float64] = mean * table[self.ranks(kind, entity_id)]
        return values

    def stop_noise(self, stop_id: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(samples,) multipliers each, with the priors' spreads: of the leg into a stop, and of the service there."""
        leg = self.leg(self._priors.leg_sd)[self.ranks("leg", stop_id)].astype(np.float32)
        return leg, self.service(self._priors.service_sd)[self.ranks("visit", stop_id)].astype(np.float32)

    def shared_levels(self, kind: str, entity_id: str, group_id: str, share: float) -> NDArray[np.float64]:
        """(samples,) probability levels that the members of a group have in common as far as ``share`` (0 to 1) says:
        even each, and high together."""
        own, common = self.normal[self.ranks(kind, entity_id)], self.normal[self.ranks(f"{kind}-shared", group_id)]
        mixed = np.sqrt(share) * common + np.sqrt(1.0 - share) * own
        together: NDArray[np.float64] = self.levels[np.argsort(np.argsort(mixed, kind="stable"), kind="stable")]
        return together


def _mean_one(logs: NDArray[np.float64]) -> NDArray[np.float64]:
    factors = np.exp(logs)
    scaled: NDArray[np.float64] = factors / factors.mean()
    return scaled


def _nested_ranks(samples: int, seed: int, key: str) -> NDArray[np.uint16]:
    """A permutation of 0..samples-1 of which each run of 64 takes exactly one from each 64th of the range."""
    digest = blake2b(f"{seed}:{key}".encode(), digest_size=8).digest()
    rng = np.random.default_rng(int.from_bytes(digest, "little"))
    blocks = samples // BLOCK
    within = rng.permuted(np.tile(np.arange(blocks), (BLOCK, 1)), axis=1).T  # (blocks, strata): one of each stratum
    ranks = np.arange(BLOCK) * blocks + within
    return rng.permuted(ranks, axis=1).reshape(-1).astype(np.uint16)
