"""From a customer's words to a ``Reply``, by rules: digits bound to what was offered, and phrases in five languages.

Free text goes no further than this: nothing it says can be taken for an instruction. What the rules don't know for
sure is NOT_UNDERSTOOD, which costs one question back; a wrong guess would cost a delivery.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from forestall.domain.vocabulary import Reply
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

_LONGEST = 1000  # characters that are read; nobody says more in a text message that we could act upon
_BETWEEN = 2  # words that may stand between those of a phrase
_DENIAL_REACH = 3  # words back in which a "not" still denies what follows
_APOSTROPHES = re.compile("['\N{RIGHT SINGLE QUOTATION MARK}]")
_MARKS = frozenset({"Mn", "Me", "Cf"})  # accents, keycaps, joiners
# Of two meanings the first one holds the other, so both may be said; any other pair contradicts itself.
_INCLUDES = ((Reply.SAFE_PLACE, Reply.WILL_BE_THERE), (Reply.WILL_BE_THERE, Reply.LATE_IS_FINE))


def read_reply(text: str, choices: Mapping[str, str] | None = None) -> Reply:
    """What a reply means. ``choices`` are those of the newest offer still open, by digit; None when there is none."""
    sentences = _sentences(text)
    words = [word for sentence in sentences for word in sentence]
    if _wants_no_more(sentences, words):
        return Reply.STOP
    if " ".join(_bare(words)) in START_WORDS:
        return Reply.START
    said = {meaning for sentence in sentences for meaning in _meanings(sentence)}
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
    return _is_agreement([word for sentence in _sentences(text) for word in sentence])


def may_be_start(text: str) -> bool:
    """Whether a reply is a word for more messages again that may also mean something else."""
    return " ".join(_bare([word for sentence in _sentences(text) for word in sentence])) in START_OR_AGREED


def _sentences(text: str) -> list[list[str]]:
    return [words for part in re.split(r"[.!?;,\n]+", text[:_LONGEST]) if (words := _words(part))]


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


def _meanings(words: Sequence[str]) -> set[Reply]:
    """Everything said and not denied; longer phrases take their words first."""
    used: set[int] = set()
    said: set[Reply] = set()
    for phrase in _phrases():
        for found in _occurrences(phrase.words, words):
            if used.isdisjoint(found):
                used.update(found)
                if phrase.is_whole or not _is_denied(words, found):
                    said.add(phrase.meaning)
    return said


def _is_denied(words: Sequence[str], found: Sequence[int]) -> bool:
    reach = range(max(0, found[0] - _DENIAL_REACH), found[-1])
    return any(words[i] in UNLESS_DENIED for i in reach if i not in found)


def _occurrences(phrase: Sequence[str], words: Sequence[str]) -> Iterator[tuple[int, ...]]:
    """Where the phrase's words stand in that order, close together."""
    for start, word in enumerate(words):
        if word != phrase[0]:
            continue
        places = [start]
        for wanted in phrase[1:]:
            reach = range(places[-1] + 1, min(places[-1] + 2 + _BETWEEN, len(words)))
            place = next((i for i in reach if words[i] == wanted), None)
            if place is None:
                break
            places.append(place)
        if len(places) == len(phrase):
            yield tuple(places)


@dataclass(frozen=True, slots=True)
class _Phrase:
    """``is_whole``: it has its own "not" in it, and another one before changes nothing."""

    words: tuple[str, ...]
    meaning: Reply
    is_whole: bool


@cache
def _phrases() -> tuple[_Phrase, ...]:
    made = []
    for meaning, texts in PHRASES.items():
        for text in texts:
            words = tuple(text.split())
            made.append(_Phrase(words, meaning, any(word in UNLESS_DENIED for word in words)))
    return tuple(sorted(made, key=lambda phrase: (-len(phrase.words), phrase.words)))


@cache
def _lexicon() -> frozenset[str]:
    """Every word that a rule knows."""
    of_phrases = {word for phrase in _phrases() for word in phrase.words}
    alone = {word for text in (*KEYWORDS, *STOP_SENTENCES) for word in text.split()}
    return frozenset(of_phrases | alone | AGREED | FILLERS | UNLESS_DENIED | NUMBERS.keys())


def _words(text: str) -> list[str]:
    """The words without accents, case, punctuation or small slips: what the rules compare."""
    plain = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text.casefold()))
    kept = "".join(char for char in plain if unicodedata.category(char) not in _MARKS)
    return [_mended(fold(word)) for word in re.findall(r"[a-z]+|\d+", kept)]


def fold(word: str) -> str:
    """Umlauts are written as ae or as a; both are read alike."""
    return word.replace("ae", "a").replace("oe", "o").replace("ue", "u")


@cache
def _by_first_letter() -> Mapping[str, tuple[str, ...]]:
    words = sorted(word for word in _lexicon() if len(word) >= 4)
    return {letter: tuple(w for w in words if w[0] == letter) for letter in {word[0] for word in words}}


def _mended(word: str) -> str:
    """A word one slip away from a known one as that one; short words are left as they are."""
    if word in _lexicon() or len(word) < 4:
        return word
    near = (known for known in _by_first_letter().get(word[0], ()) if _is_slip(word, known))
    return next(near, word)


def _is_slip(word: str, known: str) -> bool:
    """Two letters swapped; in longer words also one too many, one missing, or one wrong."""
    if len(word) == len(known):
        differ = [i for i, (a, b) in enumerate(zip(word, known, strict=True)) if a != b]
        swapped = len(differ) == 2 and differ[1] == differ[0] + 1 and word[differ[0]] == known[differ[1]]
        if swapped and word[differ[1]] == known[differ[0]]:
            return True
        return len(differ) == 1 and len(word) >= 6
    longer, shorter = (word, known) if len(word) > len(known) else (known, word)
    if len(longer) - len(shorter) != 1 or len(longer) < 6:
        return False
    return any(longer[:i] + longer[i + 1 :] == shorter for i in range(len(longer)))
