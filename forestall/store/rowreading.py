"""From what the database driver gives straight to values and to their digests, a hundred thousand rows at a time.

``Mapper.from_row`` and ``codec.digest`` say what the results are; here is the short way to the same: column by column,
so that the work on a cell is a step of a list comprehension and not a call. A digest is taken over the canonical text
of a value, and most of a row is that text already: instants and JSON are kept in its form.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import is_dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import blake2b
from json.encoder import encode_basestring
from math import isfinite
from typing import Any, Generic, TypeAlias, TypeVar, get_args

from sqlalchemy import Boolean, Dialect
from sqlalchemy.types import TypeEngine

from forestall.store import codec
from forestall.store.columns import Instant, Json, Word
from forestall.store.instants import as_utc, to_text
from forestall.store.mapping import Mapper

T = TypeVar("T")
_Column: TypeAlias = Sequence[Any]
_Convert = Callable[[_Column], _Column]
_Texts = Callable[[_Column], list[str]]


class RowReader(Generic[T]):
    """Reads the rows of one mapper as one dialect's driver gives them."""

    def __init__(self, mapper: Mapper[T], dialect: Dialect) -> None:
        self._from_columns = mapper.from_columns
        types = [column.type for column in mapper.columns]
        self._converts = [_converter(kind, dialect) for kind in types]
        paths = sorted((path.split("."), i) for i, path in enumerate(mapper.paths))
        self._template = _template([path for path, _ in paths])
        self._texts = [(i, _texts(types[i], mapper.hints[i], dialect)) for _, i in paths]

    def values(self, rows: Sequence[Sequence[Any]]) -> list[T]:
        """The value of each row."""
        if not rows:
            return []
        columns = zip(*rows, strict=True)
        return self._from_columns([convert(column) for convert, column in zip(self._converts, columns, strict=True)])

    def digests(self, rows: Sequence[Sequence[Any]]) -> list[bytes]:
        """``codec.digest`` of each row's value."""
        if not rows:
            return []
        columns = list(zip(*rows, strict=True))
        cells = zip(*(texts(columns[i]) for i, texts in self._texts), strict=True)
        template = self._template
        return [blake2b((template % row).encode(), digest_size=16).digest() for row in cells]


def _template(paths: list[list[str]]) -> str:
    """What stands around the cells in the canonical text, for ``%``: the names in order, embedded values nested."""
    text, inside = "", ""
    for path in paths:
        owner = path[0] if len(path) > 1 else ""
        if inside and owner != inside:
            text += "}"
        text += "," if text and not text.endswith("{") else ""
        if owner and owner != inside:
            text += f'"{owner}":{{'
        inside = owner
        text += f'"{path[-1]}":%s'
    return "{" + text + ("}" if inside else "") + "}"


def _converter(kind: TypeEngine[Any], dialect: Dialect) -> _Convert:
    """From a driver's cells to what the column means."""
    if isinstance(kind, Word):
        members = _Members(kind.vocabulary)
        return lambda column: [None if cell is None else members[cell] for cell in column]
    if isinstance(kind, Json):
        decode = codec.decoder(kind.hint)
        return lambda column: _parsed(column, decode)
    if isinstance(kind, Instant):
        # ``from_text``, without a call around it
        read: Callable[[Any], Any] = datetime.fromisoformat if dialect.name == "sqlite" else as_utc
        return lambda column: [None if cell is None else read(cell) for cell in column]
    if isinstance(kind, Boolean):
        return lambda column: [None if cell is None else bool(cell) for cell in column]
    return lambda column: column


def _parsed(column: _Column, decode: Callable[[Any], Any]) -> list[Any]:
    """The values of JSON texts, each text read once: sizes, skills and the like come in few forms."""
    known = dict.fromkeys(cell for cell in column if cell is not None)
    plain = json.loads(f"[{','.join(known)}]")  # one call for all of them
    values = dict(zip(known, map(decode, plain), strict=True))
    return [None if cell is None else values[cell] for cell in column]


class _Members(dict[str, StrEnum]):
    """The members of a vocabulary by word; a word that has left it is a ValueError, as ever."""

    def __init__(self, vocabulary: type[StrEnum]) -> None:
        super().__init__({member.value: member for member in vocabulary})
        self._vocabulary = vocabulary

    def __missing__(self, word: str) -> StrEnum:
        return self._vocabulary(word)


def _texts(kind: TypeEngine[Any], hint: Any, dialect: Dialect) -> _Texts:
    """From a driver's cells to their pieces of the canonical text."""
    if isinstance(kind, Instant):
        if dialect.name == "sqlite":
            return lambda column: ["null" if cell is None else f'"{cell}"' for cell in column]
        return lambda column: ["null" if cell is None else f'"{to_text(cell)}"' for cell in column]
    if isinstance(kind, Word):
        return _SCALARS[str]
    if isinstance(kind, Json) and not _holds_dataclass(kind.hint):
        return lambda column: ["null" if cell is None else cell for cell in column]
    if (scalar := codec.scalar_of(hint)) is not None:
        return _SCALARS[scalar]
    encode, convert = codec.encoder(hint), _converter(kind, dialect)
    return lambda column: ["null" if value is None else codec.canonical(encode(value)) for value in convert(column)]


def _string_texts(column: _Column) -> list[str]:
    return ["null" if cell is None else encode_basestring(cell) for cell in column]


def _float_texts(column: _Column) -> list[str]:
    return ["null" if cell is None else _float_text(cell) for cell in column]


def _float_text(raw: float) -> str:
    return float.__repr__(float(raw)) if isfinite(raw) else codec.canonical(raw)


def _int_texts(column: _Column) -> list[str]:
    return ["null" if cell is None else int.__repr__(int(cell)) for cell in column]


def _bool_texts(column: _Column) -> list[str]:
    """PostgreSQL gives booleans as such, SQLite as 0 and 1."""
    return ["null" if cell is None else "true" if cell else "false" for cell in column]


_SCALARS: dict[type, _Texts] = {str: _string_texts, float: _float_texts, int: _int_texts, bool: _bool_texts}


def _holds_dataclass(hint: Any) -> bool:
    """Whether the kept text may lack fields that the class has got since, and so is not canonical for the value."""
    return is_dataclass(hint) or any(_holds_dataclass(part) for part in get_args(hint))
