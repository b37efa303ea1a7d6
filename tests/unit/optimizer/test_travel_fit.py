"""Refitting the map's travel times to finished legs, and the document they are kept in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from forestall.domain.ids import LocationId
from forestall.domain.network import Location
from forestall.errors import BadInput
from optimizer.travel import HaversineTravel, HourFactors
from optimizer.travel.document import from_document, to_document
from optimizer.travel.fit import FinishedLeg, fit_travel, told_s
from optimizer.travel.zones import ZoneFactors, zone_of

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
CENTRE = zone_of(41.15, -8.61)
RUSH = HourFactors(tuple(1.4 if hour in (8, 9, 17, 18) else 1.0 for hour in range(24)))
TOWN = HaversineTravel(
    bands=((1_500.0, 4.0), (8_000.0, 7.0), (30_000.0, 15.0), (np.inf, 20.0)),
    hours=RUSH,
    zones=ZoneFactors({CENTRE: 1.5}),
)


def drives(count: int, seed: int, noise: float = 0.2, hours: tuple[int, int] = (7, 20)) -> list[FinishedLeg]:
    """Legs driven in TOWN, with a heavy tail: one in twenty meets a hold-up that doubles or trebles it."""
    rng = np.random.default_rng(seed)
    legs = []
    for i in range(count):
        reach = rng.choice([0.01, 0.05, 0.2], p=[0.5, 0.35, 0.15])
        start = Location(LocationId(f"a{i}"), 41.15 + rng.normal(0, 0.02), -8.61 + rng.normal(0, 0.02))
        end = Location(LocationId(f"b{i}"), start.lat + rng.normal(0, reach), start.lon + rng.normal(0, reach))
        started_at = MIDNIGHT + timedelta(days=i // 200, hours=float(rng.uniform(*hours)))
        leg = FinishedLeg(start, end, started_at, 1.0)
        seconds = float(told_s(TOWN, [leg])[0]) * np.exp(rng.normal(0, noise))
        seconds *= rng.uniform(2, 3) if rng.random() < 0.05 else 1.0
        legs.append(replace(leg, seconds=seconds))
    return legs


def test_a_fit_finds_the_towns_speeds_hours_and_slow_zone() -> None:
    fit = fit_travel(drives(3000, seed=1), HaversineTravel())
    speeds = [speed for _, speed in fit.travel.bands]
    assert speeds[:3] == pytest.approx([4.0, 7.0, 15.0], rel=0.15)
    assert fit.travel.hours.by_hour[17] / fit.travel.hours.by_hour[13] == pytest.approx(1.4, rel=0.1)
    assert fit.travel.zones.by_zone[CENTRE] > 1.2
    assert fit.after.median_error < 0.6 * fit.before.median_error
    assert abs(fit.after.bias) < abs(fit.before.bias)


def test_quality_is_told_on_legs_the_fit_has_not_seen() -> None:
    legs = drives(600, seed=2)
    newest = sorted(legs, key=lambda leg: leg.started_at)[420:]
    fit = fit_travel(legs, HaversineTravel())
    assert fit.before.legs == fit.after.legs == len(newest)
    told = told_s(HaversineTravel(), newest)
    actual = np.array([leg.seconds for leg in newest])
    assert fit.before.bias == pytest.approx(told.sum() / actual.sum() - 1)


def test_the_order_of_the_legs_does_not_matter() -> None:
    legs = drives(300, seed=3)
    assert fit_travel(legs, HaversineTravel()) == fit_travel(legs[::-1], HaversineTravel())


def test_a_band_nobody_drives_keeps_its_speed_and_an_hour_nobody_drives_its_factor() -> None:
    fit = fit_travel(drives(400, seed=4), HaversineTravel())
    assert fit.travel.bands[3][1] == pytest.approx(HaversineTravel().bands[3][1], rel=0.02)
    assert fit.travel.hours.by_hour[2] == pytest.approx(1.0)


def test_clicks_without_a_drive_teach_nothing_and_are_counted() -> None:
    legs = drives(200, seed=5)
    clicks = [replace(leg, seconds=3.0) for leg in legs[:7]] + [replace(legs[0], end=legs[0].start)]
    assert fit_travel(legs + clicks, HaversineTravel()).left_out == 8


def test_too_few_legs_are_refused_with_their_number() -> None:
    with pytest.raises(BadInput) as caught:
        fit_travel(drives(30, seed=6), HaversineTravel())
    assert "30 of 30" in caught.value.problems[0].message


def test_a_document_gives_back_the_same_travel_times() -> None:
    fitted = fit_travel(drives(300, seed=7), HaversineTravel()).travel
    assert from_document(to_document(fitted, {"days": ["2026-03-02"]}), "travel.json") == fitted


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (lambda text: text[:-40], "travel.json"),
        (lambda text: text.replace('"circuity": 1.3', '"circuity": 0.2'), "circuity"),
        (lambda text: text.replace('"m_s": 5.5', '"m_s": "fast"'), "bands.0.m_s"),
        (lambda text: text.replace('"m_s": 5.5', '"m_s": NaN'), "bands.0.m_s"),
        (lambda text: text.replace('"up_to_m": null', '"up_to_m": 9.0'), "bands"),
        (lambda text: text.replace('"version": 1', '"version": 2'), "version"),
        (lambda text: text.replace('"source"', '"sauce"'), "sauce"),
    ],
)
def test_a_spoilt_document_is_refused_by_field(spoil, named: str) -> None:
    text = to_document(HaversineTravel(), {})
    with pytest.raises(BadInput) as caught:
        from_document(spoil(text), "travel.json")
    assert any(named in problem.place for problem in caught.value.problems)
