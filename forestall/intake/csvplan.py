"""A day's plan as a folder of CSV files, one a list of the plan document.

A file's columns are the document's fields, nested ones flattened (``COLUMNS``). An empty cell is an absent field.
``matrix.csv`` has the matrix's id in its first cell, location ids along the first row and down the first column.
Problems are placed as ``stops.csv:17 window_closes``.
"""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path as FilePath

from forestall.domain.plan import DayPlan
from forestall.errors import BadInput, Problem
from forestall.intake.documents import LISTS
from forestall.intake.plan import parse_plan
from forestall.intake.problems import Path, dotted, raise_if_any

_LOCATION = {"location_id": ("location", "id"), "lat": ("location", "lat"), "lon": ("location", "lon")}
_NESTED: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "hubs": _LOCATION,
    "drivers": {name: ("hours", name) for name in ("max_drive_s", "max_duty_s", "break_after_s", "break_s")},
    "orders": {"promise_opens": ("promise", "opens_at"), "promise_closes": ("promise", "closes_at")},
    "packages": {
        "custody_kind": ("custody", "kind"),
        "custody_holder_id": ("custody", "holder_id"),
        "custody_since": ("custody", "since"),
    },
    "stops": {**_LOCATION, "window_opens": ("window", "opens_at"), "window_closes": ("window", "closes_at")},
}
_SETS = {"skills", "package_ids"}  # written a;b
_AMOUNTS = {"size", "capacity"}  # written units=4;kg=12.5


def _columns(name: str) -> dict[str, tuple[str, ...]]:
    nested = _NESTED.get(name, {})
    inside = {path[0] for path in nested.values()}
    flat = {field: (field,) for field in LISTS[name].model_fields if field not in inside}
    return {**flat, **nested}


COLUMNS: Mapping[str, Mapping[str, tuple[str, ...]]] = {name: _columns(name) for name in LISTS}


def read_csv_plan(folder: FilePath, day: str) -> DayPlan:
    """The plan in the CSV files of ``folder``. BadInput with every problem, at its file, line and column."""
    tables = {name: _read_table(folder / f"{name}.csv", name) for name in LISTS}
    document: dict[str, object] = {name: table.rows for name, table in tables.items()}
    problems = [problem for table in tables.values() for problem in table.problems]
    if (folder / "matrix.csv").exists():
        matrix, faults = _read_matrix(folder / "matrix.csv")
        problems += faults
        document["matrix"] = matrix
    try:
        plan = parse_plan(document, day, lambda path: _place(path, tables))
    except BadInput as error:
        problems += error.problems
    raise_if_any(f"the plan of {day}", problems)
    return plan


@dataclass
class _Table:
    """A file's rows as document rows, and the line each came from."""

    rows: list[dict[str, object]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def _read_table(path: FilePath, name: str) -> _Table:
    table = _Table()
    if not path.exists():
        return table
    records = _read_records(path, table.problems)
    if not records:
        return table
    _, header = records[0]
    header = [column.strip() for column in header]
    table.problems += _header_problems(path, name, header)
    for line, cells in records[1:]:
        if len(cells) > len(header):
            message = f"{len(cells)} cells under {len(header)} columns"
            table.problems.append(Problem(f"{path.name}:{line}", message, 'put a text with commas in "quotes"'))
        table.rows.append(_document_row(name, dict(zip(header, cells, strict=False))))
        table.lines.append(line)
    return table


def _read_records(path: FilePath, problems: list[Problem]) -> list[tuple[int, list[str]]]:
    """(line number, cells) of every line that is not empty, the header first."""
    try:
        reader = csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline=""), strict=True)
        return [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except UnicodeDecodeError as error:
        problems.append(Problem(path.name, f"not UTF-8 (byte {error.start})", "save it as CSV UTF-8"))
    except csv.Error as error:
        problems.append(Problem(f"{path.name}:{reader.line_num}", f"not CSV: {error}", "close every quoted text"))
    return []


def _header_problems(path: FilePath, name: str, header: Sequence[str]) -> list[Problem]:
    known = COLUMNS[name]
    problems = [
        Problem(f"{path.name}:1 {column}", "an unknown column", f"the columns are {', '.join(known)}")
        for column in header
        if column not in known
    ]
    repeated = sorted({column for column in header if header.count(column) > 1})
    problems += [Problem(f"{path.name}:1 {c}", "a column given twice", "keep one of them") for c in repeated]
    return problems


def _document_row(name: str, cells: Mapping[str, str]) -> dict[str, object]:
    row: dict[str, object] = {}
    for column, path in COLUMNS[name].items():
        text = cells.get(column, "").strip()
        if not text:
            continue
        inner: dict[str, object] = row
        for part in path[:-1]:
            inner = inner.setdefault(part, {})  # type: ignore[assignment]  # only dicts are put there
        inner[path[-1]] = _value(path[-1], text)
    return row


def _value(name: str, text: str) -> object:
    """A cell as the document's value; what does not read as one is left for the document's checks to refuse."""
    if name in _SETS:
        return [part.strip() for part in text.split(";") if part.strip()]
    if name in _AMOUNTS:
        pairs = [part.partition("=") for part in text.split(";") if part.strip()]
        return {dimension.strip(): amount.strip() for dimension, _, amount in pairs}
    return text


def _place(path: Path, tables: Mapping[str, _Table]) -> str:
    name = str(path[0])
    if name == "matrix":
        return _matrix_place(path)
    if len(path) == 1 or not isinstance(path[1], int):
        return f"{name}.csv"
    place, inner = f"{name}.csv:{tables[name].lines[path[1]]}", path[2:]
    columns = [column for column, target in COLUMNS[name].items() if inner and target == inner[: len(target)]]
    columns = columns or [column for column, target in COLUMNS[name].items() if inner and target[0] == inner[0]]
    return f"{place} {', '.join(columns)}" if columns else place


def _matrix_place(path: Path) -> str:
    inner = path[2:]
    if len(path) > 1 and path[1] == "durations_s" and inner:
        column = f" column {int(inner[1]) + 2}" if len(inner) > 1 else ""
        return f"matrix.csv:{int(inner[0]) + 2}{column}"
    return f"matrix.csv:1 {dotted(path[1:])}" if len(path) > 1 else "matrix.csv"


def _read_matrix(path: FilePath) -> tuple[dict[str, object], list[Problem]]:
    problems: list[Problem] = []
    records = _read_records(path, problems)
    header = [cell.strip() for cell in records[0][1]] if records else []
    locations = header[1:]
    rows: list[list[object]] = []
    for index, (line, cells) in enumerate(records[1:]):
        if index < len(locations) and cells[0].strip() != locations[index]:
            message = f"row {cells[0].strip()} where the header has {locations[index]}"
            problems.append(Problem(f"{path.name}:{line}", message, "keep rows and columns in the same order"))
        rows.append([_number(cell) for cell in cells[1:]])
    return {"id": header[0] if header else "", "location_ids": locations, "durations_s": rows}, problems


def _number(cell: str) -> object:
    try:
        return float(cell)
    except ValueError:
        return cell
