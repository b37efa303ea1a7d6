"""The schedule: news is not left to wait for the next step, ordinary progress is."""

import time

import pytest

from agent.schedule import Schedule
from factories import at
from forestall.domain.vocabulary import CaseStatus, EventType

LONG_S = 3600.0


@pytest.fixture
def scheduled(field, open_service):
    """A day under way whose steps are an hour apart, unless something brings one forward."""
    field.service.close()
    field.service = open_service(tick_s=LONG_S)
    field.begin()
    field.go_to(at(41))
    with Schedule(field.service) as schedule:
        yield field, schedule


def test_a_breakdown_is_acted_upon_at_once(scheduled):
    field, schedule = scheduled
    field.break_down()
    assert schedule.wait_until_idle(60)
    with field.service.store.read() as uow:
        assert uow.decisions.count() == 1


def test_a_position_waits_for_the_next_step(scheduled):
    field, schedule = scheduled
    field.tell(EventType.POSITION, "V01", 40, lat=41.155, lon=-8.605)
    assert schedule.wait_until_idle(60)
    time.sleep(0.2)
    assert field.cases == []
    with field.service.store.read() as uow:
        assert uow.scores.latest("2026-03-02") == {}


def test_news_during_a_step_is_followed_by_another(scheduled):
    field, schedule = scheduled
    steps = []
    tick = field.service.tick

    def tick_and_hear():
        steps.append(1)
        if len(steps) == 1:
            field.service.bell.ring()
        return tick()

    field.service.tick = tick_and_hear
    field.service.bell.ring()
    assert schedule.wait_until_idle(60)
    assert len(steps) == 2
    assert all(case.status is not CaseStatus.OPEN for case in field.cases)
