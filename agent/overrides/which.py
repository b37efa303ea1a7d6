"""Which decisions are overrides, and the two plans that each of them chose between."""

from dataclasses import dataclass

from forestall.domain.actions import Candidate
from forestall.domain.decisions import Decision, Proposal
from forestall.domain.vocabulary import ActionKind, Verdict

_LEFT_ALONE = frozenset({Verdict.REJECTED, Verdict.VETOED, Verdict.EXPIRED})
OVERRIDES = _LEFT_ALONE | {Verdict.EDITED, Verdict.WITHDRAWN, Verdict.UNDONE}
"""Verdicts by which people, or the lack of them, kept the service from having its way."""

WORDS = frozenset({ActionKind.NOTIFY_ETA, ActionKind.OFFER_RESCHEDULE, ActionKind.CARRIER_UPDATE})


@dataclass(frozen=True, slots=True)
class Choice:
    """The two ways to go on from one state: as was ``proposed``, and as was ``done``; None: with the routes as they
    were. ``as_it_came``: a person took the matter in hand, and no plan says what was done but what came of it."""

    proposed: Candidate | None
    done: Candidate | None
    as_it_came: bool = False

    @property
    def plans(self) -> tuple[Candidate, ...]:
        return tuple(plan for plan in (self.proposed, self.done) if plan is not None)


def choice_of(decision: Decision, proposal: Proposal) -> Choice | None:
    """The two ways of an override; None for a decision that is none."""
    if proposal.chosen is None:
        return None
    chosen = proposal.get_candidate(proposal.chosen)
    match decision.verdict:
        case verdict if verdict in _LEFT_ALONE:
            return Choice(proposed=chosen, done=None)
        case Verdict.WITHDRAWN:
            return Choice(proposed=chosen, done=None, as_it_came=True)
        case Verdict.EDITED:  # what had been recommended stands beside the person's version
            return Choice(proposed=next((c for c in proposal.candidates if c.id != chosen.id), None), done=chosen)
        case Verdict.UNDONE:  # the service would have let its earlier decision stand
            return Choice(proposed=None, done=chosen)
        case _:
            return None


def plan_kinds(candidate: Candidate) -> tuple[str, ...]:
    """The kinds of what a plan does on the road, messages apart."""
    return tuple(sorted({kind.value for kind in candidate.kinds if kind not in WORDS}))
