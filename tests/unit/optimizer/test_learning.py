"""What the day teaches: towards the truth, never past it, and nothing without evidence."""

from datetime import timedelta

import pytest

from forestall.domain.ids import HubId, RouteId
from forestall.domain.vocabulary import RouteStatus, StopStatus
from optimizer.risk.learning import learn
from optimizer.risk.priors import Priors

PRIORS = Priors(leg_sd=0.0, service_sd=0.0)  # no noise: ratios are means already


def driven(town, travel, name, slower, legs=8, east=0.0, visits=1.0):
    """A route whose finished legs took ``slower`` times the expected time, one every 20 minutes."""
    route = town.route(name, status=RouteStatus.UNDERWAY)
    here = town.hub.location
    for k in range(legs):
        there = town.place(f"{name}-{k}", east + 2.0 * (k % 2), 3.0 + k)
        expected = float(travel.durations_s([here, there])[0, 1])
        departed = town.at("06:10") + timedelta(minutes=20 * k)
        arrived = departed + timedelta(seconds=slower * expected)
        finished = arrived + timedelta(seconds=300 * visits)
        town.stop(
            route,
            f"{name}-{k}",
            there,
            ("06:00", "18:00"),
            StopStatus.COMPLETED,
            departed_at=departed,
            arrived_at=arrived,
            finished_at=finished,
        )
        here = there
    return route


def test_a_day_without_evidence_is_an_ordinary_day(town, travel) -> None:
    town.fleet(1)
    learned = learn(town.snapshot("08:40"), travel, PRIORS)
    assert learned.day == {HubId("H1"): 1.0}
    assert learned.now == {HubId("H1"): 1.0}
    assert learned.p_failed == {HubId("H1"): pytest.approx(PRIORS.p_failed)}
    assert learned.pace == {}


def test_a_slow_day_is_learned_in_part_and_more_with_more_evidence(town, travel) -> None:
    factors = []
    for routes in (1, 4):
        day = type(town)()
        for r in range(routes):
            driven(day, travel, f"R{r}", 1.3, east=5.0 * r)
        factors.append(learn(day.snapshot("09:00"), travel, PRIORS).day[HubId("H1")])
    assert 1.0 < factors[0] < factors[1] < 1.3


def test_a_slow_driver_is_told_from_a_slow_day(town, travel) -> None:
    slow = driven(town, travel, "SLOW", 1.5)
    others = [driven(town, travel, f"R{r}", 1.0, east=9.0 + 5.0 * r) for r in range(5)]
    learned = learn(town.snapshot("09:00"), travel, PRIORS)
    mean, spread = learned.pace[slow]
    assert 1.1 < mean < 1.5
    assert all(learned.pace[other][0] < 1.02 for other in others)
    assert spread < PRIORS.route_sd


def test_a_slow_area_is_slow_near_it_and_not_far_away(town, travel) -> None:
    for r in range(3):
        driven(town, travel, f"A{r}", 1.6, east=0.0)
        driven(town, travel, f"B{r}", 1.0, east=40.0)
    area = learn(town.snapshot("09:00"), travel, PRIORS).area[HubId("H1")]
    near, far = area.factor_at([town.place("x", 1.0, 7.0), town.place("y", 41.0, 7.0)])
    assert near > 1.1
    assert far < 1.0


def test_one_absurd_leg_moves_little(town, travel) -> None:
    driven(town, travel, "R1", 50.0, legs=1)
    assert learn(town.snapshot("09:00"), travel, PRIORS).day[HubId("H1")] < 1.05


def test_long_visits_are_the_routes_own(town, travel) -> None:
    driven(town, travel, "R1", 1.0, visits=1.6)
    driven(town, travel, "R2", 1.0, east=5.0)
    service = learn(town.snapshot("09:00"), travel, PRIORS).service
    assert service[RouteId("R1")] > 1.15
    assert service[RouteId("R2")] == pytest.approx(1.0)
