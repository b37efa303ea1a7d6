"""What people do about a case, through the whole house: each act holds, is on record, and the slower hand is told."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from threading import Barrier

import pytest

from agent.people import undoing
from agent.people.care import Snooze
from agent.people.edits import Wish
from agent.people.hand import Hand
from agent.policy_life import draft, promote, shadow
from factories import at, make_carrier, make_plan
from forestall.domain.ids import CandidateId
from forestall.domain.switches import Switch
from forestall.domain.vocabulary import (
    CaseKind,
    CaseStatus,
    EventType,
    OutboxState,
    OverrideReason,
    Position,
    SwitchScope,
    Verdict,
)
from forestall.errors import BadInput, Conflict, Forbidden
from policy_files import ASK, write_policies
from tools.editing import Edits

ANN, BOB = Hand("ann"), Hand("bob")


def another_carriers_spare():
    """A day whose only spare belongs to somebody else: rescuing with it needs a person."""
    plan = make_plan(route_count=1, stops_each=4)
    vehicles = [replace(v, carrier_id="GIG") if v.id == "VSP1" else v for v in plan.vehicles]
    return replace(plan, vehicles=tuple(vehicles), carriers=(*plan.carriers, make_carrier("GIG")))


@pytest.fixture
def asked(field):
    """The breakdown of the only van has put a question to the dispatcher."""
    field.begin(another_carriers_spare())
    field.break_down()
    field.tick_at(41)
    return Asked(field)


class Asked:
    def __init__(self, field):
        self.field, self.people = field, field.service.people

    @property
    def case(self):
        [case] = self.field.cases
        return case

    @property
    def question(self):
        with self.field.service.store.read() as uow:
            return uow.approvals.find_open(self.case.id)

    def proposal(self, plan_rev=None):
        with self.field.service.store.read() as uow:
            return uow.proposals.get(self.case.id, plan_rev or self.case.plan_rev)

    def answer(self, verdict="approve", **more):
        return self.field.service.answer(self.case.id, self.question.interrupt_id, verdict, by="ann", **more)

    @property
    def decisions(self):
        with self.field.service.store.read() as uow:
            return uow.decisions.list_for_case(self.case.id)

    @property
    def verdicts(self):
        return [decision.verdict for decision in self.decisions]

    def records(self, subject):
        with self.field.service.store.read() as uow:
            assert uow.audit.verify() is None
            return [(record.kind, record.body) for record in uow.audit.list(subject=subject)]

    def stops_of(self, route_id):
        with self.field.service.store.read() as uow:
            return [stop.id for stop in uow.state.list_stops(route_id) if stop.status.is_open]

    def sent(self, state=OutboxState.DRY_RUN):
        return [effect["key"] for effect in self.field.effects if effect["state"] is state]


class TestEdit:
    def wish(self, asked, **changes):
        return replace(Wish(asked.case.plan_rev, reason=OverrideReason.LOCAL_KNOWLEDGE), **changes)

    def leave_one(self, asked):
        return self.wish(asked, edits=Edits(leave_out=("S004",)))

    def test_a_plan_without_some_of_its_stops_is_carried_out_so(self, asked):
        asked.people.edit(asked.case.id, self.leave_one(asked), ANN)
        asked.field.tick_at(43)
        assert asked.verdicts == [Verdict.EDITED]
        assert asked.stops_of("R01")[-1] == "S004"
        assert "S004" not in asked.stops_of("RSP1")

    def test_an_order_of_ones_own_is_kept(self, asked):
        order = {"RSP1": ("S003", "S002")}
        asked.people.edit(asked.case.id, self.wish(asked, edits=Edits(order=order)), ANN)
        asked.field.tick_at(43)
        stops = asked.stops_of("RSP1")
        assert stops.index("S003") < stops.index("S002")

    def test_the_record_holds_both_judgements(self, asked):
        recommended = asked.proposal().chosen
        asked.people.edit(asked.case.id, self.leave_one(asked), ANN)
        asked.field.tick_at(43)
        [decision] = asked.decisions
        [(_, body)] = asked.records(decision.id)
        assert body["override"]["recommended"]["candidate"] == recommended
        assert body["override"]["done"]["candidate"] == decision.candidate_id != recommended
        saved = [body["override"][which]["judgement"]["misses_after"] for which in ("recommended", "done")]
        assert saved[0] < saved[1]
        assert body["oversight"]["answered_by"] == "ann"

    def test_it_survives_the_end_of_the_process(self, asked):
        asked.people.edit(asked.case.id, self.leave_one(asked), ANN)
        asked.field.restart()
        asked.field.tick_at(43)
        asked.field.restart()
        asked.field.tick_at(44)
        assert asked.verdicts == [Verdict.EDITED]

    def test_only_the_first_of_two_versions_counts(self, asked):
        wish = self.leave_one(asked)
        asked.people.edit(asked.case.id, wish, ANN)
        with pytest.raises(Conflict) as refused:
            asked.people.edit(asked.case.id, wish, BOB)
        assert refused.value.details["plan_rev"] == wish.plan_rev + 1

    @pytest.mark.parametrize(
        ("edits", "place"),
        [
            (Edits(leave_out=("S404",)), "leave_out[0]"),
            (Edits(leave_out=("S001", "S002", "S003", "S004")), "leave_out"),
            (Edits(order={"RSP1": ("S001", "S001")}), "order.RSP1"),
            (Edits(order={"R77": ("S001",)}), "order.R77"),
        ],
    )
    def test_an_edit_that_does_not_fit_is_told_where(self, asked, edits, place):
        with pytest.raises(BadInput) as refused:
            asked.people.edit(asked.case.id, self.wish(asked, edits=edits), ANN)
        assert [problem.place for problem in refused.value.problems] == [place]
        assert asked.question is not None

    def test_an_order_that_cannot_be_driven_is_refused(self, asked):
        """The goods are fetched from the broken van after the first of them would be delivered."""
        stops = next(c for c in asked.proposal().get_candidate(asked.proposal().chosen).route_changes if c.new_stops)
        turned = Edits(order={stops.route_id: tuple(reversed(stops.stop_ids))})
        with pytest.raises(BadInput, match="can't be driven"):
            asked.people.edit(asked.case.id, self.wish(asked, edits=turned), ANN)

    def test_the_recommended_plan_as_it_is_is_no_edit(self, asked):
        with pytest.raises(BadInput, match="nothing to override"):
            asked.people.edit(asked.case.id, self.wish(asked), ANN)

    def test_an_alternative_that_is_none_is_refused(self, asked):
        with pytest.raises(BadInput, match="no such alternative"):
            asked.people.edit(asked.case.id, self.wish(asked, candidate_id=CandidateId("x")), ANN)

    def test_who_has_taken_the_case_over_may_still_carry_out_a_version(self, asked):
        asked.people.take_over(asked.case.id, asked.case.revision, ANN)
        asked.field.tick_at(42)
        wish = self.leave_one(asked)
        with pytest.raises(Conflict):
            asked.people.edit(asked.case.id, wish, BOB)
        asked.people.edit(asked.case.id, wish, ANN)
        asked.field.tick_at(43)
        assert asked.verdicts == [Verdict.WITHDRAWN, Verdict.EDITED]
        assert asked.case.taken_over


class TestTakeOver:
    def take_over(self, asked, hand=ANN):
        return asked.people.take_over(asked.case.id, asked.case.revision, hand)

    def test_the_open_question_falls_away_and_nothing_is_proposed_any_more(self, asked):
        question = asked.question
        self.take_over(asked)
        for minute in (43, 54, 65):
            asked.field.tick_at(minute)
        assert asked.verdicts == [Verdict.WITHDRAWN]
        assert asked.question is None
        assert (asked.case.status, asked.case.owner) == (CaseStatus.ACKNOWLEDGED, "ann")
        with pytest.raises(Conflict):
            asked.field.service.answer(asked.case.id, question.interrupt_id, "approve", by="bob")
        assert asked.field.effects == []

    def test_what_was_approved_a_moment_before_is_not_carried_out(self, asked):
        asked.answer()
        self.take_over(asked, BOB)
        asked.field.tick_at(43)
        assert asked.verdicts == [Verdict.WITHDRAWN]
        assert asked.field.effects == []

    def test_it_calls_off_what_has_not_gone_out(self, asked):
        with asked.field.service.store.write() as uow:
            uow.outbox.add([replace(waiting_effect(), case_id=asked.case.id)])
        self.take_over(asked)
        asked.field.tick_at(60)
        assert [effect["state"] for effect in asked.field.effects] == [OutboxState.CANCELLED]

    def test_the_second_to_take_it_over_is_told_who_has_it(self, asked):
        revision = asked.case.revision
        self.take_over(asked)
        with pytest.raises(Conflict) as refused:
            asked.people.take_over(asked.case.id, revision, BOB)
        assert refused.value.details["owner"] == "ann"

    def test_handed_back_it_is_planned_again(self, asked):
        self.take_over(asked)
        asked.field.tick_at(43)
        asked.people.hand_back(asked.case.id, asked.case.revision, ANN)
        asked.field.tick_at(48)
        assert asked.question is not None
        assert asked.case.owner is None

    def test_a_signal_that_goes_quiet_does_not_close_it(self, asked):
        self.take_over(asked)
        asked.field.tell(EventType.DEPARTED, "R01", 44, to_stop="S001")  # mended after all
        for minute in (45, 58, 71):
            asked.field.tick_at(minute)
        assert all(case.status is CaseStatus.ACKNOWLEDGED for case in asked.field.cases if case.taken_over)


def meanwhile(monkeypatch, act):
    """Somebody else is quicker: ``act`` happens just before the applying transaction asks again."""
    ask_again = undoing.require_still_allowed

    def after_that(work, uow, *rest):
        act(work, uow)
        return ask_again(work, uow, *rest)

    monkeypatch.setattr(undoing, "require_still_allowed", after_that)


class TestUndo:
    def test_stops_go_back_to_where_they_were(self, asked):
        before = asked.stops_of("R01")
        asked.answer()
        asked.field.tick_at(43)
        assert asked.stops_of("R01") != before
        case, decision = asked.people.undo(asked.case.id, ANN, reason=OverrideReason.BAD_DATA)
        assert asked.stops_of("R01") == before
        assert asked.stops_of("RSP1") == []
        assert (decision.verdict, decision.actor) == (Verdict.UNDONE, "ann")
        [(_, body)] = asked.records(decision.id)
        assert body["undoes"] == asked.decisions[0].id
        asked.field.tick_at(44)
        told = [key for key in asked.sent() if key.startswith(f"{case.id}:{case.plan_rev}:route_changed")]
        assert len(told) == 2

    def test_it_is_undone_once_only(self, asked):
        asked.answer()
        asked.field.tick_at(43)
        asked.people.undo(asked.case.id, ANN)
        with pytest.raises(Conflict, match="undone already"):
            asked.people.undo(asked.case.id, BOB)

    def test_what_was_undone_is_not_at_once_done_again(self, asked):
        asked.answer()
        asked.field.tick_at(43)
        asked.people.undo(asked.case.id, ANN)
        for minute in (44, 55, 66):
            asked.field.tick_at(minute)
        assert asked.verdicts == [Verdict.APPROVED, Verdict.UNDONE]

    def test_goods_that_have_changed_hands_stay_and_the_reason_is_told(self, asked):
        asked.answer()
        asked.field.tick_at(43)
        fetch = asked.stops_of("RSP1")[0]
        asked.field.tell(EventType.DEPARTED, "RSP1", 44, to_stop=fetch)
        asked.field.tell(EventType.ARRIVED, fetch, 50)
        asked.field.tell(EventType.COMPLETED, fetch, 55)
        asked.field.go_to(at(56))
        with pytest.raises(Conflict) as refused:
            asked.people.undo(asked.case.id, ANN)
        assert refused.value.details["rule"] == "undo.moved_on"
        assert set(refused.value.details["kept"].values()) >= {"undo.goods_elsewhere"}

    def test_the_kill_switch_stops_it(self, asked):
        asked.answer()
        asked.field.tick_at(43)
        asked.field.restart(kill_switch=True)
        with pytest.raises(Forbidden):
            asked.field.service.people.undo(asked.case.id, ANN)

    @pytest.mark.parametrize("position", [Position.STOP, Position.SHADOW])
    def test_a_switch_set_between_check_and_commit_stops_it_whole(self, asked, monkeypatch, position):
        asked.answer()
        asked.field.tick_at(43)
        before = asked.stops_of("RSP1"), asked.verdicts, asked.sent(OutboxState.PENDING)

        def pull(work, uow):
            uow.switches.put(Switch(SwitchScope.HUB, "H1", position, work.clock.now(), "bob", "now"))

        meanwhile(monkeypatch, pull)
        with pytest.raises(Forbidden):
            asked.people.undo(asked.case.id, ANN)
        assert (asked.stops_of("RSP1"), asked.verdicts, asked.sent(OutboxState.PENDING)) == before

    def test_policy_that_came_in_force_between_check_and_commit_forbids_it(self, asked, monkeypatch, tmp_path):
        asked.answer()
        asked.field.tick_at(43)
        never = '@id("test.never") @why("not today") forbid (principal, action, resource);'
        with asked.field.service.store.write() as uow:
            version = draft(uow, write_policies(tmp_path / "never", ASK, never), "bob", at(43))
            shadow(uow, version.id, at(0), at(43))
        meanwhile(monkeypatch, lambda _, uow: promote(uow, version.id, "cid", "agreed", at(43)))
        with pytest.raises(Forbidden) as refused:
            asked.people.undo(asked.case.id, ANN)
        assert refused.value.details["policy_ids"] == ["test.never"]
        assert asked.verdicts == [Verdict.APPROVED]

    def test_its_record_says_what_policy_said_last(self, asked):
        asked.answer()
        asked.field.tick_at(43)
        _, decision = asked.people.undo(asked.case.id, ANN)
        [(_, body)] = asked.records(decision.id)
        last = body["policy_when_applied"]
        assert last["candidate"] == decision.candidate_id
        assert last["verdict"]["autonomy"] != "FORBIDDEN"
        assert last["facts"]["killSwitch"] is False

    def test_there_is_nothing_to_undo_where_nothing_was_done(self, asked):
        with pytest.raises(Conflict, match="nothing"):
            asked.people.undo(asked.case.id, ANN)


class TestSnooze:
    def snooze(self, asked, **terms):
        return asked.people.snooze(asked.case.id, asked.case.revision, ANN, Snooze(**terms))

    def test_it_is_left_alone_until_its_time(self, asked):
        self.snooze(asked, until=at(90))
        for minute in (43, 60, 80):
            asked.field.tick_at(minute)
        assert asked.question is None
        asked.field.tick_at(91)
        assert asked.question is not None
        assert asked.verdicts == [Verdict.WITHDRAWN]

    def test_it_wakes_sooner_when_it_grows_grave(self, asked):
        self.snooze(asked, until=at(400), wake_at_severity=asked.case.severity + 1)
        with asked.field.service.store.write() as uow:
            case = asked.case
            uow.cases.save(replace(case, severity=case.severity + 2, revision=case.revision + 1))
        asked.field.tick_at(43)
        assert not asked.case.is_snoozed

    def test_it_wakes_when_a_window_comes_near(self, asked):
        self.snooze(asked, until=at(700), wake_before_window_s=600 * 60)  # windows close at 720
        asked.field.tick_at(100)
        assert asked.case.is_snoozed
        asked.field.tick_at(121)
        assert not asked.case.is_snoozed

    def test_one_that_would_be_over_at_once_is_refused(self, asked):
        for terms in ({"until": at(10)}, {"wake_at_severity": 0.1}, {"wake_before_window_s": 1e6}):
            with pytest.raises(BadInput):
                self.snooze(asked, **terms)
        assert asked.question is not None

    def test_it_can_be_woken_by_hand(self, asked):
        self.snooze(asked, until=at(400))
        asked.field.tick_at(43)
        asked.people.wake(asked.case.id, asked.case.revision, BOB)
        asked.field.tick_at(48)
        assert asked.question is not None


class TestEscalation:
    def test_an_unanswered_question_climbs_tier_by_tier_before_its_deadline(self, asked):
        question, tiers = asked.question, []
        for share in (0.3, 0.55, 0.85):
            asked.field.go_to(question.asked_at + share * (question.expires_at - question.asked_at))
            asked.field.service.tick()
            tiers.append(asked.case.tier)
        assert tiers == [0, 1, 2]
        told = [e for e in asked.field.effects if "case_waits" in str(e["key"])]
        assert [effect["tier"] for effect in told] == [1, 2]
        assert [kind for kind, _ in asked.records(asked.case.id)] == ["case.escalate"] * 2

    def test_it_says_what_is_wrong_and_until_when_by_the_hubs_own_clock(self, field):
        day = another_carriers_spare()
        field.begin(replace(day, hubs=tuple(replace(hub, time_zone="Europe/Helsinki") for hub in day.hubs)))
        field.break_down()
        field.tick_at(41)
        asked = Asked(field)
        deadline = asked.case.act_by or asked.question.expires_at
        field.go_to(asked.question.asked_at + 0.9 * (asked.question.expires_at - asked.question.asked_at))
        field.service.tick()
        with field.service.store.read() as uow:
            [*_, told] = [row.effect for row in uow.outbox.list_after(0) if row.effect.template == "case_waits"]
        by_the_clock = f"{deadline + timedelta(hours=2):%H:%M} (Europe/Helsinki)"
        assert told.body.startswith("Vehicle broke down on R01: 4 stops.")
        assert told.body.endswith(f"waits for an answer until {by_the_clock}.")

    def test_an_acknowledged_case_stays_where_it_is(self, asked):
        question = asked.question
        asked.people.acknowledge(asked.case.id, asked.case.revision, ANN)
        asked.field.go_to(question.expires_at - timedelta(seconds=1))
        asked.field.service.tick()
        assert (asked.case.tier, asked.case.owner) == (0, "ann")
        assert asked.field.effects == []

    def test_a_new_question_has_to_be_seen_anew(self, asked):
        asked.people.acknowledge(asked.case.id, asked.case.revision, ANN)
        asked.field.go_to(asked.question.expires_at)
        asked.field.service.tick()  # lapsed
        asked.field.go_to(asked.field.clock.now() + timedelta(minutes=11))
        asked.field.service.tick()
        assert asked.question is not None
        assert asked.case.acknowledged_by is None


class TestBoundToWhatWasSeen:
    def test_a_plan_that_is_no_longer_what_was_approved_is_asked_again(self, field, open_service):
        field.service.close()
        field.service = open_service(mode="SUGGEST")
        field.begin(make_plan(route_count=2, stops_each=4))
        field.tell(EventType.DEPARTED, "R02", 35, to_stop="S005")
        field.break_down()
        field.tick_at(41)
        asked = Asked(field)
        seen = asked.case.plan_rev
        asked.answer()
        field.tell(EventType.BREAKDOWN, "V02", 42, lat=41.17, lon=-8.60)  # the one that was to fetch them
        field.tick_at(43)
        [first] = [case for case in field.cases if case.route_ids == ("R01",)]
        with field.service.store.read() as uow:
            question = uow.approvals.find_open(first.id)
            assert [decision.verdict for decision in uow.decisions.list_for_case(first.id)] == [Verdict.STALE]
        assert (question.instead_of, question.plan_rev > seen) == (seen, True)

    def test_stops_done_meanwhile_ask_nobody_again(self, field, open_service):
        field.service.close()
        field.service = open_service(mode="SUGGEST")
        field.begin(make_plan(route_count=2, stops_each=4))
        field.tell(EventType.DEPARTED, "R02", 35, to_stop="S005")
        field.break_down()
        field.tick_at(41)
        asked = Asked(field)
        chosen = asked.proposal().get_candidate(asked.proposal().chosen)
        assert "R02" in {change.route_id for change in chosen.route_changes}
        asked.answer()
        field.tell(EventType.ARRIVED, "S005", 42)
        field.tell(EventType.COMPLETED, "S005", 43)
        field.tick_at(44)
        assert asked.verdicts == [Verdict.APPROVED]


class TestMerge:
    def test_a_merged_case_goes_on_as_part_of_the_other(self, field):
        field.begin(make_plan(route_count=3, stops_each=4))
        field.service.close()
        field.service = field._open(mode="SUGGEST")
        field.break_down("V01", "R01", 40)
        field.break_down("V02", "R02", 40)
        field.tick_at(41)
        first, second = sorted(field.cases, key=lambda case: case.route_ids)
        field.service.people.merge(second.id, second.revision, ANN, first.id)
        for minute in (43, 48, 60):
            field.tick_at(minute)
        by_id = {case.id: case for case in field.cases}
        assert len(by_id) == 2
        assert (by_id[second.id].status, by_id[second.id].merged_into) == (CaseStatus.MERGED, first.id)
        assert by_id[second.id].merged_by == "ann"
        assert set(by_id[first.id].route_ids) == {"R01", "R02"}
        assert by_id[first.id].kind is CaseKind.VEHICLE_BREAKDOWN


class TestPins:
    def test_a_pinned_stop_says_so_on_record_and_its_route_has_moved_on(self, field):
        field.begin()
        with field.service.store.read() as uow:
            before = uow.state.get_route("R01").version
        field.service.people.set_pin("S003", True, ANN)
        with field.service.store.read() as uow:
            assert uow.state.get_stop("S003").pinned
            assert uow.state.get_route("R01").version == before + 1
            [record] = uow.audit.list(subject="S003")
        assert (record.kind, record.body["by"]) == ("stop.pin", "ann")

    def test_the_second_pin_is_told_that_it_is_pinned(self, field):
        field.begin()
        field.service.people.set_pin("S003", True, ANN)
        with pytest.raises(Conflict) as refused:
            field.service.people.set_pin("S003", True, BOB)
        assert refused.value.details["pinned"] is True

    def test_no_pin_holds_on_a_broken_vehicle(self, asked):
        with pytest.raises(Conflict, match="broken down"):
            asked.people.set_pin("S003", True, ANN)


class TestTakenWhilePlanning:
    def test_a_case_taken_over_while_it_is_planned_is_asked_nothing(self, field, monkeypatch):
        field.begin(another_carriers_spare())
        field.break_down()
        rank = type(field.service._work.planner).rank

        def rank_while_ann_takes_over(planner, candidates, judgements):
            [case] = field.cases
            field.service.people.take_over(case.id, case.revision, ANN)
            return rank(planner, candidates, judgements)

        monkeypatch.setattr(type(field.service._work.planner), "rank", rank_while_ann_takes_over)
        field.tick_at(41)
        asked = Asked(field)
        assert asked.question is None
        assert (asked.case.taken_over, asked.case.status) == (True, CaseStatus.ACKNOWLEDGED)
        assert field.effects == []


class TestTwoAtOnce:
    def at_once(self, *acts):
        """Run the acts in threads that start together; which of them were refused."""
        gate = Barrier(len(acts))

        def run(act):
            gate.wait()
            try:
                act()
            except Conflict as refused:
                return refused
            return None

        with ThreadPoolExecutor(len(acts)) as pool:
            return [refused for refused in pool.map(run, acts) if refused is not None]

    def test_of_many_hands_on_one_revision_one_wins(self, asked):
        case = asked.case
        hands = [Hand(f"hand {number}") for number in range(6)]
        acts = [partial(asked.people.take_over, case.id, case.revision, hand) for hand in hands]
        refused = self.at_once(*acts)
        assert len(refused) == len(hands) - 1
        assert {one.details["owner"] for one in refused} == {asked.case.owner}
        assert [kind for kind, _ in asked.records(case.id)] == ["case.take_over"]

    def test_of_an_approval_and_an_edit_one_wins(self, asked):
        case, question = asked.case, asked.question
        wish = Wish(case.plan_rev, edits=Edits(leave_out=("S004",)))
        refused = self.at_once(
            partial(asked.people.edit, case.id, wish, ANN),
            partial(asked.field.service.answer, case.id, question.interrupt_id, "approve", by="bob"),
        )
        assert len(refused) == 1
        asked.field.tick_at(43)
        assert len(asked.verdicts) == 1
        assert asked.verdicts[0] in {Verdict.APPROVED, Verdict.EDITED}

    def test_of_two_who_undo_one_wins(self, asked):
        asked.answer()
        asked.field.tick_at(43)
        acts = [partial(asked.people.undo, asked.case.id, hand) for hand in (ANN, BOB)]
        assert len(self.at_once(*acts)) == 1
        assert asked.verdicts == [Verdict.APPROVED, Verdict.UNDONE]

    def test_a_take_over_during_a_tick_leaves_the_plan_done_or_undone_and_never_half(self, asked):
        case = asked.case
        asked.answer()
        asked.field.go_to(at(43))
        self.at_once(asked.field.service.tick, partial(asked.people.take_over, case.id, case.revision, BOB))
        asked.field.tick_at(44)
        told = [key for key in asked.sent() if "route_changed" in key]
        assert bool(told) == (Verdict.APPROVED in asked.verdicts)
        assert (asked.stops_of("R01") == []) == (Verdict.APPROVED in asked.verdicts)


class TestHands:
    @pytest.mark.parametrize(
        "hand",
        [
            Hand("ann", shown_at=at(60)),
            Hand("ann", shown_at=at(1)),
            Hand("ann", shown_at=at(41), seen_ms=3_600_000),
        ],
    )
    def test_a_look_that_does_not_add_up_is_refused(self, asked, hand):
        with pytest.raises(BadInput):
            asked.people.acknowledge(asked.case.id, asked.case.revision, hand)

    def test_how_long_they_looked_and_for_whom_is_on_record(self, asked):
        asked.field.go_to(at(42))
        asked.answer(on_behalf_of="cora", shown_at=at(41), seen_ms=45_000)
        asked.field.tick_at(43)
        [(_, body)] = asked.records(asked.decisions[0].id)
        oversight = body["oversight"]
        assert (oversight["on_behalf_of"], oversight["looked_s"]) == ("cora", 45.0)

    @pytest.mark.parametrize("act", ["acknowledge", "take_over", "hand_back", "wake"])
    def test_an_auditor_may_do_none_of_it(self, asked, act):
        with pytest.raises(Forbidden):
            getattr(asked.people, act)(asked.case.id, asked.case.revision, Hand("eve", role="auditor"))

    def test_a_closed_case_is_not_touched(self, asked):
        with asked.field.service.store.write() as uow:
            case = asked.case
            closed = replace(case, status=CaseStatus.RESOLVED, closed_at=at(41), revision=case.revision + 1)
            uow.cases.save(closed)
        for act in ("acknowledge", "take_over", "hand_back", "wake"):
            with pytest.raises(Conflict) as refused:
                getattr(asked.people, act)(asked.case.id, asked.case.revision, ANN)
            assert refused.value.details["status"] == "RESOLVED"


def waiting_effect():
    from factories import make_effect

    return make_effect("held", not_before=at(50))
