"""From a customer's words to a ``Reply``, by rules: digits bound to what was offered, and phrases in five languages.

Free text goes no further than this: nothing it says can be taken for an instruction. What the rules don't know for
sure is NOT_UNDERSTOOD, which costs one question back; a wrong guess would cost a delivery.
"""

from collections.abc import Mapping, Sequence
from functools import cache

from forestall.domain.vocabulary import Reply
from forestall.intake.phrases import Phrasebook
from forestall.intake.replywords import (
    AGREED,
    FILLERS,
    KEYWORDS,
    NUMBERS,
    PHRASES,
    START_OR_AGREED,
    START_WORDS,
    STOP_SENTENCES,
    UNLESS_DENIED,
)

MEANING_OF_CHOICE: Mapping[str, Reply] = {
    "will_be_there": Reply.WILL_BE_THERE,
    "safe_place": Reply.SAFE_PLACE,
    "another_day": Reply.ANOTHER_DAY,
    "fine": Reply.LATE_IS_FINE,
    "late_today": Reply.LATE_IS_FINE,
    "call": Reply.CALL_ME,
}
"""What each choice that our messages offer means."""

# Of two meanings the first one holds the other, so both may be said; any other pair contradicts itself.
_INCLUDES = ((Reply.SAFE_PLACE, Reply.WILL_BE_THERE), (Reply.WILL_BE_THERE, Reply.LATE_IS_FINE))


def read_reply(text: str, choices: Mapping[str, str] | None = None) -> Reply:
    """What a reply means. ``choices`` are those of the newest offer still open, by digit; None when there is none."""
    sentences = _book().sentences(text)
    words = [word for sentence in sentences for word in sentence]
    if _wants_no_more(sentences, words):
        return Reply.STOP
    if " ".join(_bare(words)) in START_WORDS:
        return Reply.START
    said = {meaning for sentence in sentences for meaning in _book().meanings(sentence)}
    if said & {Reply.STOP, Reply.CALL_ME}:
        return Reply.STOP if Reply.STOP in said else Reply.CALL_ME
    choice, rest = _choice(words)
    if choice is not None:
        return _chosen(choice, rest, said, choices or {})
    if not said:
        return _agreed(choices or {}) if _is_agreement(words) else Reply.NOT_UNDERSTOOD
    return _one_of(said)


def is_agreement(text: str) -> bool:
    """Whether a reply says yes and nothing else, whatever it says yes to."""
    return _is_agreement([word for sentence in _book().sentences(text) for word in sentence])


def may_be_start(text: str) -> bool:
    """Whether a reply is a word for more messages again that may also mean something else."""
    return " ".join(_bare([word for sentence in _book().sentences(text) for word in sentence])) in START_OR_AGREED


def _chosen(digit: str, rest: Sequence[str], said: set[Reply], choices: Mapping[str, str]) -> Reply:
    """A digit, if it was offered and the words beside it say nothing else."""
    meaning = MEANING_OF_CHOICE.get(choices.get(digit, ""))
    if meaning is None or (rest and not said):
        return Reply.NOT_UNDERSTOOD
    return _one_of({meaning, *said})


def _one_of(said: set[Reply]) -> Reply:
    for stronger, weaker in _INCLUDES:
        if stronger in said:
            said = said - {weaker}
    return next(iter(said)) if len(said) == 1 else Reply.NOT_UNDERSTOOD


def _agreed(choices: Mapping[str, str]) -> Reply:
    """A mere "ok": to a question whether somebody will be there it says yes, to news of a delay that it is fine."""
    first = choices.get("1")
    return MEANING_OF_CHOICE[first] if first in {"will_be_there", "fine"} else Reply.NOT_UNDERSTOOD


def _is_agreement(words: Sequence[str]) -> bool:
    bare = _bare(words)
    return bool(bare) and all(word in AGREED for word in bare)


def _choice(words: Sequence[str]) -> tuple[str | None, list[str]]:
    """The digit the reply begins with, and what else it says; a number in words counts alone ("un" is an article)."""
    bare = _bare(words)
    if not bare or bare[0] not in NUMBERS or (len(bare) > 1 and not bare[0].isdigit()):
        return None, []
    return NUMBERS[bare[0]], bare[1:]


def _wants_no_more(sentences: Sequence[Sequence[str]], words: Sequence[str]) -> bool:
    """The networks' own keywords, alone; and those of them that mean nothing else, as a sentence of their own."""
    if " ".join(_bare(words)) in KEYWORDS:
        return True
    return any(" ".join(_bare(sentence)) in STOP_SENTENCES for sentence in sentences)


def _bare(words: Sequence[str]) -> list[str]:
    return [word for word in words if word not in FILLERS]


@cache
def _book() -> Phrasebook[Reply]:
    alone = {word for text in (*KEYWORDS, *STOP_SENTENCES) for word in text.split()}
    return Phrasebook(PHRASES, UNLESS_DENIED, alone | AGREED | FILLERS | NUMBERS.keys())
