"""A small town to break vans in: 24 stops on a grid around the depot, as Solomon's table and as a day."""

from pathlib import Path

import pytest

from evals.repair_bench.days import Day, read_day

ROUTES = ("1 2 3 4 5 6", "7 8 9 10 11 12", "13 14 15 16 17 18", "19 20 21 22 23 24")


def solomon_text() -> str:
    lines = ["TOWN", "", "VEHICLE", "NUMBER     CAPACITY", "  6         30", "", "CUSTOMER"]
    lines += ["CUST NO.  XCOORD.   YCOORD.    DEMAND   READY TIME  DUE DATE   SERVICE   TIME", ""]
    lines.append("    0      50         50          0          0       1000          0")
    for route in range(4):
        across, up = ((1, 0), (0, 1), (-1, 0), (0, -1))[route]
        for place in range(1, 7):
            x, y = 50 + 8 * place * across + up, 50 + 8 * place * up + across
            number, opens = route * 6 + place, 60 * place
            lines.append(f"{number:5d} {x:6d} {y:6d} {3:6d} {opens:6d} {opens + 90:6d} {10:6d}")
    return "\n".join(lines) + "\n"


def sol_text() -> str:
    return "".join(f"Route #{number}: {stops}\n" for number, stops in enumerate(ROUTES, start=1)) + "Cost 100\n"


@pytest.fixture
def town_file(tmp_path: Path) -> Path:
    """A folder's only instance, with its plan beside it."""
    folder = tmp_path / "town"
    folder.mkdir()
    (folder / "TOWN.txt").write_text(solomon_text(), encoding="utf-8")
    (folder / "TOWN.sol").write_text(sol_text(), encoding="utf-8")
    return folder / "TOWN.txt"


@pytest.fixture
def town(town_file: Path, tmp_path: Path) -> Day:
    return read_day(town_file, tmp_path / "plans")
