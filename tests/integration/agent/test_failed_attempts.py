"""The life of the model of failed first attempts, apart from the one of late stops, on both databases."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from agent.learning.attempts import gather_attempts
from agent.learning.contest import hold_contest
from agent.learning.forecasting import Forecasting
from agent.learning.frames import ATTEMPT_HASH, FEATURE_HASH
from agent.learning.in_force import find_in_force
from agent.learning.training import promote, train_challenger
from factories import DAY, START, at
from forestall.clock import ManualClock
from forestall.domain.forecast import AttemptInputs
from forestall.domain.ids import HubId, ModelId, RouteId, StopId
from forestall.domain.learning import Outcome, ScoreFrame
from forestall.domain.vocabulary import ModelKind, ModelStatus
from forestall.errors import BadInput
from optimizer.risk import Forecaster
from optimizer.risk.attempts import LEVELS, NUMBERS
from optimizer.risk.learned import FEATURES, FailedAttemptModel

LATER = START + timedelta(days=60)
PRIOR = 0.035
DOORS = 12


def silent(_text):
    """Progress that nobody reads."""


def put_days(store, days, *, attempts=80, first=0, sharp=True, told=(), acted=()):
    """Days of first attempts at doors that differ: the first quarter fails one in two, the others hardly ever.

    Unless ``sharp`` it is the other way round: what was learned before misleads. ``told``, ``acted``: stops (by
    number) whose customer was written to, or whose route was changed, between the day's two scores.
    """
    with store.write() as uow:
        for number in range(first, first + days):
            rng, day = np.random.default_rng(100 + number), f"day{number:02d}"
            begins = START + timedelta(days=number)
            doors = rng.integers(0, DOORS, attempts)
            rates = np.where((doors < DOORS // 4) == sharp, 0.5, 0.01)
            failed = rng.random(attempts) < rates
            ids = tuple(StopId(f"{number}-{i}") for i in range(attempts))
            for hour in (1, 2):
                uow.frames.add(frame_of(day, begins + timedelta(hours=hour), ids, doors))
            moment = begins + timedelta(minutes=90)
            uow.outcomes.add(
                [
                    outcome_of(
                        day,
                        stop_id,
                        begins + timedelta(hours=4),
                        bool(failed[i]),
                        acted_at=moment if i in acted else None,
                        told_at=moment if i in told else None,
                    )
                    for i, stop_id in enumerate(ids)
                ]
            )


def frame_of(day, taken_at, ids, doors):
    """Scores two hours before their stops, which say nothing of who is at home."""
    n = len(ids)
    hours = np.full(n, taken_at.hour + 2.0)
    inputs = AttemptInputs(
        (("H1",) * n, tuple(f"door {door}" for door in doors)),
        np.column_stack([hours, np.full(n, 7200.0), np.full(n, 240.0), np.ones(n), np.zeros(n)]).astype(np.float32),
        np.full(n, PRIOR, np.float32),
    )
    return ScoreFrame(
        day=day,
        taken_at=taken_at,
        model="m",
        feature_hash=FEATURE_HASH,
        stop_ids=ids,
        hub_ids=(HubId("H1"),) * n,
        features=np.zeros((n, len(FEATURES)), np.float32),
        p=np.tile(np.array([0.1, PRIOR], np.float32), (n, 1)),
        eta_s=np.tile(np.array([3000, 3600, 4200], np.float32), (n, 1)),
        attempt_hash=ATTEMPT_HASH,
        attempts=inputs,
    )


def outcome_of(day, stop_id, known_at, failed, **acts):
    """A stop that began an hour before it became known, in time."""
    return Outcome(
        stop_id=stop_id,
        day=day,
        hub_id=HubId("H1"),
        route_id=RouteId("R1"),
        known_at=known_at,
        started_at=known_at - timedelta(hours=1),
        late=False,
        lateness_s=-600.0,
        failed=failed,
        undone=False,
        **acts,
    )


def train(store, hold_out, as_of=LATER):
    return train_challenger(store, as_of, hold_out, seed=1, say=silent, kind=ModelKind.FAILED)


def audited(store, kind):
    with store.read() as uow:
        return [record for record in uow.audit.list() if record.kind == kind]


def test_an_attempt_counts_once_by_the_first_score_that_nobody_acted_on_since(store):
    put_days(store, 1, attempts=10, told={1}, acted={2})
    with store.read() as uow:
        harvest = gather_attempts(uow, ["day00"], LATER, limit=1000)
    assert (len(harvest), harvest.censored) == (10, 2)
    hours = dict(zip(range(10), harvest.inputs.numbers[:, 0], strict=True))
    early, late = (START + timedelta(hours=3)).hour, (START + timedelta(hours=4)).hour
    assert sorted(hours.values()) == [early] * 8 + [late] * 2


def test_what_was_never_attempted_at_a_door_or_kept_without_inputs_is_left_out(store):
    put_days(store, 1, attempts=10)
    begins, ids = START + timedelta(days=1), tuple(StopId(f"x{i}") for i in range(4))
    kept = frame_of("day01", begins, ids, [0, 1, 2, 3])
    with store.write() as uow:
        uow.frames.add(replace(kept, attempts=replace(kept.attempts, p_prior=np.array([0, PRIOR, PRIOR, PRIOR], "f4"))))
        uow.frames.add(replace(kept, attempts=None, attempt_hash=None))
        uow.frames.add(replace(kept, attempt_hash="older"))
        known_at = begins + timedelta(hours=4)
        outcomes = [outcome_of("day01", stop_id, known_at, True) for stop_id in ids]
        uow.outcomes.add([*outcomes[:3], replace(outcomes[3], failed=None, undone=True)])
    with store.read() as uow:
        harvest = gather_attempts(uow, ["day00", "day01"], LATER, limit=1000)
        newest = gather_attempts(uow, ["day00", "day01"], LATER, limit=1)
        before = gather_attempts(uow, ["day00", "day01"], begins, limit=1000)
    assert (len(harvest), harvest.other_features, harvest.days) == (12, 8, ("day00", "day01"))
    assert (len(newest), newest.days) == (2, ("day01",))
    assert before.days == ("day00",)


def test_a_better_model_is_promoted_by_the_rule_apart_from_the_one_of_late_stops(store):
    put_days(store, 12)
    model = train(store, hold_out=4)
    assert (model.kind, model.trained_on["scores"]) == (ModelKind.FAILED, 640)
    contest = promote(store, model.id, "ann", LATER)
    assert contest.objections == ()
    assert contest.challenger.log_loss < contest.cold_start.log_loss
    assert contest.days == ("day08", "day09", "day10", "day11")
    with store.read() as uow:
        assert find_in_force(uow, ModelKind.FAILED).used == model.id
        assert find_in_force(uow, ModelKind.LATE).used is None
    [record] = audited(store, "risk.promoted")
    assert record.body["contest"]["kind"] == "FAILED"


def test_a_model_that_days_have_proved_wrong_is_refused_on_record(store):
    put_days(store, 8)
    put_days(store, 4, first=8, sharp=False)
    model = train(store, hold_out=4)
    assert promote(store, model.id, "ann", LATER).objections
    with store.read() as uow:
        assert uow.models.get(model.id).status is ModelStatus.CHALLENGER
    assert len(audited(store, "risk.promotion_refused")) == 1


def test_what_becomes_known_later_has_no_part_in_judging_it_as_of_a_moment(store):
    put_days(store, 12)
    model = train(store, hold_out=0, as_of=START + timedelta(days=8))
    as_of = START + timedelta(days=11, hours=5)
    with store.read() as uow:
        before = hold_contest(uow, model, as_of, limit=10_000)
    put_days(store, 2, first=12, sharp=False)
    with store.read() as uow:
        assert hold_contest(uow, model, as_of, limit=10_000) == before


def test_without_kept_inputs_there_is_nothing_to_train_on(store):
    with store.write() as uow:
        uow.outcomes.add([outcome_of("day00", StopId("x"), at(60), True)])
    with pytest.raises(BadInput, match="too little"):
        train(store, hold_out=0)


def test_the_service_uses_it_at_its_next_tick_and_keeps_what_the_next_one_learns_from(field):
    field.begin()
    field.tick_at(1)
    store = field.service.store
    put_days(store, 12, first=-20)
    model = train(store, hold_out=4)
    promote(store, model.id, "ann", at(3))
    field.tick_at(40)
    with store.read() as uow:
        first, *_, last = uow.frames.each([DAY], with_attempts=True)
    assert "+" not in first.model
    assert last.model.endswith(model.id)
    assert last.attempts is not None
    assert last.attempt_hash == ATTEMPT_HASH
    learned = FailedAttemptModel.from_text(model.text, LEVELS, NUMBERS)
    np.testing.assert_allclose(last.p[:, 1], learned.p_of(last.attempts), atol=1e-6)
    np.testing.assert_array_equal(first.p[:, 1], first.attempts.p_prior)


def test_one_that_cannot_be_used_is_refused_on_record_and_the_one_before_counts(store):
    put_days(store, 12)
    good = train(store, hold_out=4)
    promote(store, good.id, "ann", LATER)
    running, clock = Forecasting(Forecaster(samples=64)), ManualClock(LATER)
    running.refresh(store, clock)
    bad = replace(good, id=ModelId("failed-bad"), text=good.text.replace("hour", "mood"), hash="0")
    with store.write() as uow:
        uow.models.add(replace(bad, status=ModelStatus.CHALLENGER))
        uow.models.promote(bad, LATER + timedelta(hours=1), "somebody", "by hand")
    started = Forecasting(Forecaster(samples=64))
    for forecasting in (running, started):
        forecasting.refresh(store, clock)
        assert forecasting.model_name.endswith(good.id)
    assert {record.subject for record in audited(store, "risk.model_refused")} == {bad.id}
