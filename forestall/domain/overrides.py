"""Overrides: where people decided otherwise than was proposed, and what became of both."""

from dataclasses import dataclass
from datetime import datetime

from forestall.domain.ids import CaseId, DecisionId, HubId
from forestall.domain.vocabulary import Autonomy, CaseKind, OverrideReason, Verdict


@dataclass(frozen=True, slots=True)
class OverrideScore:
    """One override, held against what then happened: ``done`` is what was decided, ``proposed`` what had been.

    ``stops`` are the deliveries that either plan concerns, and ``kept`` how many promises of theirs are kept when a
    plan is driven under the day as it was, unchanged to its end; ``kept_really`` is what came of them, later decisions
    and all. ``lateness`` and ``travel`` are sums, seconds (None: nobody can tell what was driven for these alone).
    ``kinds`` are the proposed actions but messages,
    ``autonomy`` how freely they might have run. ``role`` is that of the person ("" where nobody answered): who it was
    is not kept here, and no figure is about one worker.
    """

    decision_id: DecisionId
    case_id: CaseId
    plan_rev: int
    day: str
    hub_id: HubId
    decided_at: datetime
    scored_at: datetime
    case_kind: CaseKind
    verdict: Verdict
    reason: OverrideReason | None
    role: str
    kinds: tuple[str, ...]
    autonomy: Autonomy
    stops: int
    kept_done: int
    kept_proposed: int
    kept_really: int
    lateness_done_s: float
    lateness_proposed_s: float
    travel_done_s: float | None
    travel_proposed_s: float

    @property
    def gained(self) -> int:
        """How many more promises the person's way keeps; below 0 when the proposal would have kept more."""
        return self.kept_done - self.kept_proposed
