"""A folder of CSV files says the same as the JSON document, and its faults are placed by file, line and column."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from forestall.errors import BadInput
from forestall.intake.csvplan import COLUMNS
from forestall.intake.files import read_plan_file
from forestall.intake.plan import parse_plan

Document = dict[str, Any]
DAY = "2026-03-02"


@pytest.fixture
def folder(document: Document, tmp_path: Path) -> Path:
    """The document as CSV files."""
    target = tmp_path / DAY
    target.mkdir()
    for name, columns in COLUMNS.items():
        if name in document:
            rows = [[cell(row, path) for path in columns.values()] for row in document[name]]
            write(target / f"{name}.csv", [list(columns), *rows])
    matrix = document["matrix"]
    places = matrix["location_ids"]
    rows = [[place, *row] for place, row in zip(places, matrix["durations_s"], strict=True)]
    write(target / "matrix.csv", [[matrix["id"], *places], *rows])
    return target


def cell(row: Any, path: tuple[str, ...]) -> str:
    for part in path:
        row = row.get(part, "") if isinstance(row, Mapping) else ""
    if isinstance(row, list):
        return ";".join(row)
    return ";".join(f"{k}={v}" for k, v in row.items()) if isinstance(row, dict) else str(row)


def write(path: Path, rows: list[list[Any]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)


def spoil(path: Path, before: str, after: str, line: int | None = None) -> None:
    lines = path.read_text().splitlines()
    index = line - 1 if line else next(i for i, text in enumerate(lines) if before in text)
    lines[index] = lines[index].replace(before, after)
    path.write_text("\n".join(lines))


def refused(folder: Path) -> dict[str, str]:
    with pytest.raises(BadInput) as caught:
        read_plan_file(folder)
    return {problem.place: problem.message for problem in caught.value.problems}


def test_csv_folder_and_json_document_give_the_same_plan(document: Document, folder: Path) -> None:
    assert read_plan_file(folder) == parse_plan(document, DAY)


def test_day_is_the_folders_name_unless_given(folder: Path) -> None:
    assert read_plan_file(folder).day == DAY
    assert read_plan_file(folder, day="monday").day == "monday"


def test_fault_is_placed_by_file_line_and_column(folder: Path) -> None:
    spoil(folder / "stops.csv", "2026-03-02T11:00:00Z", "2026-03-02T07:00:00Z", line=3)
    assert "before it begins" in refused(folder)["stops.csv:3 window_closes"]


def test_line_numbers_skip_empty_lines_and_count_quoted_ones(folder: Path) -> None:
    path = folder / "contacts.csv"
    header = path.read_text().splitlines()[0]
    path.write_text(f'{header}\n\nC1,Ada,+12025550101\n"C2","Bob\nBuilder",12\n')
    assert set(refused(folder)) == {"contacts.csv:5 name", "contacts.csv:5 phone"}


def test_absent_cell_of_a_required_field_is_placed(folder: Path) -> None:
    spoil(folder / "stops.csv", ",180", ",", line=2)
    assert refused(folder) == {"stops.csv:2 service_s": "a required field is absent"}


def test_absent_window_names_both_columns(folder: Path) -> None:
    spoil(folder / "stops.csv", "2026-03-02T08:00:00Z,2026-03-02T11:00:00Z", ",", line=2)
    assert set(refused(folder)) == {"stops.csv:2 window_opens, window_closes"}


def test_unknown_column_is_refused(folder: Path) -> None:
    spoil(folder / "routes.csv", "is_spare", "spare", line=1)
    assert refused(folder)["routes.csv:1 spare"] == "an unknown column"


def test_column_given_twice_is_refused(folder: Path) -> None:
    spoil(folder / "routes.csv", "load_ready_at", "departs_at", line=1)
    assert refused(folder)["routes.csv:1 departs_at"] == "a column given twice"


def test_row_with_too_many_cells_is_refused(folder: Path) -> None:
    path = folder / "contacts.csv"
    path.write_text(path.read_text().rstrip() + ",one,two,three,four,five,six\n")
    assert "cells under" in refused(folder)["contacts.csv:2"]


def test_size_without_a_number_is_refused(folder: Path) -> None:
    spoil(folder / "packages.csv", "units=2", "units", line=2)
    assert set(refused(folder)) == {"packages.csv:2 size"}


def test_file_in_another_encoding_is_refused(folder: Path) -> None:
    (folder / "contacts.csv").write_bytes("id,name\nC1,Zoë\n".encode("latin-1"))
    assert "not UTF-8" in refused(folder)["contacts.csv"]


def test_byte_order_mark_is_no_part_of_the_first_column(document: Document, folder: Path) -> None:
    path = folder / "stops.csv"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_plan_file(folder) == parse_plan(document, DAY)


def test_unclosed_quote_is_refused(folder: Path) -> None:
    path = folder / "contacts.csv"
    path.write_text(path.read_text() + '"C2,Bob')
    assert any(place.startswith("contacts.csv:") for place in refused(folder))


def test_matrix_with_rows_in_another_order_is_refused(folder: Path) -> None:
    spoil(folder / "matrix.csv", "n1,310", "n2,310")
    assert "row n2 where the header has n1" in refused(folder)["matrix.csv:3"]


def test_matrix_cell_that_is_no_time_is_placed(folder: Path) -> None:
    spoil(folder / "matrix.csv", "200.5", "-7")
    assert set(refused(folder)) == {"matrix.csv:3 column 4"}


def test_matrix_with_a_short_row_is_placed(folder: Path) -> None:
    spoil(folder / "matrix.csv", ",200.5", "")
    assert set(refused(folder)) == {"matrix.csv:3"}


def test_empty_folder_is_refused_for_want_of_a_hub(tmp_path: Path) -> None:
    assert refused(tmp_path) == {"hubs.csv": "no hub is given"}


def test_faults_of_several_files_are_reported_together(folder: Path) -> None:
    spoil(folder / "routes.csv", "V02", "V09")
    spoil(folder / "contacts.csv", "+12025550101", "call me")
    assert set(refused(folder)) == {"routes.csv:3 vehicle_id", "contacts.csv:2 phone"}
