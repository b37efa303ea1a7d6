"""Column types that speak the domain's language: instants, words of a closed set, and nested values as JSON."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import DateTime, Dialect, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from forestall.store import codec
from forestall.store.instants import as_utc, from_text, to_text


class Instant(TypeDecorator[datetime]):
    """An aware UTC instant: ``timestamptz`` on PostgreSQL, fixed-width text on SQLite, so comparing works on both.

    A naive datetime is refused with a ValueError when it is written.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        return to_text(value) if dialect.name == "sqlite" else as_utc(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return from_text(value) if dialect.name == "sqlite" else as_utc(value)


class Word(TypeDecorator[StrEnum]):
    """A member of a closed vocabulary, kept as its word. A word that has left the vocabulary is a ValueError."""

    impl = Text
    cache_ok = True

    def __init__(self, vocabulary: type[StrEnum]) -> None:
        self.vocabulary = vocabulary
        super().__init__()

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:  # noqa: ARG002  # the base class's signature
        return None if value is None else self.vocabulary(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:  # noqa: ARG002  # the base class's signature
        return None if value is None else self.vocabulary(value)


class Json(TypeDecorator[Any]):
    """A nested domain value as canonical JSON text: the same on both databases, so that its hash is too."""

    impl = Text
    cache_ok = True

    def __init__(self, hint: Any) -> None:
        self.hint = hint
        super().__init__()

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:  # noqa: ARG002  # the base class's signature
        return None if value is None else codec.dumps(self.hint, value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ARG002  # the base class's signature
        return None if value is None else codec.loads(self.hint, value)
