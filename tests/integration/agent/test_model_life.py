"""The risk model's life in a running service, on both databases."""

import json
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import update

from agent.learning.contest import hold_contest, untouched_days
from agent.learning.examples import gather
from agent.learning.forecasting import Forecasting
from agent.learning.frames import FEATURE_HASH
from agent.learning.in_force import find_in_force
from agent.learning.report import list_in_force, say_standing
from agent.learning.training import promote, train_challenger
from factories import DAY, START, at
from forestall.clock import ManualClock
from forestall.domain.ids import HubId, ModelId, RouteId, StopId
from forestall.domain.learning import Outcome, ScoreFrame
from forestall.domain.vocabulary import ModelKind, ModelStatus
from forestall.errors import BadInput, Conflict
from forestall.store.tables import models
from optimizer.risk import Forecaster
from optimizer.risk.learned import FEATURES

LATER = START + timedelta(days=30)


def silent(_text):
    """Progress that nobody reads."""


def put_days(store, days, *, stops=60, sharp=True, seed=1, first=0, acted=()):
    """Days of made-up scores whose truth is known: P(late) is said too low by half, so that there is much to learn.

    Unless ``sharp`` the scores say the opposite of the truth: what was learned before misleads. ``acted``: stops (by
    number) that somebody acted on after every score.
    """
    rng = np.random.default_rng(seed)
    with store.write() as uow:
        for number in range(first, first + days):
            begins = START + timedelta(days=number)
            truth = rng.beta(0.7, 2.0, stops)
            late = rng.random(stops) < truth
            ids = tuple(StopId(f"{number}-{i}") for i in range(stops))
            for hour in (1, 2):
                features = np.zeros((stops, len(FEATURES)), np.float32)
                told = truth if sharp else 1.0 - truth
                features[:, FEATURES.index("p_mc")] = told / 2
                features[:, FEATURES.index("late_q50_s")] = 3600 * (told - 0.5)
                features[:, FEATURES.index("lead_s")] = 3600
                features[:, FEATURES.index("closes_in_s")] = 3600
                forecast = np.column_stack([told / 2, np.zeros(stops)]).astype(np.float32)
                eta = np.tile(np.array([3000, 3600, 4200], np.float32), (stops, 1))
                hubs = (HubId("H1"),) * stops
                taken_at = begins + timedelta(hours=hour)
                uow.frames.add(
                    ScoreFrame(f"day{number:02d}", taken_at, "m", FEATURE_HASH, ids, hubs, features, forecast, eta)
                )
            known_at = begins + timedelta(hours=4)
            uow.outcomes.add([outcome_of(number, i, bool(late[i]), known_at, i in acted) for i in range(stops)])


def outcome_of(day, number, late, known_at, is_acted_on):
    """The outcome of a stop that began an hour before it became known, ten minutes after or before its promise."""
    return Outcome(
        stop_id=StopId(f"{day}-{number}"),
        day=f"day{day:02d}",
        hub_id=HubId("H1"),
        route_id=RouteId(f"R{number // 5}"),
        known_at=known_at,
        started_at=known_at - timedelta(hours=1),
        late=late,
        lateness_s=600.0 if late else -600.0,
        failed=False,
        undone=False,
        acted_at=known_at - timedelta(hours=1) if is_acted_on else None,
    )


def audited(store, kind):
    with store.read() as uow:
        return [record for record in uow.audit.list() if record.kind == kind]


def test_a_stop_that_was_acted_on_is_not_trained_on(store):
    put_days(store, 6, acted=range(0, 60, 2))
    model = train_challenger(store, LATER, hold_out=1, seed=1, say=silent)
    assert (model.trained_on["scores"], model.trained_on["censored"]) == (300, 300)
    with store.read() as uow:
        harvest = gather(uow, ["day00"], LATER, limit=1000)
    assert (len(harvest.examples), harvest.censored) == (60, 60)


def test_what_becomes_known_later_never_enters_an_evaluation_as_of_a_moment(store):
    put_days(store, 8)
    as_of = START + timedelta(days=6, hours=3, minutes=30)  # the stops of day06 have ended; nobody knows of it yet
    model = train_challenger(store, START + timedelta(days=4), hold_out=0, seed=1, say=silent)
    with store.read() as uow:
        before = hold_contest(uow, model, as_of, limit=10_000)
    put_days(store, 2, first=8, sharp=False)
    with store.write() as uow:
        frames = list(uow.frames.each(["day05"]))
        for hours in (30, 60):
            uow.frames.add(replace(frames[0], taken_at=as_of + timedelta(hours=hours)))
    with store.read() as uow:
        assert hold_contest(uow, model, as_of, limit=10_000) == before
    assert before.days == ("day04", "day05")


def test_a_model_is_judged_by_days_that_it_and_its_rival_have_not_seen(store):
    put_days(store, 8)
    old = train_challenger(store, START + timedelta(days=6), hold_out=0, seed=1, say=silent)
    new = train_challenger(store, START + timedelta(days=4), hold_out=0, seed=1, say=silent)
    with store.read() as uow:
        assert untouched_days(uow, [new], LATER) == ["day04", "day05", "day06", "day07"]
        assert untouched_days(uow, [new, old], LATER) == ["day06", "day07"]


def test_a_better_challenger_is_promoted_and_used_at_the_next_tick_without_a_restart(field):
    field.begin()
    field.tick_at(1)
    put_days(field.service.store, 6, first=-10)
    model = train_challenger(field.service.store, at(2), hold_out=2, seed=1, say=silent)
    contest = promote(field.service.store, model.id, "ann", at(3))
    assert contest.challenger.log_loss < contest.cold_start.log_loss
    field.tick_at(40)
    with field.service.store.read() as uow:
        frames = list(uow.frames.each([DAY]))
        assert uow.models.get(model.id).status is ModelStatus.ACTIVE
    assert "+" not in frames[0].model
    assert frames[-1].model.endswith(model.id)
    assert [record.subject for record in audited(field.service.store, "risk.promoted")] == [model.id]


def test_a_decision_names_the_model_that_foresaw_it(field):
    put_days(field.service.store, 6, first=-10)
    model = train_challenger(field.service.store, START, hold_out=2, seed=1, say=silent)
    promote(field.service.store, model.id, "ann", START)
    field.begin()
    field.break_down()
    field.tick_at(41)
    [record] = audited(field.service.store, "decision")
    assert record.body["risk"]["model"].endswith(model.id)


def test_a_challenger_that_is_no_better_is_refused_on_record_and_nothing_changes(store):
    put_days(store, 4)
    put_days(store, 2, first=4, sharp=False)
    model = train_challenger(store, START + timedelta(days=4), hold_out=0, seed=1, say=silent)
    contest = promote(store, model.id, "ann", LATER)
    assert contest.objections
    with store.read() as uow:
        assert uow.models.get(model.id).status is ModelStatus.CHALLENGER
    [record] = audited(store, "risk.promotion_refused")
    assert record.body["contest"]["objections"] == list(contest.objections)


def test_too_few_untouched_scores_decide_nothing(store):
    put_days(store, 6)
    model = train_challenger(store, LATER, hold_out=0, seed=1, say=silent)
    with pytest.raises(BadInput, match="not enough"):
        promote(store, model.id, "ann", LATER)


def test_the_same_scores_train_the_same_model_which_is_kept_once(store):
    put_days(store, 6)
    train_challenger(store, LATER, hold_out=1, seed=1, say=silent)
    with pytest.raises(Conflict, match="kept already"):
        train_challenger(store, LATER, hold_out=1, seed=1, say=silent)


def test_days_without_labels_cannot_be_trained_on(store):
    with pytest.raises(BadInput, match="too few days"):
        train_challenger(store, LATER, hold_out=1, seed=1, say=silent)


def altered(text):
    """The artefact with a number changed and its hash left."""
    whole = json.loads(text)
    whole["body"]["content"]["layer"]["share"] = 0.123
    return json.dumps(whole)


def of_other_features(text):
    """The artefact of a version that computed another column, its hash in order."""
    from optimizer.risk.learned.artefact import read_artefact, write_artefact
    from optimizer.risk.learned.model import KIND

    columns, content = read_artefact(text, KIND)
    return write_artefact(KIND, ("moon_phase", *columns[1:]), content)


@pytest.mark.parametrize("spoil", [altered, of_other_features])
def test_a_model_that_cannot_be_used_leaves_the_previous_one_in_force_and_says_so_once(field, spoil):
    store = field.service.store
    put_days(store, 6, first=-10)
    good = train_challenger(store, at(1), hold_out=2, seed=1, say=silent)
    promote(store, good.id, "ann", at(1))
    field.begin()
    field.tick_at(2)
    bad = replace(good, id=ModelId("gbm-bad"), text=spoil(good.text), hash="0", status=ModelStatus.CHALLENGER)
    with store.write() as uow:
        uow.models.add(bad)
        uow.models.promote(bad, at(3), "somebody", "by hand")
    for minute in (40, 41, 80):
        field.tick_at(minute)
    with store.read() as uow:
        assert [frame.model for frame in uow.frames.each([DAY])][-1].endswith(good.id)
    [record] = audited(store, "risk.model_refused")
    assert record.subject == bad.id
    assert record.body["stays_in_force"] == good.id


def promote_by_hand(store, model, minute):
    """Put a model in force without a contest, as only somebody at the database could."""
    with store.write() as uow:
        uow.models.add(model)
        uow.models.promote(model, at(minute), "somebody", "by hand")


def train_two(store):
    """Two models that were promoted one after the other."""
    put_days(store, 6, first=-10)
    found = [train_challenger(store, at(1), hold_out=2, seed=seed, say=silent) for seed in (1, 2)]
    for minute, model in enumerate(found):
        with store.write() as uow:
            uow.models.promote(model, at(minute), "ann", "better")
    return found


def test_after_a_restart_the_last_model_that_reads_well_is_used_and_the_refusal_is_on_record(store):
    _, newer = train_two(store)
    bad = replace(newer, id=ModelId("gbm-bad"), text=altered(newer.text), hash="0")
    promote_by_hand(store, bad, 3)
    started = Forecasting(Forecaster(samples=64))
    started.refresh(store, ManualClock(at(4)))
    assert started.model_name.endswith(newer.id)
    [record] = audited(store, "risk.model_refused")
    assert (record.subject, record.body["stays_in_force"]) == (bad.id, newer.id)
    with store.read() as uow:
        [late, _] = list_in_force(uow)
    assert (late.named, late.used) == (bad.id, newer.id)
    assert f"late stops by {newer.id}, as {bad.id} can't be used (sha256" in say_standing([late], [])


def test_what_was_spoilt_too_is_passed_over_and_without_any_the_priors_stay(store):
    older, newer = train_two(store)
    bad = replace(newer, id=ModelId("gbm-bad"), text="{}", hash="0")
    promote_by_hand(store, bad, 3)
    spoil_text(store, newer.id)
    with store.read() as uow:
        assert find_in_force(uow, ModelKind.LATE).used == older.id
    spoil_text(store, older.id)
    with store.read() as uow:
        found = find_in_force(uow, ModelKind.LATE)
    assert (found.named, found.used, found.model) == (bad.id, None, None)
    started = Forecasting(Forecaster(samples=64))
    started.refresh(store, ManualClock(at(4)))
    assert "+" not in started.model_name


def test_a_model_that_cannot_be_used_is_no_obstacle_to_the_next_promotion(store):
    put_days(store, 6)
    good = train_challenger(store, LATER, hold_out=2, seed=1, say=silent)
    promote_by_hand(store, replace(good, id=ModelId("gbm-bad"), text="{}", hash="0"), 3)
    contest = promote(store, good.id, "ann", LATER)
    assert (contest.active_id, contest.objections) == (None, ())
    with store.read() as uow:
        assert find_in_force(uow, ModelKind.LATE).used == good.id


def spoil_text(store, model_id):
    """Alter a stored text behind the service's back."""
    with store.write() as uow:
        uow.models._connection.execute(update(models).where(models.c.id == model_id).values(text="spoilt"))
