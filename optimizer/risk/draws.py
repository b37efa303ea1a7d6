"""The random numbers of the forecast: drawn once per entity, so that every what-if meets the same luck.

Every stop and route has a rank per sample, evenly spread over all samples and over each run of 64 (``spread``), and the
noise is looked up in a table of quantiles by rank. A rank depends on (seed, entity id) alone: a stop keeps its luck
wherever it is moved and whenever it is scored again. What a route has to itself is spread jointly, so that its few
dimensions, which every one of its stops meets, are covered well together.
"""

from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from optimizer.kernel import SEARCH_SAMPLES as RUN
from optimizer.risk.priors import Priors
from optimizer.risk.spread import Keys, Ranks, nested_noise, nested_ranks, net_ranks, sobol_points

ROUTE_KINDS = ("pace", "departure", "hold-at", "hold-length", "load", "unannounced")
_CACHED_ROUTES = 4096  # at 512 samples 6 kilobytes each


class Draws:
    """Ranks per entity, and the quantile tables of one set of priors."""

    def __init__(self, priors: Priors, samples: int, seed: int) -> None:
        if samples % RUN or not RUN <= samples <= 65_536:
            raise ValueError(f"samples must be a multiple of {RUN} up to 65536, not {samples}")
        self.samples, self.seed = samples, seed
        self.levels: NDArray[np.float64] = (np.arange(samples) + 0.5) / samples
        self.normal: NDArray[np.float64] = stats.norm.ppf(self.levels)
        scale = priors.leg_sd / np.sqrt(priors.leg_df / (priors.leg_df - 2))
        self.leg = _mean_one(scale * stats.t.ppf(self.levels, priors.leg_df))
        self.service = _mean_one(priors.service_sd * self.normal)
        self._tables = {"leg": self.leg.astype(np.float32), "visit": self.service.astype(np.float32)}
        self._points = sobol_points(samples, len(ROUTE_KINDS))
        self._nets: OrderedDict[str, Ranks] = OrderedDict()

    def ranks(self, kind: str, entity_id: str) -> Ranks:
        """(samples,) the entity's rank in each sample; ``kind`` keeps one entity's several noises apart. Those of
        ``ROUTE_KINDS`` are spread jointly."""
        if kind in ROUTE_KINDS:
            joint: Ranks = self._net(entity_id)[ROUTE_KINDS.index(kind)]
            return joint
        ranks: Ranks = np.empty(self.samples, dtype=np.uint16)
        nested_ranks(self._keys(kind, [entity_id])[0], ranks)
        return ranks

    def factor(self, kind: str, entity_id: str, mean: float, sd: float) -> NDArray[np.float64]:
        """(samples,) multipliers with that mean, lognormal with that spread."""
        table = _mean_one(sd * self.normal)
        values: NDArray[np.float64] = mean * table[self.ranks(kind, entity_id)]
        return values

    def noise(self, kind: str, stop_ids: Sequence[str]) -> NDArray[np.float32]:
        """(len(stop_ids), samples) multipliers: of the legs into stops (kind "leg"), or of the service ("visit")."""
        noise = np.empty((len(stop_ids), self.samples), dtype=np.float32)
        nested_noise(self._keys(kind, stop_ids), self._tables[kind], noise)
        return noise

    def stop_noise(self, stop_id: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(samples,) multipliers each: of the leg into a stop, and of the service there."""
        return self.noise("leg", [stop_id])[0], self.noise("visit", [stop_id])[0]

    def _net(self, route_id: str) -> Ranks:
        """(kinds, samples) the joint ranks of a route; kept, because its parts are asked for one by one."""
        found = self._nets.get(route_id)
        if found is None:
            found = np.empty(self._points.shape, dtype=np.uint16)
            net_ranks(self._keys("route", [route_id])[0], self._points, found)
            self._nets[route_id] = found
            if len(self._nets) > _CACHED_ROUTES:
                self._nets.popitem(last=False)
        return found

    def _keys(self, kind: str, entity_ids: Sequence[str]) -> Keys:
        prefix = f"{self.seed}:{kind}:"
        digests = [blake2b((prefix + entity_id).encode(), digest_size=8).digest() for entity_id in entity_ids]
        return np.frombuffer(b"".join(digests), dtype="<u8").astype(np.uint64)


def _mean_one(logs: NDArray[np.float64]) -> NDArray[np.float64]:
    factors = np.exp(logs)
    scaled: NDArray[np.float64] = factors / factors.mean()
    return scaled
