"""Which of our texts a reply answers.

A number is sent several texts a day, and a digit alone doesn't say which of them it is meant for: a "2" may leave the
parcel in a safe place or put it off to another day. Where the texts that wait for an answer read it differently, it is
asked back, whatever was sent last: who answers may not have seen that one yet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from forestall.domain.ids import OrderId
from forestall.domain.vocabulary import Reply
from forestall.intake.replies import is_agreement, read_reply


@dataclass(frozen=True, slots=True)
class OpenText:
    """A text whose choices are still open. ``told_until`` is the end of the time it told the customer, if it told one.
    ``is_answered``: its customer has said something since that was understood."""

    order_id: OrderId
    choices: Mapping[str, str]
    told_until: datetime | None = None
    is_answered: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """``rivals`` are what a reply may mean that could be meant for several texts; then it is NOT_UNDERSTOOD."""

    reply: Reply
    told_until: datetime | None = None
    rivals: tuple[Reply, ...] = ()


def read_among(said: str, order_id: OrderId, texts: Sequence[OpenText]) -> Reading:
    """What a reply about the order means, given every open text to its number, the newest last.

    The texts that nobody has answered count; once all are answered, all of them, for people change their minds. Words
    mean the same whatever was asked, and may settle what a digit beside them means. The order is the feed's word: texts
    about others of the number can make a reply doubtful, and never bind it.
    """
    waiting = [text for text in texts if not text.is_answered] or texts
    readings = {read_reply(said, text.choices) for text in waiting}
    meanings = readings - {Reply.NOT_UNDERSTOOD}
    # A digit can't be meant for a text that doesn't offer it; a mere "ok" can be, for any.
    if len(readings if is_agreement(said) else meanings) > 1:
        return Reading(Reply.NOT_UNDERSTOOD, rivals=tuple(sorted(meanings)))
    own = {read_reply(said, text.choices) for text in waiting if text.order_id == order_id}
    reply = next(iter(own & meanings), read_reply(said))
    return Reading(reply, _told_until(said, order_id, texts, reply))


def _told_until(said: str, order_id: OrderId, texts: Sequence[OpenText], reply: Reply) -> datetime | None:
    """By the newest text about the order that reads the reply like this."""
    alike = (t for t in reversed(texts) if t.order_id == order_id and read_reply(said, t.choices) is reply)
    newest = next(alike, None)
    return None if newest is None else newest.told_until
