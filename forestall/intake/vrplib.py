"""VRPLIB, ORTEC, Solomon and Gehring-Homberger files as arrays in seconds, and the solutions beside them.

Formats: docs/input.md. Distances of EUC_2D files are truncated to one decimal (DIMACS convention).
"""

import gzip
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from vrplib.parse import parse_solomon, parse_solution, parse_vrplib

from forestall.errors import BadInput, NotFound, Problem
from forestall.intake.problems import raise_if_any

_SUFFIXES = (".gz", ".txt", ".vrp")
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Instance:
    """One day. Node 0 is the depot; ``durations_s`` (n, n) row = from; ``windows_s`` (n, 2) from the day's start."""

    name: str
    durations_s: Floats
    coordinates: Floats
    demand: Floats
    service_s: Floats
    windows_s: Floats
    capacity: float
    vehicles: int | None

    @property
    def size(self) -> int:
        """Nodes, the depot included."""
        return len(self.demand)


def stem_of(path: Path) -> str:
    """The file's name without its VRPLIB and gzip endings."""
    name = path.name
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix)
    return name


def read_instance(path: Path, time_scale: float = 1.0) -> Instance:
    """The instance in ``path``. ``time_scale`` stretches an abstract horizon into seconds.

    BadInput when it is not a VRPLIB or Solomon file with time windows, or its sections contradict each other.
    """
    content = _parse_text(_read_text(path), path)
    try:
        instance = _instance(content, stem_of(path), time_scale)
    except (KeyError, TypeError, ValueError) as error:
        problem = Problem(
            path.name, f"a section is absent or malformed: {error}", "give a VRPTW instance, see input.md"
        )
        raise BadInput(f"{path.name} was not taken: 1 problem", [problem]) from error
    raise_if_any(path.name, _faults(instance, path.name))
    return instance


def _read_text(path: Path) -> str:
    try:
        content = path.read_bytes()
        return (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8")
    except FileNotFoundError:
        raise NotFound(f"there is no file {path.name}") from None
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        problem = Problem(path.name, f"it can't be read: {error}", "give a UTF-8 text file, gzipped if it ends in .gz")
        raise BadInput(f"{path.name} was not taken: 1 problem", [problem]) from error


def _parse_text(text: str, path: Path) -> Mapping[str, Any]:
    is_solomon = "_SECTION" not in text
    try:
        if is_solomon:
            return {**parse_solomon(text, compute_edge_weights=False), "edge_weight_type": "EUC_2D"}
        content = parse_vrplib(text, compute_edge_weights=False)
    except (RuntimeError, ValueError, IndexError, TypeError, KeyError) as error:
        problem = Problem(path.name, f"not a VRPLIB or Solomon file: {error}", "check that the file is whole")
        raise BadInput(f"{path.name} was not taken: 1 problem", [problem]) from error
    return dict(content)


def _instance(content: Mapping[str, Any], name: str, time_scale: float) -> Instance:
    coordinates = np.asarray(content["node_coord"], dtype=np.float64)
    demand = np.asarray(content["demand"], dtype=np.float64)
    service = np.broadcast_to(np.asarray(content["service_time"], dtype=np.float64), demand.shape).copy()
    service[0] = 0.0  # a header's one service time is for customers; the depot needs none
    return Instance(
        name=name,
        durations_s=_durations(content, coordinates) * time_scale,
        coordinates=coordinates,
        demand=demand,
        service_s=service * time_scale,
        windows_s=np.asarray(content["time_window"], dtype=np.float64) * time_scale,
        capacity=float(content["capacity"]),
        vehicles=int(content["vehicles"]) if "vehicles" in content else None,
    )


def _durations(content: Mapping[str, Any], coordinates: Floats) -> Floats:
    kind = content["edge_weight_type"]
    if kind == "EXPLICIT":
        return np.asarray(content["edge_weight"], dtype=np.float64)
    if kind != "EUC_2D":
        raise ValueError(f"edge weight type {kind} is not supported (EXPLICIT or EUC_2D)")
    apart = coordinates[:, None, :] - coordinates[None, :, :]
    distances: Floats = np.floor(np.hypot(apart[..., 0], apart[..., 1]) * 10) / 10
    return distances


def _faults(instance: Instance, place: str) -> list[Problem]:
    size = instance.size
    shapes = {
        "EDGE_WEIGHT": (instance.durations_s.shape, (size, size)),
        "NODE_COORD": (instance.coordinates.shape, (size, 2)),
        "TIME_WINDOW": (instance.windows_s.shape, (size, 2)),
    }
    problems = [
        Problem(f"{place} {section}_SECTION", f"its shape is {shape} for {size} nodes", "give one line for each node")
        for section, (shape, wanted) in shapes.items()
        if shape != wanted
    ]
    if not problems and size < 2:
        problems.append(Problem(place, "there is no stop in it", "give a depot and at least one stop"))
    arrays = (instance.durations_s, instance.coordinates, instance.demand, instance.service_s, instance.windows_s)
    if any(not np.all(np.isfinite(array)) for array in arrays):
        problems.append(Problem(place, "a value is not finite", "correct it"))
    if np.any(instance.durations_s < 0) or np.any(instance.service_s < 0) or np.any(instance.demand < 0):
        problems.append(Problem(place, "a duration, service time or demand is negative", "give values of 0 or more"))
    return problems


def find_solution(path: Path) -> Path | None:
    """The ``.sol`` file beside an instance, if there is one."""
    beside = path.with_name(f"{stem_of(path)}.sol")
    return beside if beside.exists() else None


def read_solution(path: Path, size: int) -> list[list[int]]:
    """The routes of a ``.sol`` file as node numbers; BadInput unless each of ``size - 1`` stops is visited once."""
    try:
        parsed = parse_solution(_read_text(path))
    except (ValueError, IndexError) as error:
        problem = Problem(path.name, f"not a solution file: {error}", "write lines such as Route #1: 5 3 7")
        raise BadInput(f"{path.name} was not taken: 1 problem", [problem]) from error
    routes: list[list[int]] = [route for route in parsed["routes"] if route]
    raise_if_any(path.name, _solution_faults(routes, size, path.name))
    return routes


def _solution_faults(routes: Sequence[Sequence[int]], size: int, place: str) -> list[Problem]:
    visits = Counter(node for route in routes for node in route)
    problems = [
        Problem(place, f"stop {node} is not in the instance", f"stops are numbered 1 to {size - 1}")
        for node in sorted(visits)
        if not 0 < node < size
    ]
    problems += [
        Problem(place, f"stop {node} is visited {visits[node]} times", "visit each stop once")
        for node in range(1, size)
        if visits[node] != 1
    ]
    return problems
