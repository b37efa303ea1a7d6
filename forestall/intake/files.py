"""A day's plan from a file or folder of any kind we read, told apart by its name."""

from datetime import datetime
from pathlib import Path

from forestall.domain.plan import DayPlan
from forestall.errors import NotFound
from forestall.intake.csvplan import read_csv_plan
from forestall.intake.firstplan import plan_routes
from forestall.intake.plan import check_plan, parse_plan, with_digest
from forestall.intake.vrplib import find_solution, read_instance, read_solution, stem_of
from forestall.intake.vrplibday import DEFAULT_START, build_day


def read_plan_file(
    path: Path | str,
    *,
    day: str | None = None,
    spares: int = 1,
    start: datetime = DEFAULT_START,
    time_scale: float = 1.0,
) -> DayPlan:
    """The plan in ``path``: a plan document (.json), a folder of CSV files, or a VRPLIB file; its routes are those of
    the .sol beside it, or simple ones of our own when there is none.

    ``day`` is the file's stem unless given. ``spares``, ``start`` (aware) and ``time_scale`` are for VRPLIB files
    alone. NotFound when there is nothing there, BadInput with every problem when it can't be taken.
    """
    path = Path(path)
    if path.is_dir():
        return read_csv_plan(path, day or path.resolve().name)
    if not path.exists():
        raise NotFound(f"there is no file {path.name}")
    if path.suffix == ".json":
        return parse_plan(path.read_bytes(), day or path.stem)
    return _read_vrplib_day(path, day or stem_of(path), spares, start, time_scale)


def _read_vrplib_day(path: Path, day: str, spares: int, start: datetime, time_scale: float) -> DayPlan:
    instance = read_instance(path, time_scale)
    solution = find_solution(path)
    routes = plan_routes(instance) if solution is None else read_solution(solution, instance.size)
    plan = build_day(instance, routes, day, start, spares)
    check_plan(plan)
    return with_digest(plan)
