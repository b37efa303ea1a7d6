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
    """Ranks per entity, and quantile tables, whose tails are those of one set of priors."""

    def __init__(self, priors: Priors, samples: int, seed: int) -> None:
        if samples % RUN or not RUN <= samples <= 65_536:
            raise ValueError(f"samples must be a multiple of {RUN} up to 65536, not {samples}")
        self.samples, self.seed, self._priors = samples, seed, priors
        self.levels: NDArray[np.float64] = (np.arange(samples) + 0.5) / samples
        self.normal: NDArray[np.float64] = stats.norm.ppf(self.levels)
        unit = np.sqrt(priors.leg_df / (priors.leg_df - 2))
        self._tails: NDArray[np.float64] = stats.t.ppf(self.levels, priors.leg_df) / unit
        self._points = sobol_points(samples, len(ROUTE_KINDS))
        self._nets: OrderedDict[str, Ranks] = OrderedDict()

    def leg(self, sd: float) -> NDArray[np.float64]:
        """(samples,) the quantile table of a leg's multipliers, of mean 1 and with that spread of their logarithms."""
        return _mean_one(sd * self._tails)

    def service(self, sd: float) -> NDArray[np.float64]:
        """(samples,) the same for visits."""
        return _mean_one(sd * self.normal)

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

    def noise(self, kind: str, stop_ids: Sequence[str], table: NDArray[np.float64]) -> NDArray[np.float32]:
        """(len(stop_ids), samples) multipliers from a quantile table by each stop's ranks."""
        noise = np.empty((len(stop_ids), self.samples), dtype=np.float32)
        nested_noise(self._keys(kind, stop_ids), table.astype(np.float32), noise)
        return noise

    def stop_noise(self, stop_id: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(samples,) multipliers each, with the priors' spreads: of the leg into a stop, and of the service there."""
        leg = self.noise("leg", [stop_id], self.leg(self._priors.leg_sd))
        return leg[0], self.noise("visit", [stop_id], self.service(self._priors.service_sd))[0]

    def shared_levels(self, kind: str, entity_id: str, group_id: str, share: float) -> NDArray[np.float64]:
        """(samples,) probability levels that the members of a group have in common as far as ``share`` (0 to 1) says:
        even each, and high together."""
        own, common = self.normal[self.ranks(kind, entity_id)], self.normal[self.ranks(f"{kind}-shared", group_id)]
        mixed = np.sqrt(share) * common + np.sqrt(1.0 - share) * own
        together: NDArray[np.float64] = self.levels[np.argsort(np.argsort(mixed, kind="stable"), kind="stable")]
        return together

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
