"""What becomes of a stop, as the risk model learns it."""

from datetime import timedelta

import pytest

from agent.learning.labels import outcome_of
from factories import DAY, at, make_stop, make_window
from forestall.domain.ids import DecisionId, HubId, StopId
from forestall.domain.learning import Intervention
from forestall.domain.routes import Attempt
from forestall.domain.vocabulary import FailureReason, StopStatus
from forestall.store.outcomes import UnlabelledStop

PROMISED_BY, OVER = at(120), at(1080)


def labelled(stop=None, reason=None, tried=True, interventions=(), **fields):
    """The outcome of a stop promised by minute 120, by default served at minute 100 and finished at 105."""
    times = {"arrived_at": at(100), "finished_at": at(105), "status": StopStatus.COMPLETED} | fields
    stop = make_stop(window=make_window(60, 120), service_s=300, **times)
    attempts = (Attempt(stop.id, at(105), reason is None, reason),) if tried else ()
    ended = UnlabelledStop(stop, HubId("H1"), PROMISED_BY, attempts, tuple(interventions))
    return outcome_of(ended, DAY, at(200), OVER)


def test_a_start_before_the_promise_ends_is_in_time():
    outcome = labelled()
    assert (outcome.late, outcome.failed, outcome.undone) == (False, False, False)
    assert outcome.lateness_s == -20 * 60


def test_a_start_after_it_is_late():
    assert labelled(arrived_at=at(121)).late


def test_an_early_arrival_waits_and_starts_when_the_window_opens():
    assert labelled(arrived_at=at(30)).started_at == at(60)


def test_a_stop_nobody_attempted_is_late_and_undone_and_no_failed_attempt():
    outcome = labelled(tried=False, arrived_at=None, finished_at=None, status=StopStatus.LOADED)
    assert (outcome.late, outcome.undone, outcome.failed) == (True, True, None)
    assert outcome.lateness_s == (OVER - PROMISED_BY).total_seconds()


def test_nobody_at_home_is_a_failed_first_attempt_and_may_be_in_time():
    outcome = labelled(reason=FailureReason.RECIPIENT_UNAVAILABLE, status=StopStatus.FAILED)
    assert (outcome.failed, outcome.late) == (True, False)


@pytest.mark.parametrize("reason", [FailureReason.INSUFFICIENT_TIME, FailureReason.BREAKDOWN, FailureReason.MISSORT])
def test_what_never_reached_the_door_is_undone_and_no_failed_attempt(reason):
    outcome = labelled(reason=reason, status=StopStatus.FAILED, arrived_at=None)
    assert (outcome.failed, outcome.undone, outcome.late) == (None, True, True)


def test_an_arrival_nobody_reported_is_reckoned_back_from_the_end():
    assert not labelled(arrived_at=None, finished_at=at(124)).late
    assert labelled(arrived_at=None, finished_at=at(126)).late
    assert labelled(arrived_at=None).started_at is None


def test_scores_up_to_the_last_change_of_plan_are_censored_and_later_ones_are_not():
    reached = [
        Intervention(DecisionId(f"d{minute}"), StopId("S001"), at(minute), changes_plan)
        for minute, changes_plan in [(20, True), (40, True), (50, False)]
    ]
    outcome = labelled(interventions=reached)
    assert [outcome.is_censored(at(minute)) for minute in (10, 39, 40, 41, 60)] == [True, True, True, False, False]
    assert outcome.told_at == at(50)


def test_it_is_known_only_from_when_it_was_written():
    assert labelled().known_at == at(200) > at(105) + timedelta(minutes=15)
