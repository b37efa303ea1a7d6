"""Learning forgets what is older than the operator says, and nothing else, on both databases."""

from datetime import timedelta

import numpy as np
import pytest
from pydantic import ValidationError

from factories import at
from forestall.bootstrap import make_learning
from forestall.domain.ids import HubId, RouteId, StopId
from forestall.domain.learning import Grade, Outcome, ScoreFrame
from forestall.settings import Settings

NOW = at(0) + timedelta(days=100)


def put_day(store, days_ago):
    """A kept score of one stop, its outcome and its grade."""
    stop_id, hub_id, route_id = StopId(f"S-{days_ago}"), HubId("H1"), RouteId("R1")
    day, known_at = f"{days_ago} days ago", NOW - timedelta(days=days_ago)
    taken_at = known_at - timedelta(hours=1)
    none = np.zeros((1, 0), np.float32)
    p, eta = np.zeros((1, 2), np.float32), np.zeros((1, 3), np.float32)
    with store.write() as uow:
        uow.frames.add(ScoreFrame(day, taken_at, "m", "f", (stop_id,), (hub_id,), none, p, eta))
        uow.outcomes.add([Outcome(stop_id, day, hub_id, route_id, known_at, known_at, False, -60.0, False, False)])
        uow.outcomes.add_grades(
            [Grade(stop_id, 20, day, hub_id, route_id, taken_at, known_at, "m", 0.1, late=False, covered=True)]
        )
    return day


def test_frames_and_grades_stay_as_long_as_the_operator_says_and_outcomes_for_ever(store):
    days = [put_day(store, days_ago) for days_ago in (40, 21, 19, 0)]
    make_learning(Settings(learning_keep_days=20), store).run(NOW)
    with store.read() as uow:
        assert [frame.day for frame in uow.frames.each(days)] == days[2:]
        grades = uow.outcomes.list_grades(HubId("H1"), 20, at(0), NOW, limit=10)
        assert sorted(grade.day for grade in grades) == sorted(days[2:])
        assert uow.outcomes.list_days() == days


def test_what_drift_is_judged_by_cannot_be_forgotten_sooner():
    with pytest.raises(ValidationError, match="less than drift_window_days"):
        Settings(learning_keep_days=10)
    with pytest.raises(ValidationError, match="learning_keep_days"):
        Settings(drift_window_days=500)
