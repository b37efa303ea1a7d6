"""Fitting the map's travel times to finished legs: speeds by distance band, hours of the day, parts of town.

A leg's seconds are the metres in each band over that band's speed, times the factors of its hour and of the zones at
its ends. The speeds come from a bounded least-squares fit of relative errors, made robust by two rounds of reweighting
(a leg of three times its time met something else than traffic); hours and zones from shrunken log ratios.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

from forestall.domain.network import Location
from forestall.errors import BadInput, Problem
from optimizer.geo import crow_fly_m
from optimizer.travel.haversine import HaversineTravel
from optimizer.travel.hours import HourFactors
from optimizer.travel.zones import Zone, ZoneFactors, zone_of

Floats = NDArray[np.float64]

LEAST_LEGS = 50
_SLOWEST_M_S, _FASTEST_M_S = 1.0, 38.0
_SHORTEST_M, _SHORTEST_S, _LONGEST_S = 50.0, 20.0, 4 * 3600.0
_HOUR_K, _ZONE_K = 30.0, 20.0  # how many legs' worth of evidence "as usual" counts for
_WORN_OUT = 0.5  # log ratio from which a leg loses weight
_ROUNDS = 3
_TRAINED_ON = 0.7


@dataclass(frozen=True, slots=True)
class FinishedLeg:
    """One drive between two reported places; ``started_at`` aware."""

    start: Location
    end: Location
    started_at: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class FitQuality:
    """Over the newest legs, which the fit had not seen. ``median_error``: of |actual / told - 1|. ``bias``: total told
    over total actual, less 1."""

    legs: int
    median_error: float
    bias: float


@dataclass(frozen=True, slots=True)
class TravelFit:
    """The fitted travel times, and how the present ones and the fitted do on unseen legs. ``left_out`` legs were too
    short, too long or of no distance, and taught nothing."""

    travel: HaversineTravel
    legs: int
    left_out: int
    before: FitQuality
    after: FitQuality


def fit_travel(legs: Sequence[FinishedLeg], present: HaversineTravel) -> TravelFit:
    """Refit ``present`` on the legs; quality is measured with the oldest 70 % fitted and the rest told.

    Raises BadInput when fewer than 50 legs are usable.
    """
    ordered = sorted(legs, key=lambda leg: (leg.started_at, leg.start.id, leg.end.id))
    usable = [leg for leg in ordered if _is_usable(leg)]
    if len(usable) < LEAST_LEGS:
        raise BadInput("Too few finished legs to fit travel times.", [_too_few(len(usable), len(legs))])
    cut = int(_TRAINED_ON * len(usable))
    unseen = usable[cut:]
    trial = _fitted(usable[:cut], present)
    return TravelFit(
        travel=_fitted(usable, present),
        legs=len(usable),
        left_out=len(legs) - len(usable),
        before=_quality(unseen, present),
        after=_quality(unseen, trial),
    )


def told_s(travel: HaversineTravel, legs: Sequence[FinishedLeg]) -> Floats:
    """(n,) the seconds these travel times tell for the legs, hour and zones in."""
    seconds = travel.seconds_of(_crow_m(legs))
    hours = np.interp(_hours_of(legs), np.arange(25), [*travel.hours.by_hour, travel.hours.by_hour[0]])
    zones = (travel.zones.of([leg.start for leg in legs]) + travel.zones.of([leg.end for leg in legs])) / 2
    told: Floats = seconds * hours * zones
    return told


def _is_usable(leg: FinishedLeg) -> bool:
    metres = float(crow_fly_m(leg.start.lat, leg.start.lon, leg.end.lat, leg.end.lon))
    return metres >= _SHORTEST_M and _SHORTEST_S <= leg.seconds <= _LONGEST_S


def _too_few(usable: int, given: int) -> Problem:
    return Problem("legs", f"{usable} of {given} are usable", f"wait for {LEAST_LEGS} legs of 50 m and 20 s or more")


def _crow_m(legs: Sequence[FinishedLeg]) -> Floats:
    starts = np.array([(leg.start.lat, leg.start.lon) for leg in legs]).reshape(-1, 2)
    ends = np.array([(leg.end.lat, leg.end.lon) for leg in legs]).reshape(-1, 2)
    return crow_fly_m(starts[:, 0], starts[:, 1], ends[:, 0], ends[:, 1])


def _hours_of(legs: Sequence[FinishedLeg]) -> Floats:
    """(n,) hours since midnight UTC."""
    at = [leg.started_at.timestamp() for leg in legs]
    return np.mod(np.array(at) / 3600.0, 24.0)


def _fitted(legs: Sequence[FinishedLeg], present: HaversineTravel) -> HaversineTravel:
    """Speeds, hours and zones in turn, each with the others' present values taken off."""
    actual = np.array([leg.seconds for leg in legs])
    travel = replace(present, hours=HourFactors(), zones=ZoneFactors(), source="fitted")
    for _ in range(_ROUNDS):
        factors = told_s(travel, legs) / travel.seconds_of(_crow_m(legs))
        travel = replace(travel, bands=_speeds(_crow_m(legs) * travel.circuity, actual / factors, travel))
        flat = replace(travel, hours=HourFactors())
        travel = replace(travel, hours=_hours(_hours_of(legs), np.log(actual / told_s(flat, legs))))
        flat = replace(travel, zones=ZoneFactors())
        travel = replace(travel, zones=_zones(legs, np.log(actual / told_s(flat, legs))))
    return travel


def _speeds(road_m: Floats, actual_s: Floats, travel: HaversineTravel) -> tuple[tuple[float, float], ...]:
    """The bands with the speeds that fit best; one no leg reaches keeps its speed."""
    tops = np.array([top for top, _ in travel.bands])
    bottoms = np.concatenate(([0.0], tops[:-1]))
    metres = np.clip(road_m[:, None] - bottoms, 0.0, tops - bottoms)
    usual = np.array([1.0 / speed for _, speed in travel.bands])
    weight = np.ones(road_m.size)
    slowness = usual
    for _ in range(_ROUNDS):
        rows = weight[:, None] * metres / actual_s[:, None]
        # the present speed counts as a few legs' worth of evidence, so that a band nobody drives stays as it is
        prior = np.diag(np.full(tops.size, 5.0) / usual)
        answer = lsq_linear(
            np.vstack((rows, prior)),
            np.concatenate((weight, np.full(tops.size, 5.0))),
            bounds=(1.0 / _FASTEST_M_S, 1.0 / _SLOWEST_M_S),
        )
        slowness = answer.x
        gap = np.abs(np.log(actual_s / (metres @ slowness)))
        weight = np.minimum(1.0, _WORN_OUT / np.maximum(gap, 1e-9))
    return tuple((float(top), float(1.0 / slow)) for top, slow in zip(tops, slowness, strict=True))


def _hours(hours: Floats, log_ratio: Floats) -> HourFactors:
    """The factors at the full hours, linear in between, that fit best; ``_HOUR_K`` legs at each say "as usual"."""
    low = np.floor(hours).astype(np.int64) % 24
    share = hours - np.floor(hours)
    rows = np.zeros((hours.size, 24))
    every = np.arange(hours.size)
    rows[every, low] = 1.0 - share
    rows[every, (low + 1) % 24] += share
    clipped = np.clip(log_ratio, -_WORN_OUT, _WORN_OUT)
    logs = np.linalg.solve(rows.T @ rows + _HOUR_K * np.eye(24), rows.T @ clipped)
    return HourFactors(tuple(np.exp(logs).tolist()))


def _zones(legs: Sequence[FinishedLeg], log_ratio: Floats) -> ZoneFactors:
    """Shrunken mean ratio of the legs that begin or end in each zone."""
    weights: dict[Zone, float] = {}
    sums: dict[Zone, float] = {}
    for leg, ratio in zip(legs, np.clip(log_ratio, -_WORN_OUT, _WORN_OUT).tolist(), strict=True):
        for place in (leg.start, leg.end):
            zone = zone_of(place.lat, place.lon)
            weights[zone] = weights.get(zone, 0.0) + 0.5
            sums[zone] = sums.get(zone, 0.0) + 0.5 * ratio
    return ZoneFactors({zone: float(np.exp(sums[zone] / (weights[zone] + _ZONE_K))) for zone in sorted(weights)})


def _quality(legs: Sequence[FinishedLeg], travel: HaversineTravel) -> FitQuality:
    actual, told = np.array([leg.seconds for leg in legs]), told_s(travel, legs)
    return FitQuality(len(legs), float(np.median(np.abs(actual / told - 1.0))), float(told.sum() / actual.sum() - 1.0))
