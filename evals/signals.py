"""How vehicles' devices report: how often, how exactly, by which clock, and what gets lost or late on the way."""

from dataclasses import dataclass
from hashlib import blake2b
from math import cos, radians

import numpy as np
from numpy.typing import NDArray

from evals.draws import Draws
from evals.profile import Signals as Rules
from forestall.domain.ids import VehicleId

METRES_PER_DEGREE = 111_320.0
_SECONDS_A_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Fix:
    """What the receiver makes of one slot of the day: how far off it is, and whether the report gets through."""

    north_m: float
    east_m: float
    is_lost: bool

    def blur(self, lat: float, lon: float) -> tuple[float, float]:
        """(lat, lon) as it is reported."""
        return (
            round(lat + self.north_m / METRES_PER_DEGREE, 6),
            round(lon + self.east_m / (METRES_PER_DEGREE * cos(radians(lat))), 6),
        )


class Device:
    """A vehicle's device. Its slots are ``every_s`` apart, the first one ``begins_at`` (Unix seconds).

    The noise of a slot belongs to (seed, vehicle, slot), whatever the vehicle does then.
    """

    def __init__(self, vehicle_id: VehicleId, rules: Rules, draws: Draws, opens_at: float) -> None:
        self._rules = rules
        self.every_s = round(draws.between(rules.every_from_s, rules.every_to_s, "reports-every", vehicle_id))
        self.begins_at = opens_at + 1 + int(draws.unit("reports-from", vehicle_id) * self.every_s)
        offset_s = rules.clock_offset_s
        self.clock_offset_s = round(draws.between(-offset_s, offset_s, "clock-offset", vehicle_id))
        seed = int.from_bytes(blake2b(str(draws.unit("jitter", vehicle_id)).encode(), digest_size=8).digest(), "big")
        slots = 2 * _SECONDS_A_DAY // self.every_s + 1  # a day may run over midnight
        self._noise: NDArray[np.float32] = np.random.default_rng(seed).random((slots, 3), dtype=np.float32)

    def fix_at(self, instant: float) -> Fix:
        """The fix of the slot that ``instant`` falls into."""
        slot = int(instant - self.begins_at) // self.every_s
        north, east, luck = self._noise[slot % len(self._noise)]
        jitter_m = self._rules.jitter_m
        return Fix(jitter_m * (2 * float(north) - 1), jitter_m * (2 * float(east) - 1), bool(luck < self._rules.lost))


class Noise:
    """What becomes of an event on its way: it comes twice, or late. Drawn by what it says, so the same in every run."""

    def __init__(self, rules: Rules, draws: Draws) -> None:
        self._rules, self._draws = rules, draws
        self.is_quiet = rules.duplicated == 0 and rules.delayed == 0

    def delays(self, about: str) -> tuple[float, ...]:
        """By how many seconds each copy of an event comes late; one copy for most."""
        rules, draws = self._rules, self._draws
        late_s = 0.0
        if draws.happens(rules.delayed, "delayed", about):
            late_s = float(round(draws.between(0, rules.delay_s, "delay", about)))
        if not draws.happens(rules.duplicated, "duplicated", about):
            return (late_s,)
        return late_s, late_s + round(draws.between(0, rules.delay_s, "copy", about))
