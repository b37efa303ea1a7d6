"""Which files become days, and what is done about the others."""

from pathlib import Path

import numpy as np
import pytest

from evals.repair_bench.days import Day, list_files, read_day, read_days
from forestall.errors import BadInput


def test_an_abstract_horizon_becomes_a_working_day(town: Day) -> None:
    assert 30_000 <= town.closes_s[0] - town.opens_s[0] <= 42_000


def test_a_plan_that_kept_its_windows_still_does_in_whole_seconds(town: Day) -> None:
    for route, now in zip(town.routes, town.departs_s, strict=True):
        here = 0
        for node in route:
            now = max(now + int(town.travel_s[here, node]), int(town.opens_s[node]))
            assert now <= town.closes_s[node]
            here, now = node, now + int(town.service_s[node])


def test_the_content_decides_and_not_the_name(town: Day, town_file: Path, tmp_path: Path) -> None:
    other = tmp_path / "OTHER.txt"
    other.write_text(town_file.read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "OTHER.sol").write_text(town_file.with_suffix(".sol").read_text(encoding="utf-8"), encoding="utf-8")
    assert read_day(other, tmp_path).digest == town.digest


def test_a_day_without_a_plan_gets_one_and_keeps_it(town_file: Path, tmp_path: Path) -> None:
    town_file.with_suffix(".sol").unlink()
    cache = tmp_path / "kept"
    planned = read_day(town_file, cache)
    assert sorted(node for route in planned.routes for node in route) == list(range(1, 25))
    (kept,) = cache.iterdir()
    kept.write_text(kept.read_text(encoding="utf-8").replace("Route #1", "Route #9"), encoding="utf-8")
    assert read_day(town_file, cache).routes == planned.routes


def test_a_file_that_cannot_be_used_is_told_and_the_others_go_on(town_file: Path, tmp_path: Path) -> None:
    (town_file.parent / "A.txt").write_text("no instance at all", encoding="utf-8")
    late, day = read_days(list_files(town_file.parent), tmp_path)
    assert isinstance(late, BadInput)
    assert "A.txt" in late.message
    assert isinstance(day, Day)


def test_a_stop_that_no_vehicle_can_carry_is_named(town_file: Path, tmp_path: Path) -> None:
    lines = town_file.read_text(encoding="utf-8").splitlines()
    lines[10] = lines[10].replace("     3 ", "    99 ", 1)
    town_file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(BadInput) as told:
        read_day(town_file, tmp_path)
    assert [problem.place for problem in told.value.problems] == ["node 2"]


def test_real_durations_are_left_as_they_are() -> None:
    folder = Path("../shared/data/vrptw/ortec")
    if not folder.exists():
        pytest.skip("the shared days are not here")
    day = read_day(list_files(folder)[0], Path("unused"))
    assert day.closes_s[0] == 45_000
    assert not np.array_equal(day.travel_s, day.travel_s.T)
