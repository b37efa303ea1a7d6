"""The holdout: a few low-stakes cases, by lot, are planned and left alone, so that somebody sees what happens then.

Wherever the agent acts, nobody learns whether the forecast was right. Opt-in, and never where much is at stake.
"""

from dataclasses import dataclass
from hashlib import blake2b

from forestall.domain.actions import Candidate
from forestall.domain.cases import Case
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import CaseKind, Tier


@dataclass(frozen=True, slots=True)
class Holdout:
    """``share`` of low-stakes cases that are left alone; ``most_misses``: a case that expects more is never one."""

    share: float = 0.0
    most_misses: float = 1.0
    seed: int = 1

    def takes(self, case: Case, candidate: Candidate, snapshot: HubSnapshot) -> bool:
        """Whether the plan of this case is not carried out, by lot."""
        return self.draw(case) < self.share and self.is_low_stakes(case, candidate, snapshot)

    def draw(self, case: Case) -> float:
        """In [0, 1), by seed and case alone: a case that is planned again draws the same lot."""
        digest = blake2b(f"{self.seed}:holdout:{case.id}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") / 2**64

    def describe(self, case: Case) -> dict[str, object]:
        """For the record of a case that was taken."""
        return {"share": self.share, "draw": round(self.draw(case), 6), "seed": self.seed}

    def is_low_stakes(self, case: Case, candidate: Candidate, snapshot: HubSnapshot) -> bool:
        """A mere risk of some standard stops being late: nothing has happened, nobody paid for more."""
        if case.kind is not CaseKind.WINDOW_MISS_RISK or case.severity > self.most_misses:
            return False
        touched = {stop_id for change in candidate.route_changes for stop_id in change.stop_ids} | set(case.stop_ids)
        stops = [snapshot.stops[stop_id] for stop_id in touched if stop_id in snapshot.stops]
        return all(stop.order_id is None or snapshot.orders[stop.order_id].tier is Tier.STANDARD for stop in stops)
