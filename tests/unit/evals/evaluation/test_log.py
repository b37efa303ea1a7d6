"""What was played is kept, and a killed evaluation goes on where it was."""

from contextlib import closing
from pathlib import Path

import pytest

from evals.evaluation.log import RunLog
from forestall.errors import BadInput


def test_what_is_kept_comes_back_as_it_was(line, tmp_path: Path) -> None:
    one = line("a", 1, "forestall", "KLU")
    with closing(RunLog(tmp_path / "new" / "log.jsonl")) as log:
        log.add(one)
    with closing(RunLog(tmp_path / "new" / "log.jsonl")) as log:
        assert log.find(one.key) == one
        assert log.list([one.key, "unknown"]) == [one]


def test_half_a_line_at_the_end_is_played_again(line, tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    first, second = line("a", 1, "forestall", "KLU"), line("b", 1, "forestall", "KKK")
    with closing(RunLog(path)) as log:
        log.add(first)
    path.write_bytes(path.read_bytes() + second.as_text().encode()[:40])
    with closing(RunLog(path)) as log:
        assert log.find(second.key) is None
        log.add(second)
    with closing(RunLog(path)) as log:
        assert log.list([first.key, second.key]) == [first, second]


@pytest.mark.parametrize("text", ['{"day": 1}\n', "no json\n", "[]\n", "\xff\n"])
def test_a_file_that_is_no_log_is_left_alone_and_named(text: str, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(BadInput) as caught:
        RunLog(path)
    assert caught.value.problems[0].place == f"{path} line 1"
    assert path.read_text(encoding="latin-1") == text
