"""The table over many runs: per day over its seeds, and all together."""

from pathlib import Path

from evals.table import list_days, markdown_table, read_log


def report(day: str, seed: int, before: int, after: int) -> dict[str, object]:
    return {
        "day": day, "arm": "forestall", "seed": seed, "stops": 100, "broken_by_doing_nothing": before, "broken": after,
        "saved": before - after, "harmed": 0, "over_60_min": 1, "announced": 2, "messages": 3, "decisions": 4,
        "waiting_for_people": 5, "stops_moved": 6, "travel_s": 110, "travel_s_by_doing_nothing": 100,
        "policy_violations": 0, "cpu_s": 10.0,
    }  # fmt: skip


def test_a_row_takes_a_day_over_its_seeds() -> None:
    lines = markdown_table([report("a", 1, 10, 5), report("a", 2, 12, 7), report("b", 1, 8, 8)]).splitlines()
    assert lines[2].startswith("| a | 2 | 200 | 22 (11.0 %) | 12 (6.0 %) | 10 | 0 | 2 | 4 | 12 | +10.0 % |")
    assert lines[-1].startswith("| **all** | 3 | 300 | 30 (10.0 %) | 20 (6.7 %) | 10 |")


def test_an_absent_log_has_no_reports(tmp_path: Path) -> None:
    assert read_log(tmp_path / "none.jsonl") == []


def test_days_are_instances_not_their_solutions(tmp_path: Path) -> None:
    for name in ("b.txt.gz", "a.txt", "a.sol", "LICENSE"):
        (tmp_path / name).touch()
    assert [path.name for path in list_days(tmp_path)] == ["a.txt", "b.txt.gz"]
