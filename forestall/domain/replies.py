"""What has passed between us and the customer of one order: what was asked, what was answered, what is still unclear.

A customer's words become a ``Reply`` once, at the door (``intake.replies``); from then on only that word is used.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from forestall.domain.vocabulary import Reply

CONFIRM_PRESENCE, NOT_UNDERSTOOD = "confirm_presence", "not_understood"
"""Templates of the messages that ask: whether somebody will be there, and what was meant."""

_ANSWERS = frozenset({Reply.WILL_BE_THERE, Reply.SAFE_PLACE, Reply.ANOTHER_DAY})


@dataclass(frozen=True, slots=True)
class CustomerWord:
    """``asked_at``: when the customer was asked whether somebody will be there. ``answer`` is one of WILL_BE_THERE,
    SAFE_PLACE and ANOTHER_DAY, the newest. Until ``fine_until`` it may be late, by the customer's leave.

    ``unclear_at`` is when something was said last that nobody understood, or that a person is to answer;
    ``corrected_at`` when we asked back, which is done once.
    """

    asked_at: datetime | None = None
    answer: Reply | None = None
    answered_at: datetime | None = None
    fine_until: datetime | None = None
    understood_at: datetime | None = None
    unclear_at: datetime | None = None
    corrected_at: datetime | None = None

    @property
    def is_unclear(self) -> bool:
        """Whether the last thing said is still without an answer from us or from the customer."""
        return self.unclear_at is not None and (self.understood_at is None or self.understood_at < self.unclear_at)

    @property
    def is_to_be_corrected(self) -> bool:
        """Whether we should ask back."""
        return self.is_unclear and self.corrected_at is None

    @property
    def is_for_a_person(self) -> bool:
        """Whether asking back has not helped, or the customer wants to talk to somebody."""
        if self.unclear_at is None or self.corrected_at is None:
            return False
        return self.is_unclear and self.unclear_at >= self.corrected_at

    def heard(self, reply: Reply, at: datetime, told_until: datetime | None = None) -> "CustomerWord":
        """After a reply of ``at``; facts only join, so replies may come in any order. ``told_until`` is the end of the
        time the customer was told when saying that late is fine."""
        if reply is Reply.NOT_UNDERSTOOD:
            return replace(self, unclear_at=_latest(self.unclear_at, at))
        if reply is Reply.CALL_ME:
            return replace(self, unclear_at=_latest(self.unclear_at, at), corrected_at=self.corrected_at or at)
        word = replace(self, understood_at=_latest(self.understood_at, at))
        if reply in _ANSWERS and (self.answered_at is None or self.answered_at <= at):
            return replace(word, answer=reply, answered_at=at)
        if reply is Reply.LATE_IS_FINE and told_until is not None:
            return replace(word, fine_until=_latest(self.fine_until, told_until))
        return word


NOTHING_SAID = CustomerWord()


def _latest(known: datetime | None, at: datetime) -> datetime:
    return at if known is None else max(known, at)
