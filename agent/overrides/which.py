"""Which decisions are overrides, and the two plans that each of them chose between."""

from dataclasses import dataclass

from forestall.domain.actions import Candidate
from forestall.domain.decisions import Decision, Proposal
from forestall.domain.vocabulary import ActionKind, Verdict

# What was chosen instead of the recommended plan: to leave things as they were.
_LEFT_ALONE = frozenset({Verdict.REJECTED, Verdict.VETOED, Verdict.EXPIRED})
OVERRIDES = _LEFT_ALONE
"""Verdicts by which a person, or the lack of one, kept a plan that policy allowed from being carried out as it was."""

WORDS = frozenset({ActionKind.NOTIFY_ETA, ActionKind.OFFER_RESCHEDULE, ActionKind.CARRIER_UPDATE})


@dataclass(frozen=True, slots=True)
class Choice:
    """``proposed`` was recommended, ``done`` was carried out in its place; None: the routes were left as they were."""

    proposed: Candidate
    done: Candidate | None

    @property
    def routes_are_concerned(self) -> bool:
        """Whether either plan would change a route: only what is driven can be driven again."""
        return any(candidate.route_changes for candidate in (self.proposed, self.done) if candidate is not None)


def choice_of(decision: Decision, proposal: Proposal) -> Choice | None:
    """The two plans of an override; None for a decision that is none."""
    if decision.verdict not in OVERRIDES or proposal.chosen is None:
        return None
    return Choice(proposal.get_candidate(proposal.chosen), None)


def plan_kinds(candidate: Candidate) -> tuple[str, ...]:
    """The kinds of what a plan does on the road, messages apart."""
    return tuple(sorted({kind.value for kind in candidate.kinds if kind not in WORDS}))
