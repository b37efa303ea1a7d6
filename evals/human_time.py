"""How much of people's time a day took: an explicit model, for want of a stopwatch in a simulation.

The minutes are assumptions of ours, written down so that a reader can put in his own: the counts they multiply are
reported beside them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from forestall.domain.vocabulary import Verdict

APPROVAL_MIN = 2.0  # read what is asked, look at the map and at who gets worse, answer
GLANCE_MIN = 0.5  # a plan that runs unless vetoed: its line is read, and let pass
REFUSAL_MIN = 1.0  # on top, for whoever says no: the reason, and a word with the driver
ESCALATION_MIN = 5.0  # a case that the service hands back: there is no plan to agree to
EDIT_MIN = 5.0  # a version of one's own, reading included: what to change, and what that does to the others
UNDO_MIN = 3.0  # see what was done and what has happened since, take it back, and a word with the drivers


@dataclass(frozen=True, slots=True)
class HumanWork:
    """``asked``: questions that nothing happened without an answer to. ``glances``: plans that ran unless vetoed.
    ``answered`` counts those of ``asked`` that somebody answered with yes or no; ``refusals`` the answers that were no,
    vetoes among them; ``escalations`` the cases handed to people without a plan. ``edits``: versions of their own that
    people made, ``edits_unasked`` those of them that answered no question of ``asked``: in a veto window, or in a case
    they had taken over. ``undos``: decisions they took back."""

    asked: int = 0
    answered: int = 0
    glances: int = 0
    vetoes: int = 0
    refusals: int = 0
    escalations: int = 0
    edits: int = 0
    edits_unasked: int = 0
    undos: int = 0

    def __add__(self, other: "HumanWork") -> "HumanWork":
        return HumanWork(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    @property
    def decisions(self) -> int:
        """Decisions that people took: whoever lets a plan run has taken none, and one who answers by an edit one."""
        return self.asked + self.vetoes + self.escalations + self.edits_unasked + self.undos

    @property
    def minutes(self) -> float:
        """A question that nobody came to answer took nobody's time."""
        return (
            self.answered * APPROVAL_MIN
            + self.glances * GLANCE_MIN
            + self.refusals * REFUSAL_MIN
            + self.escalations * ESCALATION_MIN
            + self.edits * EDIT_MIN
            + self.undos * UNDO_MIN
        )


def work_on(approvals: Iterable[Mapping[str, Any]], escalations: int = 0, undos: int = 0) -> HumanWork:
    """The work behind the approval rows of a trace (JSON values), and behind so many escalations and undos."""
    given = list(approvals)
    rows = [row for row in given if not _is_own_version(row)]
    edits = len(given) - len(rows)
    questions = [row for row in rows if not row["is_veto"]]
    vetoes = sum(row["verdict"] == Verdict.VETOED for row in rows)
    return HumanWork(
        asked=len(questions),
        answered=sum(row["verdict"] in (Verdict.APPROVED, Verdict.REJECTED) for row in questions),
        glances=len(rows) - len(questions),
        vetoes=vetoes,
        refusals=vetoes + sum(row["verdict"] == Verdict.REJECTED for row in questions),
        escalations=escalations,
        edits=edits,
        edits_unasked=edits - sum(row["verdict"] == Verdict.EDITED for row in questions),
        undos=undos,
    )


def _is_own_version(row: Mapping[str, Any]) -> bool:
    """Whether the row is a person's version, which was answered by being made; nobody was asked about it."""
    return bool(row["verdict"] == Verdict.EDITED and row["expires_at"] == row["asked_at"])
