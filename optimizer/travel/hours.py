"""How traffic changes over the day."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HourFactors:
    """24 multipliers of travel time at the full hours, UTC, linear in between. The service's prior is flat: 1."""

    by_hour: tuple[float, ...] = (1.0,) * 24

    def __post_init__(self) -> None:
        if len(self.by_hour) != 24 or min(self.by_hour) <= 0:
            raise ValueError("hour factors are 24 numbers above 0")
