"""Grades: one score a stop and lead bucket, the first that foretold anything and that nobody acted upon."""

from dataclasses import replace

import numpy as np

from agent.learning.grades import grades_of
from factories import DAY, at
from forestall.domain.ids import HubId, RouteId, StopId
from forestall.domain.learning import Outcome, ScoreFrame

OUTCOME = Outcome(
    stop_id=StopId("S1"), day=DAY, hub_id=HubId("H1"), route_id=RouteId("R1"), known_at=at(200), started_at=at(120),
    late=True, lateness_s=60.0, failed=False, undone=False,
)  # fmt: skip


def frame(minute, eta_minutes, p=0.5, spread_min=10.0):
    """A score of S1, taken at ``minute``, that expects it ``eta_minutes`` later."""
    eta = np.array([[eta_minutes - spread_min, eta_minutes, eta_minutes + spread_min]], np.float32) * 60
    names = (StopId("S1"),), (HubId("H1"),)
    return ScoreFrame(DAY, at(minute), "m", "f", *names, np.zeros((1, 2), np.float32), np.array([[p, 0.0]]), eta)


def graded(frames, outcome=OUTCOME):
    return [(g.lead_min, g.p_late, g.covered) for g in grades_of({outcome.stop_id: outcome}, frames)]


def test_each_bucket_is_graded_by_its_first_score():
    frames = [frame(0, 120, 0.1), frame(20, 100, 0.2), frame(70, 50, 0.3), frame(90, 30, 0.4), frame(110, 10, 0.5)]
    assert [(lead, p) for lead, p, _ in graded(frames)] == [(90, 0.1), (45, 0.3), (20, 0.4), (0, 0.5)]


def test_a_score_that_somebody_acted_upon_is_passed_over_for_the_next_one():
    acted = replace(OUTCOME, acted_at=at(72))
    assert graded([frame(70, 50, 0.3), frame(74, 46, 0.6)], acted) == [(45, 0.6, True)]


def test_a_score_made_after_service_began_foretells_nothing():
    assert graded([frame(120, 0), frame(130, 0)]) == []


def test_the_interval_holds_with_its_ends():
    assert graded([frame(100, 30)])[0][2] is True  # 120 is its early end
    assert graded([frame(100, 31)])[0][2] is False


def test_a_start_that_nobody_saw_leaves_the_interval_unjudged():
    assert graded([frame(100, 30)], replace(OUTCOME, started_at=None))[0][2] is None


def test_a_grade_is_of_what_said_late_whatever_model_of_failed_attempts_stood_beside_it():
    made_by = replace(frame(100, 30), model="montecarlo-2+gbm-1+failed-2")
    assert [grade.model for grade in grades_of({OUTCOME.stop_id: OUTCOME}, [made_by])] == ["montecarlo-2+gbm-1"]
