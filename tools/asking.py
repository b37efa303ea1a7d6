"""What asking a customer is worth: whether a message pays for the failed attempts that it prevents."""

from dataclasses import dataclass, field

from forestall.domain.forecast import StopForecast
from forestall.domain.vocabulary import Tier
from optimizer.prices import Prices
from optimizer.risk.priors import Priors


@dataclass(frozen=True, slots=True)
class Asking:
    """``helped``: the share of those who would not be there that an early question helps. ``message_cents`` is what a
    message costs, the customer's attention counted in; ``most_a_day`` how many a hub may ask (None: no limit)."""

    prices: Prices = field(default_factory=Prices)
    helped: float = field(default_factory=lambda: Priors().helped_if_asked)
    message_cents: int = 15
    most_a_day: int | None = None

    def misses_kept(self, score: StopForecast) -> float:
        """Expected promises that asking keeps: of those that the road would not break anyway."""
        return (1.0 - score.p_late) * score.p_failed * self.helped

    def worth(self, score: StopForecast, tier: Tier) -> float:
        """Price units gained by asking, the message paid; not above 0 where it does not pay."""
        return self.misses_kept(score) * self.prices.miss_of(tier) - self.prices.of_cents(self.message_cents)
