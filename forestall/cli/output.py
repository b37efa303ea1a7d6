"""What a command prints: one JSON object with ``--json``, else plain lines; errors go to stderr."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence

from forestall.errors import BadInput, ForestallError

BAD_INPUT = 2
FAILED = 1


def print_json(body: Mapping[str, object]) -> None:
    """One object, and nothing else, on stdout."""
    print(json.dumps(body, indent=2, ensure_ascii=False))


def print_rows(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table with aligned columns, without frames, so that it can be cut and searched."""
    lines = [list(map(str, row)) for row in rows]
    table = [list(headings), *lines]
    widths = [max(len(line[column]) for line in table) for column in range(len(headings))]
    for line in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def complain(error: ForestallError) -> int:
    """Say what went wrong on stderr, every problem on a line of its own, and give the exit code."""
    print(f"forestall: {error.message}", file=sys.stderr)
    if not isinstance(error, BadInput):
        return FAILED
    for problem in error.problems:
        print(f"  {problem.place}: {problem.message}; {problem.remedy}", file=sys.stderr)
    return BAD_INPUT
