"""Rows and frozen values, field by field: the one place that knows how a dataclass lies in a table."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cached_property
from operator import attrgetter, itemgetter
from typing import Any, Generic, TypeAlias, TypeVar, get_type_hints

from sqlalchemy import Column, Select, Table, Update, bindparam, select, type_coerce, update
from sqlalchemy.types import NullType

T = TypeVar("T")
AnySelect: TypeAlias = Select[*tuple[Any, ...]]


class Mapper(Generic[T]):
    """How ``cls`` lies in ``table``: a field is the column of its name, or an embedded dataclass whose fields are
    columns behind a prefix (the field's name and ``_``, unless ``prefixes`` says otherwise).

    A field without its column is a LookupError when the mapper is made. The table may have further columns.
    ``paths`` and ``hints`` say, column by column, which attribute lies there (``location.lat``) and of what type.
    """

    def __init__(self, cls: type[T], table: Table, prefixes: Mapping[str, str] | None = None) -> None:
        self.cls, self.table = cls, table
        self.columns: list[Column[Any]] = []
        self.paths: list[str] = []
        self.hints: list[Any] = []
        self._parts: list[Any] = []
        self._spans: list[tuple[Any, slice]] = []  # each field's columns, and the class to embed them in (None: no)
        self._getters: dict[str, attrgetter[Any]] = {}
        self._matching: dict[tuple[str, ...], AnySelect] = {}
        self._overwriting: dict[tuple[str, ...], Update] = {}
        hints = get_type_hints(cls)
        for field in fields(cls):  # type: ignore[arg-type]  # every mapped class is a dataclass
            if field.name in table.c:
                self._parts.append(itemgetter(len(self.columns)))
                self._spans.append((None, slice(len(self.columns), len(self.columns) + 1)))
                self._add(field.name, field.name, hints[field.name])
            else:
                self._embed(field.name, hints[field.name], (prefixes or {}).get(field.name, f"{field.name}_"))

    def select(self) -> AnySelect:
        """A query for exactly this mapper's columns, in its order."""
        return self._select

    @cached_property
    def _select(self) -> AnySelect:
        return select(*self.columns)  # a query is never altered, and to make one of thirty columns takes time

    @cached_property
    def raw_select(self) -> AnySelect:
        """The same query, giving what the database driver gives, before any column type converts it."""
        return select(*[type_coerce(column, NullType()).label(column.name) for column in self.columns])

    def matching(self, *names: str) -> AnySelect:
        """``select`` of the rows whose columns ``names`` equal the parameters of their names.

        Made once for each choice: to put a query together takes longer than to have it answered.
        """
        if names not in self._matching:
            conditions = [self.table.c[name] == bindparam(name) for name in names]
            self._matching[names] = self._select.where(*conditions)
        return self._matching[names]

    def overwriting(self, *names: str) -> Update:
        """An UPDATE of whatever parameters it gets, where the columns ``names`` equal ``old_`` and their names."""
        if names not in self._overwriting:
            conditions = [self.table.c[name] == bindparam(f"old_{name}") for name in names]
            self._overwriting[names] = update(self.table).where(*conditions)
        return self._overwriting[names]

    def from_row(self, row: Sequence[Any]) -> T:
        """The value of a row that ``select`` gave (further columns after its own are ignored)."""
        return self.cls(*[part(row) for part in self._parts])

    def from_columns(self, columns: Sequence[Sequence[Any]]) -> list[T]:
        """``from_row`` of many rows, given column by column."""
        parts = [columns[span.start] if cls is None else list(map(cls, *columns[span])) for cls, span in self._spans]
        return list(map(self.cls, *parts))

    def values(self, value: T, **further: object) -> dict[str, object]:
        """The row of ``value`` by column name, with ``further`` columns beside."""
        row: dict[str, object] = {name: get(value) for name, get in self._getters.items()}
        return row | further

    def _add(self, column: str, path: str, hint: Any) -> None:
        if column not in self.table.c:
            raise LookupError(f"table {self.table.name} has no column {column} for {self.cls.__name__}.{path}")
        self.columns.append(self.table.c[column])
        self.paths.append(path)
        self.hints.append(hint)
        self._getters[column] = attrgetter(path)

    def _embed(self, name: str, cls: Any, prefix: str) -> None:
        if not is_dataclass(cls):
            raise LookupError(f"table {self.table.name} has no column {name} for {self.cls.__name__}.{name}")
        start, hints = len(self.columns), get_type_hints(cls)
        for field in fields(cls):
            self._add(f"{prefix}{field.name}", f"{name}.{field.name}", hints[field.name])
        span = slice(start, len(self.columns))
        self._spans.append((cls, span))
        self._parts.append(lambda row: cls(*row[span]))  # type: ignore[operator]  # cls is a class, not an instance
