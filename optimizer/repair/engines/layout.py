"""From a sub-problem to the arrays of the compiled code, and back. Nothing here is done stop by stop."""

from collections.abc import Iterable
from itertools import chain

import numpy as np

from optimizer.repair.engines.route import LOAD, NONE, STOP, VEHICLE, VISIT, Routes, Tables, refresh_all
from optimizer.repair.evaluation import last_arrival_s, last_segments, most_driving_s
from optimizer.repair.subproblem import Ints, Sequences, SubProblem


def tables_of(sub: SubProblem, least_move_price: float, gathered: bool) -> Tables:
    """The problem, with moves priced ``least_move_price`` at least.

    ``gathered`` copies the travel times of the nodes in use side by side: worth it for a long search alone.
    """
    m, places = sub.stops, np.concatenate([sub.node, sub.start_node, sub.end_node])
    travel, row = sub.travel_s, places
    if gathered:
        travel = np.ascontiguousarray(sub.travel_s[:, places[:, None], places[None, :]])
        row = np.arange(places.size, dtype=np.int64)
    is_timed = sub.has_breaks or sub.hours.size > 0
    if is_timed:
        each = range(sub.vehicles)
        latest = np.array([last_arrival_s(sub, v) for v in each], dtype=np.int64)
        most = np.array([most_driving_s(sub, v) for v in each], dtype=np.int64)
    else:
        straight = sub.travel_s[sub.profile, sub.start_node, sub.end_node]
        latest, most = np.maximum(sub.shift_end_s, sub.ready_s + straight), sub.drive_limit_s
    stops = np.zeros(places.size, dtype=STOP)
    for name in ("opens_s", "closes_s", "service_s", "setup_s", "home", "segment", "held"):
        stops[name][:m] = getattr(sub, name)
    for name in ("lateness_price", "miss_price", "undone_price", "visit_price"):
        stops[name][:m] = getattr(sub, name)
    stops["move_price"][:m] = np.maximum(sub.move_price, least_move_price)
    stops["row"], stops["place"] = row, places
    stops["pickup"], stops["delivery"] = NONE, NONE
    if sub.pairs:
        first, then = np.array(sub.pairs, dtype=np.int64).T
        stops["pickup"][then], stops["delivery"][first] = first, then
    vehicles = np.zeros(sub.vehicles, dtype=VEHICLE)
    for name in ("profile", "ready_s", "break_after_s", "break_s", "since_break_s", "churn_price", "carrier_price"):
        vehicles[name] = getattr(sub, name)
    vehicles["latest_s"], vehicles["most_s"] = latest, most
    vehicles["original_size"] = [len(sequence) for sequence in sub.sequences]
    has_pins = bool(np.any(sub.segment))
    if has_pins:
        vehicles["behind"] = last_segments(sub)
    return Tables(
        travel_s=np.ascontiguousarray(travel),
        stops=stops,
        vehicles=vehicles,
        demand=np.ascontiguousarray(sub.demand),
        excluded=np.ascontiguousarray(sub.excluded),
        capacity=np.maximum(sub.capacity, held)
        if (held := sub.held_load).any()
        else np.ascontiguousarray(sub.capacity),
        hours=np.ascontiguousarray(sub.hours),
        original=_rows(sub.sequences, m if np.any(sub.churn_price) else 0),
        travel_price=sub.travel_price,
        is_timed=is_timed,
        has_pins=has_pins,
    )


def routes_of(tables: Tables, sequences: Sequences) -> Routes:
    """A plan in work, ready for the engines. Its sequences must keep every hard rule."""
    m, k = len(tables.demand), len(tables.vehicles)
    size = np.array([len(sequence) for sequence in sequences], dtype=np.int64)
    served = np.fromiter(chain.from_iterable(sequences), dtype=np.int64, count=int(size.sum()))
    vehicle_of = np.repeat(np.arange(k), size)
    where = np.full(m, NONE, dtype=np.int64)
    where[served] = vehicle_of
    is_pickup = tables.stops["delivery"][served] != NONE
    loaded = (tables.stops["pickup"][served] == NONE) & ~is_pickup & (tables.stops["held"][served] == 0)
    aboard = np.zeros_like(tables.capacity)
    held = np.flatnonzero(tables.stops["held"])
    np.add.at(aboard, tables.stops["home"][held], tables.demand[held])
    np.add.at(aboard, vehicle_of[loaded], tables.demand[served[loaded]])
    loads = np.zeros(k, dtype=LOAD)
    loads["size"], loads["meetings"] = size, np.bincount(vehicle_of[is_pickup], minlength=k)
    routes = Routes(
        seq=_rows(sequences, m),
        visits=np.empty((k, m + 1), dtype=VISIT),
        loads=loads,
        aboard=aboard,
        where=where,
        meter=np.zeros(1, dtype=np.int64),
    )
    refresh_all(tables, routes)
    return routes


def sequences_of(seq: Ints, size: Ints) -> Sequences:
    """The plan as tuples."""
    return tuple(tuple(seq[v, :count].tolist()) for v, count in enumerate(size.tolist()))


def _rows(sequences: Iterable[tuple[int, ...]], width: int) -> Ints:
    """Sequences as rows of one array; what is behind a row's end means nothing."""
    listed = list(sequences)
    rows = np.empty((len(listed), width), dtype=np.int64)
    for v, sequence in enumerate(listed):
        if width:
            rows[v, : len(sequence)] = sequence
    return rows
