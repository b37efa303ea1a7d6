"""What things cost, in the worth of one second of driving, so that losses and plans can be compared."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from forestall.domain.vocabulary import Tier


@dataclass(frozen=True, slots=True)
class Prices:
    """Loss J = travel + lateness + ``miss`` x P(late) + undone, over the routes looked at.

    ``miss`` beside ``lateness_per_s`` makes the number of broken promises count most while no stop is sacrificed
    without limit to save others. Lateness is priced up to ``lateness_cap_s``: a customer who has waited that long has
    lost the day, and the cap is what lets ``undone`` exceed any late delivery without drowning everything else. Later
    than ``gross_after_s`` a stop costs ``gross_share`` of a miss more, so that few are made very late to save others.
    Moves are priced because every change costs drivers and dock workers attention: ``move`` per stop that changes
    vehicles, ``churn`` per stop that changes its place in its own route. ``cent`` turns money into price units.
    Lateness that its customer has said is fine costs ``eased_share`` of what it otherwise would; the miss stays.
    """

    travel_per_s: float = 2.0
    lateness_per_s: float = 5.0
    lateness_cap_s: float = 4 * 3600.0
    miss: float = 36_000.0
    gross_after_s: float = 3600.0
    gross_share: float = 5.0
    eased_share: float = 0.5
    undone_extra: float = 3_600.0
    move: float = 300.0
    churn: float = 60.0
    hand_over: float = 600.0
    cent: float = 12.0  # a missed promise is worth about 30 euros: a new attempt, a call, part of a customer
    tier_weights: Mapping[Tier, float] = field(default_factory=lambda: {Tier.STANDARD: 1.0, Tier.PRIORITY: 2.0})

    def miss_of(self, tier: Tier) -> float:
        """The price of one broken promise of that tier."""
        return self.miss * self.tier_weights[tier]

    def undone_of(self, tier: Tier) -> float:
        """The price of a stop never attempted: above the price of any late delivery of that tier."""
        worst_late = self.miss_of(tier) * (1.0 + self.gross_share) + self.lateness_of(tier) * self.lateness_cap_s
        return worst_late + self.undone_extra

    def lateness_of(self, tier: Tier) -> float:
        """The price of a second of lateness of that tier."""
        return self.lateness_per_s * self.tier_weights[tier]

    def of_cents(self, cents: int) -> float:
        """Money in price units (a carrier's charge, a text message)."""
        return self.cent * cents
