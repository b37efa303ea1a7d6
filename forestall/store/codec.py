"""Domain values to JSON text and back, exactly, guided by their type annotations.

Conventions: a dataclass is an object of its fields, an instant is fixed-width UTC text, an enum its value, a tuple an
array, a frozenset a sorted array. Fields annotated ``object`` hold JSON values; tuples in them become arrays, and
anything that JSON can't say (a datetime, a NaN) is refused when written rather than bent. Reading ignores fields that
the class no longer has and fills missing ones from their defaults, so that old rows stay readable.
"""

import json
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from hashlib import blake2b
from operator import attrgetter
from typing import Any, NewType, TypeVar, Union, get_args, get_origin, get_type_hints, overload

from forestall.store.instants import from_text, to_text

T = TypeVar("T")
_Convert = Callable[[Any], Any]
_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def dumps(hint: Any, value: object) -> str:
    """Canonical JSON text of ``value``, a ``hint``: sorted keys, no spaces; equal values give equal text."""
    return canonical(encoder(hint)(value))


@overload
def loads(hint: type[T], text: str | bytes) -> T: ...
@overload
def loads(hint: Any, text: str | bytes) -> Any: ...
def loads(hint: Any, text: str | bytes) -> Any:
    """The value of type ``hint`` that ``dumps`` wrote."""
    return decoder(hint)(json.loads(text))


def canonical(plain: object) -> str:
    """One text for one JSON value; NaN and infinities are a ValueError."""
    return _CANONICAL.encode(plain)


def digest(value: object) -> bytes:
    """16 bytes that stand for a dataclass value's content."""
    return blake2b(dumps(type(value), value).encode(), digest_size=16).digest()


@cache
def encoder(hint: Any) -> _Convert:
    """The function that turns a ``hint`` into plain JSON values."""
    hint = _resolve(hint)
    if (inner := _optional(hint)) is not None:
        encode = encoder(inner)
        return lambda value: None if value is None else encode(value)
    if is_dataclass(hint):
        return _dataclass_encoder(hint)
    if hint is object or hint is Any:
        return plain_json
    if isinstance(hint, type) and issubclass(hint, Enum):
        return attrgetter("value")
    if hint is datetime:
        return to_text
    if hint in (str, int, float, bool):
        return _same if hint is str else hint
    return _collection_encoder(hint)


@cache
def decoder(hint: Any) -> _Convert:
    """The function that turns plain JSON values back into a ``hint``."""
    hint = _resolve(hint)
    if (inner := _optional(hint)) is not None:
        decode = decoder(inner)
        return lambda plain: None if plain is None else decode(plain)
    if is_dataclass(hint):
        return _dataclass_decoder(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint
    if hint is datetime:
        return from_text
    if hint is float:
        return float
    if hint is object or hint is Any or hint in (str, int, bool):
        return _same
    return _collection_decoder(hint)


def scalar_of(hint: Any) -> type | None:
    """The one of str, int, float and bool that a ``hint`` (or ``hint | None``) comes down to; None for all others."""
    hint = _resolve(hint)
    inner = _resolve(_optional(hint) or hint)
    return inner if inner in (str, int, float, bool) else None


def plain_json(value: object) -> object:
    """``value`` made of dicts, lists and scalars only; a TypeError for what JSON has no word for."""
    if value is None or isinstance(value, bool):
        return value
    for scalar in (str, int, float):
        if isinstance(value, scalar):
            return scalar(value)
    if isinstance(value, Mapping):
        return {_json_key(key): plain_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_json(item) for item in value]
    raise TypeError(f"{value!r} is no JSON value; convert it before it is kept")


def _json_key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError(f"JSON keys are text, not {key!r}")
    return str(key)


def _same(value: Any) -> Any:
    return value


def _resolve(hint: Any) -> Any:
    while isinstance(hint, NewType):
        hint = hint.__supertype__
    return hint


def _optional(hint: Any) -> Any | None:
    """X of ``X | None``; other unions are not part of the domain."""
    if get_origin(hint) not in (Union, types.UnionType):
        return None
    inner = [arg for arg in get_args(hint) if arg is not type(None)]
    if len(inner) != 1:
        raise TypeError(f"only 'X | None' unions can be kept, not {hint}")
    return inner[0]


def _dataclass_encoder(cls: Any) -> _Convert:
    hints = get_type_hints(cls)
    steps = [(f.name, attrgetter(f.name), encoder(hints[f.name])) for f in fields(cls)]
    return lambda value: {name: encode(get(value)) for name, get, encode in steps}


def _dataclass_decoder(cls: Any) -> _Convert:
    hints = get_type_hints(cls)
    steps = [(f.name, decoder(hints[f.name])) for f in fields(cls)]
    required = {f.name for f in fields(cls) if f.default is MISSING and f.default_factory is MISSING}

    def decode(plain: Mapping[str, Any]) -> Any:
        if missing := required - plain.keys():
            raise ValueError(f"a kept {cls.__name__} lacks {', '.join(sorted(missing))}")
        return cls(**{name: convert(plain[name]) for name, convert in steps if name in plain})

    return decode


def _collection_encoder(hint: Any) -> _Convert:
    origin, args = get_origin(hint), get_args(hint)
    if origin is tuple and args[1:] == (Ellipsis,):
        encode = encoder(args[0])
        return lambda value: [encode(item) for item in value]
    if origin is frozenset:
        encode = encoder(args[0])
        return lambda value: sorted(encode(item) for item in value)
    if origin is Mapping:
        encode_key, encode = encoder(args[0]), encoder(args[1])
        return lambda value: {encode_key(key): encode(item) for key, item in value.items()}
    raise TypeError(f"the codec knows no {hint}")


def _collection_decoder(hint: Any) -> _Convert:
    origin, args = get_origin(hint), get_args(hint)
    if origin is tuple and args[1:] == (Ellipsis,):
        decode = decoder(args[0])
        return lambda plain: tuple(decode(item) for item in plain)
    if origin is frozenset:
        decode = decoder(args[0])
        return lambda plain: frozenset(decode(item) for item in plain)
    if origin is Mapping:
        decode_key, decode = decoder(args[0]), decoder(args[1])
        return lambda plain: {decode_key(key): decode(item) for key, item in plain.items()}
    raise TypeError(f"the codec knows no {hint}")
