"""The deterministic planner: most loss avoided first, and doing nothing must be beaten by a margin."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from forestall.domain.actions import Candidate, Judgement
from forestall.domain.ids import CandidateId


@dataclass(frozen=True, slots=True)
class RulePlanner:
    """``margin`` is the gain, in price units, below which doing nothing is better; ``price_per_cent`` weighs money."""

    margin: float = 2400.0
    price_per_cent: float = 1.0
    name: str = "rules"

    def rank(
        self, candidates: Sequence[Candidate], judgements: Mapping[CandidateId, Judgement]
    ) -> tuple[CandidateId, ...]:
        """Ids of the candidates that beat doing nothing by the margin, best first; equal ones by id."""
        worth = {c.id: self.net_gain(c, judgements[c.id]) for c in candidates if c.id in judgements}
        beating = [candidate_id for candidate_id, net in worth.items() if net >= self.margin]
        return tuple(sorted(beating, key=lambda candidate_id: (-worth[candidate_id], candidate_id)))

    def net_gain(self, candidate: Candidate, judgement: Judgement) -> float:
        """Loss avoided minus the money it costs, in price units."""
        return judgement.gain - candidate.cost_cents * self.price_per_cent
