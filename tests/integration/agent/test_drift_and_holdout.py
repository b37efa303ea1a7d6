"""Drift binds autonomy, interventions censor, and the holdout leaves alone, in a running service on both databases."""

from dataclasses import replace

from agent.holdout import Holdout
from factories import at, make_plan, make_window
from forestall.domain.ids import HubId, RouteId, StopId
from forestall.domain.learning import Grade
from forestall.domain.vocabulary import CaseKind, CaseStatus, EventType, Verdict


def audited(store, kind):
    with store.read() as uow:
        return [record for record in uow.audit.list() if record.kind == kind]


def put_grades(store, minute, *, keeps_word, number=300, days=3, prefix="g"):
    """Grades of one hub that became known at ``minute``. A fifth is late; a forecast that keeps its word said so."""
    grades = [
        Grade(
            stop_id=StopId(f"{prefix}{i}"),
            lead_min=20,
            day=f"day{i % days}",
            hub_id=HubId("H1"),
            route_id=RouteId(f"R{i % 60}"),
            taken_at=at(minute - 60),
            known_at=at(minute),
            model="m",
            p_late=0.2 if keeps_word else 0.02,
            late=i % 5 == 0,
            covered=i % 5 != 1,
        )
        for i in range(number)
    ]
    with store.write() as uow:
        uow.outcomes.add_grades(grades)


def autonomy_of(field):
    return [case.status for case in field.cases]


def test_drift_lowers_autonomy_and_being_back_restores_it_both_on_record(field, open_service):
    field.service.close()
    field.service = open_service(learning_interval_s=60)
    field.begin()
    put_grades(field.service.store, 10, keeps_word=False)
    field.tick_at(11)
    field.break_down()
    field.tick_at(41)
    assert autonomy_of(field) == [CaseStatus.AWAITING_APPROVAL]
    [lowered] = audited(field.service.store, "risk.drifting")
    assert (lowered.subject, lowered.body["lead_min"], lowered.body["n"]) == ("H1", 20, 300)
    assert lowered.body["ece"] > lowered.body["ece_limit"]
    with field.service.store.read() as uow:
        [asked] = [uow.proposals.find_latest(case.id) for case in field.cases]
    assert "guardrail.forecast_drifting" in asked.gate.policy_ids
    put_grades(field.service.store, 45, keeps_word=True, number=2000, prefix="h")
    field.tick_at(46)
    field.tick_at(100)
    [restored] = audited(field.service.store, "risk.calibrated_again")
    assert restored.body["autonomy"] == "restored"
    assert len(audited(field.service.store, "risk.drifting")) == 1
    field.break_down(vehicle="V02", route="R02", minute=105)
    field.tick_at(106)
    with field.service.store.read() as uow:
        verdicts = [d.verdict for case in field.cases for d in uow.decisions.list_for_case(case.id)]
    assert Verdict.AUTOMATIC in verdicts


def test_two_bad_days_alone_are_no_drift(field, open_service):
    field.service.close()
    field.service = open_service(learning_interval_s=60)
    field.begin()
    put_grades(field.service.store, 10, keeps_word=False, days=2)
    field.tick_at(11)
    with field.service.store.read() as uow:
        assert uow.drift.list_states() == []


def test_a_drifting_hub_does_not_come_back_for_want_of_stops(field, open_service):
    field.service.close()
    field.service = open_service(learning_interval_s=60, drift_window_days=0.01)
    field.begin()
    put_grades(field.service.store, 10, keeps_word=False)
    field.tick_at(11)
    field.tick_at(300)
    with field.service.store.read() as uow:
        assert uow.drift.list_drifting_hubs() == {"H1"}


def test_a_rescue_censors_the_scores_before_it_and_a_finished_stop_gets_its_label_and_grades(field, open_service):
    field.service.close()
    field.service = open_service(learning_interval_s=60)
    field.begin()
    field.tick_at(1)
    field.tell(EventType.DEPARTED, "R02", 30, to_stop="S005")
    field.break_down()
    field.tick_at(41)
    field.tell(EventType.ARRIVED, "S005", 50)
    field.tell(EventType.COMPLETED, "S005", 55)
    field.tick_at(56)
    with field.service.store.read() as uow:
        assert uow.outcomes.list_known() == {}  # its reports have not settled
        assert [one.at for one in uow.outcomes.list_interventions(StopId("S001"))] == [at(41)]
    field.tick_at(75)
    with field.service.store.read() as uow:
        [outcome] = uow.outcomes.list_known().values()
        assert (outcome.stop_id, outcome.late, outcome.known_at) == ("S005", False, at(75))
        assert uow.outcomes.list_graded() != []
    end = 12 * 60 + 6 * 60 + 1
    field.tick_at(end)
    with field.service.store.read() as uow:
        known = uow.outcomes.list_known()
        assert {stop_id for stop_id, one in known.items() if one.undone} == known.keys() - {"S005"}
        assert known[StopId("S001")].is_censored(at(41))
        assert uow.outcomes.list_unlabelled_days() == []


def with_a_tight_stop():
    """A day whose first route reaches its last stop too late, unless it goes there first."""
    plan = make_plan(route_count=1, stops_each=4)
    tight = make_window(0, 43)
    orders = tuple(replace(order, promise=tight) if order.id == "O004" else order for order in plan.orders)
    stops = tuple(replace(stop, window=tight) if stop.id == "S004" else stop for stop in plan.stops)
    return replace(plan, orders=orders, stops=stops)


def seed_that_takes(case, share):
    return next(seed for seed in range(1000) if Holdout(share=share, seed=seed).draw(case) < share)


def test_a_case_held_out_by_lot_is_planned_left_alone_and_says_so_once(field, open_service):
    field.restart(mode="SHADOW")
    field.begin(with_a_tight_stop())
    field.tick_at(1)
    [case] = field.cases
    assert case.kind is CaseKind.WINDOW_MISS_RISK
    field.restart(holdout_share=0.1, seed=seed_that_takes(case, 0.1))
    for minute in (12, 14, 24):
        field.tick_at(minute)
    with field.service.store.read() as uow:
        shadowed, held = uow.decisions.list_for_case(case.id)
        proposal = uow.proposals.find_latest(case.id)
    assert shadowed.verdict is Verdict.SHADOWED
    assert (held.verdict, held.candidate_id) == (Verdict.NO_ACTION, None)
    assert "held out" in held.note
    assert proposal.held_out
    assert proposal.chosen is not None
    assert field.effects == []
    record = audited(field.service.store, "decision")[-1]
    assert record.body["holdout"]["draw"] < record.body["holdout"]["share"] == 0.1
    assert record.body["decision"]["note"] == held.note


def test_without_a_holdout_the_same_case_is_acted_upon_and_its_scores_are_censored(field):
    field.begin(with_a_tight_stop())
    field.tick_at(1)
    with field.service.store.read() as uow:
        [decision] = uow.decisions.list()
        assert decision.verdict is Verdict.AUTOMATIC
        assert uow.outcomes.list_interventions(StopId("S001"))[0].changes_plan
    assert audited(field.service.store, "decision")[0].body["holdout"] is None
