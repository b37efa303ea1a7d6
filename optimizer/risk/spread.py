"""Evenly spread ranks from a key, compiled: where luck comes from.

Two kinds. A *nested Latin hypercube* for what a stop has to itself: all ranks once, and each run of 64 samples takes
one from each 64th of the range; independent orders for independent keys. A *scrambled net* for what a route has: the
points of a Sobol sequence, of which each run of 64 is evenly spread in several dimensions at once; Owen's nested
scrambling makes them the key's own, and the samples within the runs are shuffled, else two routes' nets would know of
each other.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from optimizer.compiling import compiled
from optimizer.kernel import SEARCH_SAMPLES as RUN
from optimizer.kernel import Ints

Ranks = NDArray[np.uint16]
Keys = NDArray[np.uint64]

# SplitMix64 (Steele, Lea and Flood 2014): a counter, and a mix of it.
_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX_A, _MIX_B = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_30, _27, _31, _32, _ONE = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(32), np.uint64(1)
_LOWER = np.uint64(0xFFFFFFFF)


def sobol_points(samples: int, dimensions: int) -> Ints:
    """(dimensions, samples) the first points of the Sobol sequence, as whole numbers below the next power of two."""
    bits = (samples - 1).bit_length()
    points = qmc.Sobol(dimensions, scramble=False).random_base2(bits)[:samples]
    return np.ascontiguousarray((points.T * 2**bits).astype(np.int64))


@compiled
def _mixed(state: np.uint64) -> np.uint64:
    state = (state ^ (state >> _30)) * _MIX_A
    state = (state ^ (state >> _27)) * _MIX_B
    return state ^ (state >> _31)


@compiled
def _shuffle(state: np.uint64, values: Ints, low: int, high: int) -> np.uint64:
    """Shuffle ``values[low:high]`` (Fisher and Yates), two steps for each mix; the next state."""
    i = high - 1
    while i > low:
        state += _STEP
        mix = _mixed(state)
        j = low + np.int64(((mix >> _32) * np.uint64(i - low + 1)) >> _32)
        values[i], values[j] = values[j], values[i]
        i -= 1
        if i > low:
            j = low + np.int64(((mix & _LOWER) * np.uint64(i - low + 1)) >> _32)
            values[i], values[j] = values[j], values[i]
            i -= 1
    return state


@compiled
def _nest(key: np.uint64, share: Ints, ranks: Ints) -> None:
    """Fill ``ranks`` (S,) with a permutation of which each run of 64 takes one from each 64th of the range.

    Which part of a 64th a run gets is a shuffled order (``share``, (runs,), is room for it), begun elsewhere for each.
    """
    runs, state = share.size, key
    for run in range(runs):
        share[run] = run
    state = _shuffle(state, share, 0, runs)
    for stratum in range(RUN):
        state += _STEP
        at = np.int64(((_mixed(state) >> _32) * np.uint64(runs)) >> _32)
        for run in range(runs):
            ranks[run * RUN + stratum] = stratum * runs + share[at]
            at = np.int64(at + 1 if at + 1 < runs else 0)
    for run in range(runs):
        state = _shuffle(state, ranks, run * RUN, (run + 1) * RUN)


@compiled
def nested_ranks(key: np.uint64, ranks: Ranks) -> None:
    """Fill ``ranks`` (S,) with the key's nested Latin hypercube."""
    order = np.empty(ranks.size, dtype=np.int64)
    _nest(key, np.empty(ranks.size // RUN, dtype=np.int64), order)
    for s in range(ranks.size):
        ranks[s] = order[s]


@compiled
def nested_noise(keys: Keys, table: NDArray[np.float32], noise: NDArray[np.float32]) -> None:
    """Fill ``noise`` (n, S) with ``table`` (S,) in the order of each key's nested Latin hypercube."""
    order, share = np.empty(table.size, dtype=np.int64), np.empty(table.size // RUN, dtype=np.int64)
    for k in range(keys.size):
        _nest(keys[k], share, order)
        for s in range(table.size):
            noise[k, s] = table[order[s]]


@compiled
def net_ranks(key: np.uint64, points: Ints, ranks: Ranks) -> None:
    """Fill ``ranks`` (D, S) with the net ``points`` (D, S; see ``sobol_points``) scrambled and shuffled by the key."""
    dimensions, samples = points.shape
    order = np.empty(samples, dtype=np.int64)
    state = _shuffled_runs(key, order)
    bits = 0
    while 1 << bits < samples:
        bits += 1
    flips = np.empty(1 << bits, dtype=np.int64)
    holder = np.empty(1 << bits, dtype=np.int64)
    for d in range(dimensions):
        for node in range(flips.size):  # one coin for each node of the binary tree
            state += _STEP
            flips[node] = np.int64(_mixed(state) & _ONE)
        holder[:] = -1
        for i in range(samples):
            point, node, scrambled = points[d, i], 1, 0
            for bit in range(bits - 1, -1, -1):
                digit = (point >> bit) & 1
                scrambled = 2 * scrambled + (digit ^ flips[node])
                node = 2 * node + digit
            holder[scrambled] = i
        rank = 0
        for value in range(holder.size):
            if holder[value] >= 0:
                flips[holder[value]] = rank  # the coins have been tossed: their room holds the ranks by point
                rank += 1
        for s in range(samples):
            ranks[d, s] = flips[order[s]]


@compiled
def _shuffled_runs(key: np.uint64, order: Ints) -> np.uint64:
    """Fill ``order`` (S,) with the samples, runs and samples within runs shuffled; the next state."""
    runs = np.arange(order.size // RUN)
    state = _shuffle(key, runs, 0, runs.size)
    for run in range(runs.size):
        for i in range(RUN):
            order[run * RUN + i] = runs[run] * RUN + i
        state = _shuffle(state, order, run * RUN, (run + 1) * RUN)
    return state
