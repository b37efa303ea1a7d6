"""The plan's own travel matrix, as JSON numbers or as base64 of float32, to the domain's form and back."""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from forestall.domain.ids import LocationId
from forestall.domain.plan import TravelMatrix
from forestall.errors import Problem
from forestall.intake.fields import Document, Id
from forestall.intake.problems import PlaceOf, problems_of

_SHAPE_REMEDY = "give one row and one column for each of location_ids, in their order"


class MatrixDoc(Document):
    """``durations_s`` is read by hand: half a million numbers are no work for a validator of single values."""

    id: Id
    location_ids: Annotated[list[Id], Field(min_length=1)]
    durations_s: object = None
    durations_f32_b64: str | None = None


def read_matrix(raw: object, place_of: PlaceOf) -> tuple[TravelMatrix | None, list[Problem]]:
    """The matrix of a document, or every problem with it. Rows are "from"; values are seconds, 0 or more."""
    try:
        document = MatrixDoc.model_validate(raw)
    except ValidationError as error:
        return None, problems_of(error, ("matrix",), place_of)
    problems = _repeated_locations(document, place_of)
    durations, faults = _durations(document, place_of)
    problems += faults
    if durations is not None:
        problems += _bad_values(durations, place_of)
    if durations is None or problems:
        return None, problems
    locations = tuple(LocationId(i) for i in document.location_ids)
    return TravelMatrix(document.id, locations, durations.astype("<f4").tobytes()), []


def _repeated_locations(document: MatrixDoc, place_of: PlaceOf) -> list[Problem]:
    seen: set[str] = set()
    problems = []
    for index, location in enumerate(document.location_ids):
        if location in seen:
            place = place_of(("matrix", "location_ids", index))
            problems.append(Problem(place, f"location {location} is listed twice", "list each location once"))
        seen.add(location)
    return problems


def _durations(document: MatrixDoc, place_of: PlaceOf) -> tuple[NDArray[np.float32] | None, list[Problem]]:
    size = len(document.location_ids)
    if (document.durations_s is None) == (document.durations_f32_b64 is None):
        remedy = "give durations_s (rows of seconds) or durations_f32_b64 (the same as base64 of float32), not both"
        return None, [Problem(place_of(("matrix",)), "the durations are absent or given twice", remedy)]
    if document.durations_f32_b64 is not None:
        return _from_base64(document.durations_f32_b64, size, place_of)
    return _from_rows(document.durations_s, size, place_of)


def _from_base64(text: str, size: int, place_of: PlaceOf) -> tuple[NDArray[np.float32] | None, list[Problem]]:
    place = place_of(("matrix", "durations_f32_b64"))
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None, [Problem(place, "not base64", "encode row-major little-endian float32 seconds as base64")]
    if len(content) != 4 * size * size:
        message = f"{len(content):,} bytes where {size} locations need {4 * size * size:,}"
        return None, [Problem(place, message, _SHAPE_REMEDY)]
    return np.frombuffer(content, dtype="<f4").reshape(size, size), []


def _from_rows(rows: object, size: int, place_of: PlaceOf) -> tuple[NDArray[np.float32] | None, list[Problem]]:
    place = place_of(("matrix", "durations_s"))
    if not isinstance(rows, Sequence) or isinstance(rows, str | bytes):
        return None, [Problem(place, "not a list of rows", "give a list of rows, each a list of seconds")]
    problems = []
    if len(rows) != size:
        problems.append(Problem(place, f"{len(rows)} rows for {size} locations", _SHAPE_REMEDY))
    for index, row in enumerate(rows):
        if fault := _row_fault(row, size):
            problems.append(Problem(place_of(("matrix", "durations_s", index)), fault, _SHAPE_REMEDY))
    if problems:
        return None, problems
    with np.errstate(over="ignore"):  # what float32 can't hold becomes infinite, and is reported as such
        return np.array([[float(v) for v in row] for row in rows]).astype("<f4"), []


def _row_fault(row: object, size: int) -> str | None:
    if not isinstance(row, Sequence) or isinstance(row, str | bytes):
        return "not a list of numbers"
    if len(row) != size:
        return f"{len(row)} values for {size} locations"
    if any(type(value) not in (int, float) or abs(value) > _HUGE for value in row if value == value):
        return "a value that is not a number of seconds"
    return None


_HUGE = 1e30  # no travel time; keeps a thousand-digit integer from overflowing a float


def _bad_values(durations: NDArray[np.float32], place_of: PlaceOf) -> list[Problem]:
    bad = np.argwhere(~np.isfinite(durations) | (durations < 0))
    return [
        Problem(
            place_of(("matrix", "durations_s", int(i), int(j))),
            f"the travel time is {durations[i, j]}",
            "give seconds, 0 or more; a pair with no way between needs a large finite number",
        )
        for i, j in bad
    ]


def write_matrix(matrix: TravelMatrix) -> dict[str, object]:
    """The document form of a matrix, compact."""
    return {
        "id": matrix.id,
        "location_ids": list(matrix.location_ids),
        "durations_f32_b64": base64.b64encode(matrix.durations_f32).decode("ascii"),
    }
