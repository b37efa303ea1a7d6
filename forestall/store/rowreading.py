"""From what the database driver gives straight to values and to their digests, a hundred thousand rows at a time.

``Mapper.from_row`` and ``codec.digest`` say what the results are; here is the short way to the same. A digest is taken
over the canonical text of a value, and most of a row is that text already: instants and JSON are kept in its form.
"""

from collections.abc import Callable, Sequence
from dataclasses import is_dataclass
from enum import StrEnum
from functools import lru_cache
from hashlib import blake2b
from json.encoder import encode_basestring
from math import isfinite
from operator import itemgetter
from typing import Any, Generic, TypeVar, get_args

from sqlalchemy import Boolean, Dialect
from sqlalchemy.types import TypeEngine

from forestall.store import codec
from forestall.store.columns import Instant, Json, Word
from forestall.store.instants import to_text
from forestall.store.mapping import Mapper

T = TypeVar("T")
_Convert = Callable[[Any], Any]
_Fragment = Callable[[Any], str]
# Sizes, skills and the like come in few forms; what is longer is hardly ever the same twice.
_KNOWN_TEXTS = 4096


class RowReader(Generic[T]):
    """Reads the rows of one mapper as one dialect's driver gives them."""

    def __init__(self, mapper: Mapper[T], dialect: Dialect) -> None:
        self._from_row = mapper.from_row
        types = [column.type for column in mapper.columns]
        self._converts = [
            (i, convert) for i, kind in enumerate(types) if (convert := _converter(kind, dialect)) is not None
        ]
        paths = sorted((path.split("."), i) for i, path in enumerate(mapper.paths))
        self._constants = _constants([path for path, _ in paths])
        self._pick = itemgetter(*(i for _, i in paths))
        self._fragments = [
            _fragment(types[i], mapper.hints[i], convert=_converter(types[i], dialect)) for _, i in paths
        ]

    def value(self, raw: Sequence[Any]) -> T:
        """The value of a row."""
        row = list(raw)
        for i, convert in self._converts:
            if row[i] is not None:
                row[i] = convert(row[i])
        return self._from_row(row)

    def digest(self, raw: Sequence[Any]) -> bytes:
        """``codec.digest`` of the row's value."""
        texts = [
            "null" if cell is None else fragment(cell)
            for cell, fragment in zip(self._pick(raw), self._fragments, strict=True)
        ]
        return blake2b(self._constants.format(*texts).encode(), digest_size=16).digest()


def _constants(paths: list[list[str]]) -> str:
    """What stands around the cells in the canonical text, as a format: the names in order, embedded values nested."""
    text, inside = "", ""
    for path in paths:
        owner = path[0] if len(path) > 1 else ""
        if inside and owner != inside:
            text += "}}"
        text += "," if text and not text.endswith("{{") else ""
        if owner and owner != inside:
            text += f'"{owner}":{{{{'
        inside = owner
        text += f'"{path[-1]}":{{}}'
    return "{{" + text + ("}}" if inside else "") + "}}"


def _converter(kind: TypeEngine[Any], dialect: Dialect) -> _Convert | None:
    """From a driver's cell, other than NULL, to what the column means; None where that is the cell itself."""
    if isinstance(kind, Word):
        return _Members(kind.vocabulary).__getitem__
    if isinstance(kind, Json):
        hint = kind.hint
        return lru_cache(_KNOWN_TEXTS)(lambda text: codec.loads(hint, text))
    if isinstance(kind, Instant):
        return lambda raw: kind.process_result_value(raw, dialect)
    return bool if isinstance(kind, Boolean) else None


class _Members(dict[str, StrEnum]):
    """The members of a vocabulary by word; a word that has left it is a ValueError, as ever."""

    def __init__(self, vocabulary: type[StrEnum]) -> None:
        super().__init__({member.value: member for member in vocabulary})
        self._vocabulary = vocabulary

    def __missing__(self, word: str) -> StrEnum:
        return self._vocabulary(word)


def _fragment(kind: TypeEngine[Any], hint: Any, convert: _Convert | None) -> _Fragment:
    """From a driver's cell to its piece of the canonical text."""
    if isinstance(kind, Instant):
        return lambda raw: f'"{raw if isinstance(raw, str) else to_text(raw)}"'
    if isinstance(kind, Word):
        return encode_basestring
    if isinstance(kind, Json) and not _holds_dataclass(kind.hint):
        return str
    if (scalar := codec.scalar_of(hint)) is not None:
        return _SCALARS[scalar]
    encode = codec.encoder(hint)
    return lambda raw: codec.canonical(encode(convert(raw) if convert else raw))


def _float_text(raw: float) -> str:
    return float.__repr__(float(raw)) if isfinite(raw) else codec.canonical(raw)


# PostgreSQL gives booleans as such, SQLite as 0 and 1.
_SCALARS: dict[type, _Fragment] = {
    str: encode_basestring,
    float: _float_text,
    int: lambda raw: int.__repr__(int(raw)),
    bool: lambda raw: "true" if raw else "false",
}


def _holds_dataclass(hint: Any) -> bool:
    """Whether the kept text may lack fields that the class has got since, and so is not canonical for the value."""
    return is_dataclass(hint) or any(_holds_dataclass(part) for part in get_args(hint))
