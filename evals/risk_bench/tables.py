"""Reading a data set's rows: what is missing stops the set, a bad row is left out and told."""

import csv
import gzip
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from forestall.errors import BadInput, Problem

_Row = TypeVar("_Row")
_FIRST_YEAR, _LAST_YEAR = 2000, 2100
_TOLD = 5  # faulty rows named one by one; of the rest the number is told


class BadRow(ValueError):
    """One row cannot be used; its text says which field and why."""


@dataclass
class LeftOut:
    """The rows of one file that could not be used."""

    file: str
    count: int = 0
    first: list[Problem] = field(default_factory=list)

    def add(self, line: int, reason: str) -> None:
        """Note one row; the first few are kept with their reason."""
        self.count += 1
        if len(self.first) < _TOLD:
            self.first.append(Problem(f"{self.file} line {line}", reason, "mend the row; it was left out"))


def read_table(
    path: Path, columns: Sequence[str], parse: Callable[[Mapping[str, str]], _Row]
) -> tuple[list[_Row], LeftOut]:
    """Every usable row of a CSV file (or .csv.gz), parsed, and what was left out.

    Raises BadInput when the file is missing or not readable as text, lacks a column, or has no usable row.
    """
    left_out = LeftOut(path.name)
    rows = []
    for line, record in _records(path, columns):
        try:
            if None in record.values() or None in record:
                raise BadRow("the row does not have as many fields as the heading")
            rows.append(parse(record))
        except BadRow as reason:
            left_out.add(line, str(reason))
    if not rows:
        problem = Problem(path.name, f"has no usable row ({left_out.count} left out)", "give a file with finished days")
        raise BadInput(f"Nothing in {path} can be used.", [problem, *left_out.first])
    return rows, left_out


def _records(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in columns if name not in (reader.fieldnames or ())]
            if missing:
                remedy = f"the columns are {', '.join(columns)}"
                raise BadInput(f"{path} cannot be read.", [Problem(path.name, f"lacks {', '.join(missing)}", remedy)])
            for record in reader:
                yield reader.line_num, record
    except FileNotFoundError:
        raise BadInput(f"{path} is not there.", [Problem(path.name, "is missing", "see the set's README")]) from None
    except (OSError, EOFError, UnicodeDecodeError, csv.Error) as error:
        problem = Problem(path.name, f"is not readable: {error}", "restore the file")
        raise BadInput(f"{path} cannot be read.", [problem]) from error


def number(record: Mapping[str, str], name: str, low: float = -math.inf, high: float = math.inf) -> float:
    """A finite number within bounds, else BadRow."""
    try:
        value = float(record[name])
    except ValueError:
        raise BadRow(f"{name} is {record[name]!r}, not a number") from None
    if not math.isfinite(value) or not low <= value <= high:
        raise BadRow(f"{name} is {record[name]}, not between {low:g} and {high:g}")
    return value


def optional_number(record: Mapping[str, str], name: str) -> float:
    """A number, NaN where the field is empty (trees read it as unknown), else BadRow."""
    return math.nan if record[name] == "" else number(record, name)


def instant(record: Mapping[str, str], name: str) -> datetime:
    """A time as the file writes it (the sets carry no zones), else BadRow."""
    try:
        when = datetime.fromisoformat(record[name])
    except ValueError:
        raise BadRow(f"{name} is {record[name]!r}, not a time") from None
    if not _FIRST_YEAR <= when.year < _LAST_YEAR:
        raise BadRow(f"{name} is {record[name]}, not in {_FIRST_YEAR} to {_LAST_YEAR}")
    if when.tzinfo is not None:
        raise BadRow(f"{name} is {record[name]}, and the set's other times have no zone")
    return when


def truth(record: Mapping[str, str], name: str) -> bool:
    """True or False, else BadRow."""
    if record[name] not in {"True", "False"}:
        raise BadRow(f"{name} is {record[name]!r}, not True or False")
    return record[name] == "True"


def name_of(record: Mapping[str, str], name: str) -> str:
    """A name that is not empty, else BadRow."""
    text = record[name].strip()
    if not text:
        raise BadRow(f"{name} is empty")
    return text
