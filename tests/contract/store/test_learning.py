"""What learning keeps comes back as it was, and what must be one stays one."""

from dataclasses import replace

import numpy as np
import pytest

from factories import DAY, START, at, make_plan
from forestall.domain.forecast import AttemptInputs
from forestall.domain.ids import DecisionId, HubId, ModelId, RouteId, StopId
from forestall.domain.learning import DriftState, Grade, Intervention, Outcome, ScoreFrame, StoredModel
from forestall.domain.routes import Attempt
from forestall.domain.vocabulary import ModelKind, ModelStatus, StopStatus
from forestall.errors import Conflict, NotFound
from forestall.store import Store

STOPS = (StopId("S001"), StopId("S002"))
FRAME = ScoreFrame(
    DAY, at(60), "m-1", "abc", STOPS, (HubId("H1"), HubId("H1")),
    features=np.array([[0.1, 2.0, -3.5], [0.9, 0.0, 1e9]], np.float32),
    p=np.array([[0.25, 0.01], [1.0, 0.02]], np.float32),
    eta_s=np.array([[-60, 0, 60], [1, 2, 3]], np.float32),
)  # fmt: skip
INPUTS = AttemptInputs(
    (("H1", "H1"), ("door 1", "dør 2")),
    np.array([[9.5, 3600], [17.25, 7200]], np.float32),
    np.array([0.035, 0.0], np.float32),
)
OUTCOME = Outcome(
    StopId("S001"), DAY, HubId("H1"), RouteId("R01"), at(200), at(120), True, 60.5, None, False, acted_at=at(70)
)
MODEL = StoredModel(
    ModelId("gbm-1"), ModelKind.LATE, "text", "hash", at(0), {"days": [DAY]}, {}, ModelStatus.CHALLENGER
)
GRADE = Grade(StopId("S001"), 20, DAY, HubId("H1"), RouteId("R01"), at(60), at(200), "m-1", 0.25, True, covered=None)
STATE = DriftState(HubId("H1"), 20, True, at(0), at(0), 300, 0.05, 0.03, None, None)


def test_a_frame_comes_back_number_for_number(store: Store) -> None:
    with store.write() as uow:
        uow.frames.add(FRAME)
        [kept] = uow.frames.each([DAY])
        [light] = uow.frames.each([DAY], with_features=False)
        assert list(uow.frames.each(["another day"])) == []
    assert (kept.stop_ids, kept.hub_ids, kept.taken_at) == (FRAME.stop_ids, FRAME.hub_ids, FRAME.taken_at)
    for name in ("features", "p", "eta_s"):
        np.testing.assert_array_equal(getattr(kept, name), getattr(FRAME, name))
    assert light.features.shape == (2, 0)
    np.testing.assert_array_equal(light.p, FRAME.p)


def test_the_inputs_of_first_attempts_come_back_where_they_are_asked_for(store: Store) -> None:
    with store.write() as uow:
        uow.frames.add(replace(FRAME, attempt_hash="def", attempts=INPUTS))
        uow.frames.add(FRAME)
        kept, without = uow.frames.each([DAY], with_attempts=True)
        assert next(iter(uow.frames.each([DAY]))).attempts is None
    assert kept.attempts is not None
    assert (kept.attempt_hash, kept.attempts.keys) == ("def", INPUTS.keys)
    np.testing.assert_array_equal(kept.attempts.numbers, INPUTS.numbers)
    np.testing.assert_array_equal(kept.attempts.p_prior, INPUTS.p_prior)
    assert (without.attempt_hash, without.attempts) == (None, None)


def test_only_frames_and_grades_from_before_a_moment_are_forgotten(store: Store) -> None:
    with store.write() as uow:
        for minute in (59, 60):
            uow.frames.add(replace(FRAME, taken_at=at(minute)))
        uow.outcomes.add_grades([GRADE, replace(GRADE, lead_min=45, known_at=at(199))])
        assert (uow.frames.prune(at(60)), uow.outcomes.prune_grades(at(200))) == (1, 1)
        assert [frame.taken_at for frame in uow.frames.each([DAY])] == [at(60)]
        assert uow.outcomes.list_graded() == [("H1", 20)]


def test_frames_come_in_the_order_they_were_taken_or_the_newest_first(store: Store) -> None:
    with store.write() as uow:
        for minute in (90, 60, 120):
            uow.frames.add(replace(FRAME, taken_at=at(minute)))
        assert [frame.taken_at for frame in uow.frames.each([DAY])] == [at(60), at(90), at(120)]
        newest = uow.frames.each([DAY], newest_first=True)
        assert [frame.taken_at for frame in newest] == [at(120), at(90), at(60)]


def test_an_outcome_is_known_from_its_moment_on(store: Store) -> None:
    with store.write() as uow:
        uow.outcomes.add([OUTCOME])
    with store.read() as uow:
        assert uow.outcomes.list_known() == {OUTCOME.stop_id: OUTCOME}
        assert uow.outcomes.list_known(known_by=at(199)) == {}
        assert uow.outcomes.list_days(known_by=at(199)) == []
        assert uow.outcomes.list_days() == [DAY]


def test_a_stop_has_one_outcome(store: Store) -> None:
    with pytest.raises(Conflict), store.write() as uow:
        uow.outcomes.add([OUTCOME, OUTCOME])


def test_ended_stops_come_with_their_attempts_and_interventions_until_they_are_labelled(store: Store) -> None:
    with store.write() as uow:
        uow.plans.put(make_plan())
        stop = uow.state.get_stop(StopId("S001"))
        ended = replace(stop, status=StopStatus.COMPLETED, arrived_at=at(90), finished_at=at(95))
        uow.state.save_stop(ended)
        tried, reached = Attempt(stop.id, at(95), True), Intervention(DecisionId("d1"), stop.id, at(70), True)
        uow.state.add_attempt(tried)
        uow.outcomes.add_interventions([reached])
        assert uow.outcomes.list_unlabelled(DAY, ended_by=at(94), day_is_over=False) == []
        [found] = uow.outcomes.list_unlabelled(DAY, ended_by=at(95), day_is_over=False)
        assert (found.stop, found.attempts, found.interventions) == (ended, (tried,), (reached,))
        over = uow.outcomes.list_unlabelled(DAY, ended_by=at(95), day_is_over=True)
        assert len(over) == len(make_plan().stops)
        uow.outcomes.add([OUTCOME])
        assert uow.outcomes.list_unlabelled(DAY, ended_by=at(95), day_is_over=False) == []


def test_a_day_that_is_labelled_is_not_looked_at_again(store: Store) -> None:
    with store.write() as uow:
        uow.plans.put(make_plan())
        [(day, ends_at)] = uow.outcomes.list_unlabelled_days()
        assert day == DAY
        assert ends_at > START
        uow.outcomes.mark_labelled(DAY)
        uow.outcomes.mark_labelled(DAY)
        assert uow.outcomes.list_unlabelled_days() == []


def test_grades_are_listed_newest_first_within_the_window(store: Store) -> None:
    grades = [replace(GRADE, stop_id=StopId(f"S{n}"), known_at=at(n)) for n in range(5)]
    with store.write() as uow:
        uow.outcomes.add_grades(grades)
        found = uow.outcomes.list_grades(HubId("H1"), 20, since=at(0), known_by=at(3), limit=2)
        assert found == [grades[3], grades[2]]
        assert uow.outcomes.list_grades(HubId("H1"), 45, at(-1), at(9), limit=9) == []
        assert uow.outcomes.list_graded() == [("H1", 20)]


def test_promoting_retires_the_model_that_was_in_force(store: Store) -> None:
    second = replace(MODEL, id=ModelId("gbm-2"), trained_at=at(5))
    with store.write() as uow:
        uow.models.add(MODEL)
        uow.models.add(second)
        assert uow.models.find_active(ModelKind.LATE) is None
        uow.models.promote(MODEL, at(1), "ann", "better")
        uow.models.promote(second, at(6), "bob", "better still")
        assert [(m.id, m.status) for m in uow.models.list_all()] == [("gbm-2", "ACTIVE"), ("gbm-1", "RETIRED")]
        assert uow.models.find_active_id(ModelKind.LATE) == ("gbm-2", "hash")
        assert uow.models.get(second.id).why == "better still"
        with pytest.raises(NotFound):
            uow.models.get(ModelId("gbm-3"))


def test_models_that_were_in_force_are_listed_the_last_one_first(store: Store) -> None:
    others = [replace(MODEL, id=ModelId(f"gbm-{n}")) for n in (2, 3)]
    failed = replace(MODEL, id=ModelId("failed-1"), kind=ModelKind.FAILED)
    with store.write() as uow:
        for model in (MODEL, *others, failed):
            uow.models.add(model)
        for minute, model in enumerate([others[0], MODEL, others[1], failed]):
            uow.models.promote(model, at(minute), "ann", "better")
        assert uow.models.list_retired_ids(ModelKind.LATE) == ["gbm-1", "gbm-2"]
        assert uow.models.list_retired_ids(ModelKind.FAILED) == []


def test_the_database_refuses_a_second_model_in_force(store: Store) -> None:
    active = replace(MODEL, status=ModelStatus.ACTIVE)
    with store.write() as uow:
        uow.models.add(active)
    with pytest.raises(Conflict), store.write() as uow:
        uow.models.add(replace(active, id=ModelId("gbm-2")))


def test_a_drift_state_replaces_the_one_before(store: Store) -> None:
    with store.write() as uow:
        uow.drift.put(STATE)
        assert uow.drift.list_drifting_hubs() == {"H1"}
        uow.drift.put(replace(STATE, is_drifting=False, coverage=0.8))
        assert uow.drift.list_states() == [replace(STATE, is_drifting=False, coverage=0.8)]
        assert uow.drift.list_drifting_hubs() == frozenset()
