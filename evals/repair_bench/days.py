"""A day as the benchmark plays it: one instance, its plan, and when each vehicle leaves, in whole seconds."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from forestall.errors import BadInput, ForestallError, Problem
from forestall.intake.firstplan import plan_routes
from forestall.intake.vrplib import Instance, find_solution, read_instance, read_solution, stem_of
from forestall.intake.vrplibday import DEPARTURE_SLACK_S, latest_departure_s
from optimizer.repair.subproblem import Ints

DAY_FILES = ("*.txt", "*.txt.gz", "*.vrp", "*.vrp.gz")

# A classic instance's horizon is in abstract units. Stretched to about ten hours, a delay of 45 minutes means on it
# what it means on a real day. A multiple of ten keeps the one decimal of its durations whole.
WORKING_DAY_S = 36_000.0


@dataclass(frozen=True, slots=True, eq=False)
class Day:
    """Node 0 is the depot. ``travel_s`` (n, n) row = from; ``opens_s``, ``closes_s``, ``service_s``, ``demand`` (n,).

    ``routes`` are node numbers in driving order, each leaving the depot at its ``departs_s``. ``digest`` (hex) is of
    the content, whatever the file is called and however it is packed.
    """

    name: str
    digest: str
    travel_s: Ints
    opens_s: Ints
    closes_s: Ints
    service_s: Ints
    demand: Ints
    capacity: int
    routes: tuple[tuple[int, ...], ...]
    departs_s: tuple[int, ...]

    @property
    def nodes(self) -> int:
        return len(self.demand)


def list_files(folder: Path) -> list[Path]:
    """The files of a folder that may be instances, by name."""
    return sorted({path for pattern in DAY_FILES for path in folder.glob(pattern)})


def read_days(files: Sequence[Path], cache: Path) -> Iterator[Day | ForestallError]:
    """Each file's day in turn, or what keeps it from being used."""
    for path in files:
        try:
            yield read_day(path, cache)
        except ForestallError as error:
            yield error


def read_day(path: Path, cache: Path) -> Day:
    """The day in ``path`` with the plan of the ``.sol`` beside it; without one a plan is made, and kept in ``cache``.

    Raises BadInput when the file is no instance with time windows, or its values contradict each other.
    """
    instance = read_instance(path)
    faults = _contradictions(instance)
    if faults:
        raise BadInput(f"{path.name} was not taken: {len(faults)} problems", faults)
    instance = in_seconds(instance)
    beside = find_solution(path)
    routes = read_solution(beside, instance.size) if beside else _plan_first(instance, cache)
    departs = [_departs_s(instance, route) for route in routes]
    return Day(
        name=stem_of(path),
        digest=_digest(instance, routes),
        travel_s=instance.durations_s.astype(np.int64),
        opens_s=instance.windows_s[:, 0].astype(np.int64),
        closes_s=instance.windows_s[:, 1].astype(np.int64),
        service_s=instance.service_s.astype(np.int64),
        demand=np.ceil(instance.demand).astype(np.int64),
        capacity=int(instance.capacity),
        routes=tuple(tuple(route) for route in routes),
        departs_s=tuple(departs),
    )


def in_seconds(instance: Instance) -> Instance:
    """The same in whole seconds, rounded so that a plan that kept its windows still does.

    An instance whose durations are straight lines between its coordinates counts in abstract units.
    """
    scale = _seconds_in_a_unit(instance)
    windows = np.floor(instance.windows_s * scale)
    return replace(
        instance,
        durations_s=np.floor(instance.durations_s * scale),
        service_s=np.floor(instance.service_s * scale),
        windows_s=windows,
    )


def _seconds_in_a_unit(instance: Instance) -> float:
    straight = instance.coordinates[:, None, :] - instance.coordinates[None, :, :]
    truncated = np.floor(np.hypot(straight[..., 0], straight[..., 1]) * 10) / 10
    if not np.array_equal(truncated, instance.durations_s):
        return 1.0
    exact = WORKING_DAY_S / float(instance.windows_s[0, 1] - instance.windows_s[0, 0])
    step = 10.0 if exact >= 10.0 else 1.0
    return max(step, step * round(exact / step))


def _contradictions(instance: Instance) -> list[Problem]:
    opens, closes = instance.windows_s.T
    reasons = {
        "its window ends before it begins": opens > closes,
        "it demands more than a vehicle holds": instance.demand > instance.capacity,
    }
    problems = [
        Problem(f"node {node + 1}", reason, "correct its window or demand")
        for reason, at in reasons.items()
        for node in np.flatnonzero(at)
    ]
    if not closes[0] > opens[0]:
        problems.append(Problem("node 1", "the depot is never open", "give it the day's window"))
    return problems


def _plan_first(instance: Instance, cache: Path) -> list[list[int]]:
    """Routes by insertion, kept by the instance's content: a thousand stops take a while."""
    kept = cache / f"{_digest(instance, [])}.sol"
    if kept.exists():
        return read_solution(kept, instance.size)
    routes = plan_routes(instance)
    cache.mkdir(parents=True, exist_ok=True)
    lines = [f"Route #{number}: {' '.join(map(str, route))}" for number, route in enumerate(routes, start=1)]
    kept.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return routes


def _departs_s(instance: Instance, route: Sequence[int]) -> int:
    """Dispatch leaves the slack that every benchmark day of Forestall has."""
    return int(max(instance.windows_s[0, 0], latest_departure_s(instance, route) - DEPARTURE_SLACK_S))


def _digest(instance: Instance, routes: Sequence[Sequence[int]]) -> str:
    content = hashlib.sha256()
    for values in (instance.durations_s, instance.windows_s, instance.service_s, instance.demand):
        content.update(np.ascontiguousarray(values).tobytes())
    content.update(repr((instance.capacity, [list(route) for route in routes])).encode())
    return content.hexdigest()
