"""Finding known phrases in what people write: the one way in which their words are compared, whoever they are.

A phrase is met when its words come in its order, close together, without accents, case or small slips, and not denied.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Generic, TypeVar

M = TypeVar("M", bound=StrEnum)

_LONGEST = 1000  # characters that are read; nobody says more in a short message that we could act upon
_BETWEEN = 2  # words that may stand between those of a phrase
_DENIAL_REACH = 3  # words back in which a "not" still denies what follows
_APOSTROPHES = re.compile("['\N{RIGHT SINGLE QUOTATION MARK}]")
_MARKS = frozenset({"Mn", "Me", "Cf"})  # accents, keycaps, joiners


class Phrasebook(Generic[M]):
    """Phrases by what they mean. ``denials`` are words like "not", which undo a phrase that has none of them in it;
    ``further`` are other words that count as known, and are not taken for slips of those in the phrases."""

    def __init__(
        self, phrases: Mapping[M, Sequence[str]], denials: Collection[str], further: Collection[str] = ()
    ) -> None:
        self._denials = frozenset(denials)
        made = [self._phrase(meaning, text) for meaning, texts in phrases.items() for text in texts]
        self._phrases = tuple(sorted(made, key=lambda phrase: (-len(phrase.words), phrase.words)))
        of_phrases = {word for phrase in self._phrases for word in phrase.words}
        self._lexicon = frozenset(of_phrases | self._denials | set(further))

    def sentences(self, text: str) -> list[list[str]]:
        """The words of each sentence, as they are compared; sentences without any are left out."""
        return [words for part in re.split(r"[.!?;,\n]+", text[:_LONGEST]) if (words := self._words(part))]

    def meanings(self, words: Sequence[str]) -> set[M]:
        """Everything said in a sentence and not denied; longer phrases take their words first."""
        used: set[int] = set()
        said: set[M] = set()
        for phrase in self._phrases:
            for found in _occurrences(phrase.words, words):
                if used.isdisjoint(found):
                    used.update(found)
                    if phrase.is_whole or not self._is_denied(words, found):
                        said.add(phrase.meaning)
        return said

    def _phrase(self, meaning: M, text: str) -> "_Phrase[M]":
        words = tuple(text.split())
        return _Phrase(words, meaning, any(word in self._denials for word in words))

    def _is_denied(self, words: Sequence[str], found: Sequence[int]) -> bool:
        reach = range(max(0, found[0] - _DENIAL_REACH), found[-1])
        return any(words[i] in self._denials for i in reach if i not in found)

    def _words(self, text: str) -> list[str]:
        """The words without accents, case, punctuation or small slips: what the rules compare."""
        plain = unicodedata.normalize("NFKD", _APOSTROPHES.sub("", text.casefold()))
        kept = "".join(char for char in plain if unicodedata.category(char) not in _MARKS)
        return [self._mend(word) for word in re.findall(r"[a-z]+|\d+", kept)]

    def _mend(self, written: str) -> str:
        """A word that spells its umlauts out, or is one slip away from a known one, as that one; short words are left
        as they are."""
        if written in self._lexicon:
            return written  # "bueno" has no umlaut
        word = _folded(written)
        if word in self._lexicon or len(word) < 4:
            return word
        near = (known for known in self._by_first_letter.get(word[0], ()) if _is_slip(word, known))
        return next(near, word)

    @cached_property
    def _by_first_letter(self) -> Mapping[str, tuple[str, ...]]:
        words = sorted(word for word in self._lexicon if len(word) >= 4)
        return {letter: tuple(w for w in words if w[0] == letter) for letter in {word[0] for word in words}}


@dataclass(frozen=True, slots=True)
class _Phrase(Generic[M]):
    """``is_whole``: it has its own "not" in it, and another one before changes nothing."""

    words: tuple[str, ...]
    meaning: M
    is_whole: bool


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


def _folded(word: str) -> str:
    """Umlauts are written as ae or as a; both are read alike."""
    return word.replace("ae", "a").replace("oe", "o").replace("ue", "u")


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
