"""The log of runs: JSON lines, appended as runs end, read when an evaluation is started again."""

import json
from collections.abc import Collection
from pathlib import Path

from evals.evaluation.lines import Line, read_line
from forestall.errors import BadInput, Problem


class RunLog:
    """The runs that ``path`` holds by key; an absent file holds none. One process writes it at a time.

    A process that was killed may have left half a line at the end: it is cut off, and that run is played again.
    Raises BadInput when the file is something else.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: dict[str, Line] = {}
        whole = 0
        for number, raw in enumerate(_read(path).splitlines(keepends=True), start=1):
            if not raw.endswith(b"\n"):
                break
            self._take(raw, number)
            whole += len(raw)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab")
        self._file.truncate(whole)

    def _take(self, raw: bytes, number: int) -> None:
        try:
            line = read_line(raw.decode("utf-8"))
        except (ValueError, json.JSONDecodeError) as error:
            problem = Problem(f"{self._path} line {number}", str(error), "name another file, or remove this one")
            raise BadInput("The log can't be read.", [problem]) from error
        self._lines[line.key] = line

    def find(self, key: str) -> Line | None:
        return self._lines.get(key)

    def add(self, line: Line) -> None:
        """Keep a run, on disk at once."""
        self._lines[line.key] = line
        self._file.write(line.as_text().encode("utf-8") + b"\n")
        self._file.flush()

    def list(self, keys: Collection[str]) -> list[Line]:
        """The runs of these keys that there are, by day, seed and arm."""
        found = [self._lines[key] for key in keys if key in self._lines]
        return sorted(found, key=lambda line: (line.day, line.seed, line.arm))

    def close(self) -> None:
        self._file.close()


def _read(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""
