"""What must never happen, in a size that fits here; `make prove` does it a thousand times."""

from pathlib import Path

import pytest

from evals.proofs.killing import prove_killing
from evals.proofs.racing import prove_racing
from evals.proofs.stopping import prove_stopping

pytestmark = pytest.mark.xdist_group("proofs")


def test_cases_that_wait_when_the_process_is_killed_are_all_resumed_and_none_twice(database_url: str, tmp_path: Path):
    result = prove_killing(database_url, tmp_path, cases=10, kills=2)
    assert result.waiting == 10
    assert result.holds, result


def test_nothing_executes_after_an_accepted_veto(database_url: str, tmp_path: Path):
    result = prove_racing(database_url, tmp_path, races=12)
    assert result.holds, result
    assert result.vetoed
    assert result.executed


def test_nothing_starts_long_after_the_kill_switch(sqlite_database: str, tmp_path: Path):
    result = prove_stopping(sqlite_database, tmp_path, pulls=1)
    assert result.holds, result
