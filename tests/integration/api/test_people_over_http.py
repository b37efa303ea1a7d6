"""What people do, over HTTP and by the forms: a real service behind the surface, on each database in turn."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from starlette.testclient import TestClient

from agent.service import Service
from api.app import create_app
from factories import START, make_event, make_plan
from forestall.bootstrap import build
from forestall.clock import ManualClock
from forestall.domain.vocabulary import EventType, Mode
from forestall.settings import Settings

SAME_SITE = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}


@dataclass
class Shift:
    """A dispatcher's morning in SUGGEST mode: one of two vans has broken down, and a question waits."""

    client: TestClient
    service: Service
    clock: ManualClock

    @property
    def case(self):
        [case] = self.client.get("/v1/cases?status=AWAITING_APPROVAL").json()["cases"]
        return case

    def trace(self, case_id):
        return self.client.get(f"/v1/cases/{case_id}").json()

    def act(self, case, act, **body):
        body = {"by": "Ada", "revision": case["revision"]} | body
        return self.client.post(f"/v1/cases/{case['id']}/{act}", json=body)

    def edit(self, case, **body):
        return self.client.post(
            f"/v1/cases/{case['id']}/edit", json={"by": "Ada", "plan_rev": case["plan_rev"], **body}
        )

    def interrupt_id(self, case):
        [question] = [one for one in self.trace(case["id"])["approvals"] if one["verdict"] is None]
        return question["interrupt_id"]

    def approve(self, case):
        body = {"by": "Ada", "interrupt_id": self.interrupt_id(case), "verdict": "approve"}
        assert self.client.post(f"/v1/cases/{case['id']}/answer", json=body).status_code == 200
        self.service.tick()

    def send_form(self, path, **data):
        return self.client.post(path, data={"by": "Ada", **data}, headers=SAME_SITE, follow_redirects=False)


@pytest.fixture
def shift(database_url, tmp_path):
    clock = ManualClock(START)
    settings = Settings(data_dir=tmp_path, database_url=database_url, mode=Mode.SUGGEST, durable=False, samples=64)
    service = build(settings, clock)
    service.intake.put_plan(make_plan(route_count=2, stops_each=6))
    clock.advance_to(START + timedelta(hours=2))
    for number, (kind, subject, data) in enumerate(
        [
            (EventType.DEPARTED, "R01", {"to_stop": "S001"}),
            (EventType.DEPARTED, "R02", {"to_stop": "S007"}),
            (EventType.BREAKDOWN, "V01", {"lat": 41.16, "lon": -8.61}),
        ]
    ):
        now = clock.now() + timedelta(minutes=number)
        event = make_event(f"e{number}", kind, subject, occurred_at=now, claimed_at=now, received_at=now, data=data)
        service.intake.take_events([event])
    clock.advance_to(clock.now() + timedelta(minutes=5))
    service.tick()
    with TestClient(create_app(service), base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        yield Shift(client, service, clock)
    service.close()


def test_of_two_acts_on_one_revision_the_second_gets_409_and_the_present_state(shift):
    case = shift.case
    assert shift.act(case, "take-over").json()["taken_over"] is True
    late = shift.act(case, "take-over", by="Bo")
    assert late.status_code == 409
    assert (late.json()["owner"], late.json()["status"]) == ("Ada", "ACKNOWLEDGED")
    assert late.json()["revision"] == case["revision"] + 1


def test_a_case_is_taken_over_and_handed_back(shift):
    mine = shift.act(shift.case, "take-over").json()
    back = shift.act(mine, "hand-back").json()
    assert (back["taken_over"], back["owner"], back["status"]) == (False, None, "OPEN")


def test_own_assign_and_acknowledge_say_who(shift):
    seen = shift.act(shift.case, "acknowledge").json()
    assert (seen["acknowledged_by"], seen["owner"]) == ("Ada", "Ada")
    given = shift.act(seen, "assign", to="Bo").json()
    assert given["owner"] == "Bo"
    assert shift.act(seen, "acknowledge").status_code == 409


def test_a_snoozed_case_says_until_when_and_can_be_woken(shift):
    until = (shift.clock.now() + timedelta(hours=1)).isoformat()
    asleep = shift.act(shift.case, "snooze", until=until, wake_at_severity=50.0).json()
    assert (asleep["snoozed_until"], asleep["wake_at_severity"]) == (until.replace("+00:00", "Z"), 50.0)
    assert shift.act(asleep, "wake").json()["snoozed_until"] is None


@pytest.mark.parametrize(
    ("act", "body"),
    [
        ("snooze", {"until": "2020-01-01T00:00:00Z"}),
        ("snooze", {"wake_at_severity": 0.01}),
        ("snooze", {"until": "2020-01-01T00:00:00"}),
        ("acknowledge", {"shown_at": "2030-01-01T00:00:00Z"}),
        ("acknowledge", {"seen_ms": -1}),
        ("acknowledge", {"by": ""}),
        ("acknowledge", {"surprise": 1}),
        ("merge", {"into": None}),
        ("edit", {"plan_rev": 1, "revision": 1}),
    ],
)
def test_an_act_that_says_nonsense_is_told_what_is_wrong(shift, act, body):
    refused = shift.act(shift.case, act, **body)
    assert refused.status_code == 422
    assert refused.json()["problems"]
    assert shift.case["status"] == "AWAITING_APPROVAL"


def test_a_merge_into_nothing_is_404(shift):
    assert shift.act(shift.case, "merge", into="C-NONE").status_code == 404


def test_an_edited_plan_is_carried_out_and_recorded_beside_what_was_recommended(shift):
    case = shift.case
    moved = moved_stops(shift.trace(case["id"]))
    assert shift.edit(case, leave_out=[moved[-1]], reason="LOCAL_KNOWLEDGE").status_code == 200
    assert shift.edit(case, leave_out=[moved[-1]], by="Bo").status_code == 409
    shift.service.tick()
    trace = shift.trace(case["id"])
    [decision] = trace["decisions"]
    assert (decision["verdict"], decision["actor"], decision["reason"]) == ("EDITED", "Ada", "LOCAL_KNOWLEDGE")
    body = next(record["body"] for record in trace["audit"] if record["subject"] == decision["id"])
    assert body["override"]["recommended"]["candidate"] != body["override"]["done"]["candidate"]
    assert trace["proposals"][-1]["edited_from"] == body["override"]["recommended"]["candidate"]


def test_what_is_no_longer_what_was_approved_is_asked_again_with_then_and_now(shift):
    case = shift.case
    trace = shift.trace(case["id"])
    moved, taker = moved_stops(trace), taking_vehicle(trace)
    body = {"by": "Ada", "interrupt_id": shift.interrupt_id(case), "verdict": "approve"}
    assert shift.client.post(f"/v1/cases/{case['id']}/answer", json=body).status_code == 200
    now = shift.clock.now()
    event = make_event(
        "e9",
        EventType.BREAKDOWN,
        taker,
        occurred_at=now,
        claimed_at=now,
        received_at=now,
        data={"lat": 41.15, "lon": -8.61},
    )
    shift.service.intake.take_events([event])  # the one that was to fetch them
    shift.service.tick()
    trace = shift.trace(case["id"])
    question = trace["approvals"][-1]
    assert (question["verdict"], question["instead_of"]) == (None, case["plan_rev"])
    [difference] = trace["differences"]
    assert set(difference["elsewhere"]) == set(moved)
    assert "other_vehicle" in difference["rules"]
    assert len(difference["misses_then"]) == len(difference["misses_now"]) == 2
    assert trace["decisions"][-1]["verdict"] == "STALE"
    page = shift.client.get(f"/cases/{case['id']}", headers=SAME_SITE).text
    assert "stops would go to another vehicle" in page


def test_a_decision_says_until_when_it_can_be_undone_and_is_undone_once(shift):
    case = shift.case
    shift.approve(case)
    [way] = shift.client.get(f"/v1/cases/{case['id']}/undo").json()["decisions"]
    assert way["is_possible"]
    assert way["undoable_until"] is not None
    undone = shift.client.post(f"/v1/cases/{case['id']}/undo", json={"by": "Ada", "reason": "BAD_DATA"})
    assert undone.json()["decision"]["verdict"] == "UNDONE"
    again = shift.client.post(f"/v1/cases/{case['id']}/undo", json={"by": "Bo"})
    assert again.status_code == 409
    [way] = shift.client.get(f"/v1/cases/{case['id']}/undo").json()["decisions"]
    assert (way["is_possible"], way["undone_by"]) == (False, undone.json()["decision"]["id"])


def test_whom_an_unanswered_question_was_passed_on_to_is_visible(shift):
    case = shift.case
    [question] = shift.trace(case["id"])["approvals"]
    asked_at, expires_at = (datetime.fromisoformat(question[name]) for name in ("asked_at", "expires_at"))
    shift.clock.advance_to(asked_at + 0.6 * (expires_at - asked_at))
    shift.service.tick()
    assert shift.trace(case["id"])["case"]["tier"] == 1
    told = shift.client.get("/v1/effects?channel=people").json()["effects"]
    [notice] = [effect for effect in told if effect["case_id"] == case["id"]]
    assert (notice["recipient_id"], notice["case_id"], notice["state"]) == ("shift lead", case["id"], "dry_run")
    assert "passed on to shift lead" in shift.client.get("/", headers=SAME_SITE).text


def test_several_approvals_at_once_have_a_result_each(shift):
    case = shift.case
    answers = [
        {"case_id": case["id"], "interrupt_id": shift.interrupt_id(case)},
        {"case_id": case["id"], "interrupt_id": "of yesterday"},
        {"case_id": "C-NONE", "interrupt_id": "x"},
        {"case_id": case["id"], "interrupt_id": shift.interrupt_id(case), "verdict": "reject"},
    ]
    results = shift.client.post("/v1/cases/answers", json={"by": "Ada", "answers": answers}).json()["results"]
    assert [result["status"] for result in results] == [200, 409, 404, 409]
    assert results[1]["error"]["case_id"] == case["id"]
    assert results[0]["case"]["id"] == case["id"]


def test_a_pinned_stop_says_so_and_is_pinned_once(shift):
    assert shift.client.post("/v1/stops/S009/pin", json={"by": "Ada"}).json()["pinned"] is True
    assert shift.client.post("/v1/stops/S009/pin", json={"by": "Bo"}).status_code == 409
    assert shift.client.post("/v1/stops/S009/unpin", json={"by": "Bo"}).json()["pinned"] is False
    assert shift.client.post("/v1/stops/S404/pin", json={"by": "Bo"}).status_code == 404
    assert shift.client.post("/v1/stops/S003/pin", json={"by": "Bo"}).status_code == 409  # its van is broken


@pytest.fixture
def told(shift):
    """The plan is carried out, and the driver of ``told.route`` has not said a word about version 2."""
    case = shift.case
    shift.approve(case)
    [one, *_] = [i for i in shift.trace(case["id"])["instructions"] if i["status"] == "TOLD"]
    shift.route, shift.path = one["route_id"], f"/v1/routes/{one['route_id']}/confirm"
    shift.told_case = case["id"]
    return shift


def test_a_plan_is_confirmed_for_its_driver_once_and_by_the_newest_version_only(told):
    for version in (1, 3):
        refused = told.client.post(told.path, json={"by": "Ada", "plan_version": version})
        assert (refused.status_code, refused.json()["plan_version"]) == (409, 2)
        assert refused.json()["acknowledged_version"] == 1
    done = told.client.post(told.path, json={"by": "Ada", "plan_version": 2, "on_behalf_of": "Bo"})
    assert (done.status_code, done.json()["acknowledged_version"]) == (200, 2)
    again = told.client.post(told.path, json={"by": "Bo", "plan_version": 2})
    assert (again.status_code, again.json()["acknowledged_version"]) == (409, 2)
    trace = told.trace(told.told_case)
    [record] = [one for one in trace["audit"] if one["kind"] == "instruction.confirmed"]
    assert (record["body"]["by"], record["body"]["on_behalf_of"]) == ("Ada", "Bo")
    assert record["body"]["driver_id"] == done.json()["driver_id"]
    [confirmed] = [one for one in trace["instructions"] if one["route_id"] == told.route]
    assert (confirmed["status"], confirmed["confirmed_by"]) == ("ACKNOWLEDGED", "Ada")


def test_a_confirmation_that_says_nonsense_is_refused(told):
    for body in ({"plan_version": 0}, {"plan_version": "two"}, {}, {"plan_version": 2, "by": ""}):
        assert told.client.post(told.path, json={"by": "Ada", **body}).status_code == 422
    assert told.client.post("/v1/routes/R404/confirm", json={"by": "Ada", "plan_version": 2}).status_code == 404


@pytest.mark.parametrize("page", ["case", "route"])
def test_where_a_plan_waits_for_its_driver_a_button_confirms_it(told, page):
    path = f"/cases/{told.told_case}" if page == "case" else f"/routes/{told.route}"
    where = {"case_id": told.told_case} if page == "case" else {}
    action = f'formaction="/routes/{told.route}/confirm"'
    assert action in told.client.get(path, headers=SAME_SITE).text
    sent = told.send_form(f"/routes/{told.route}/confirm", confirm="2", **where)
    assert (sent.status_code, sent.headers["location"]) == (303, f"{path}?done=confirm")
    shown = told.client.get(sent.headers["location"], headers=SAME_SITE).text
    assert "Confirmed for the driver" in shown
    assert action not in shown
    late = told.send_form(f"/routes/{told.route}/confirm", confirm="2", **where)
    assert late.status_code == 409
    assert "It was not confirmed: version 2" in late.text


def test_a_case_that_closed_meanwhile_answers_every_act_with_its_state(shift):
    case = shift.case
    other = shift.act(case, "acknowledge").json()
    close(shift, other)
    for act, body in (
        ("take-over", {}),
        ("hand-back", {}),
        ("snooze", {}),
        ("wake", {}),
        ("acknowledge", {}),
        ("assign", {"to": "Bo"}),
        ("merge", {"into": case["id"]}),
    ):
        refused = shift.act(other, act, **body)
        assert (refused.status_code, refused.json()["status"]) == (409, "RESOLVED"), act
    assert shift.edit(case).json()["status"] == "RESOLVED"
    assert shift.client.post(f"/v1/cases/{case['id']}/undo", json={"by": "Ada"}).status_code == 409


class TestForms:
    def common(self, case):
        return {"revision": case["revision"], "plan_rev": case["plan_rev"], "shown_at": "2026-03-02T08:05:00+00:00"}

    @pytest.mark.parametrize("act", ["take-over", "acknowledge", "own", "snooze"])
    def test_an_act_shows_the_case_again_and_says_what_was_done(self, shift, act):
        case = shift.case
        response = shift.send_form(f"/cases/{case['id']}/{act}", **self.common(case), snooze_min="30", seen_ms="99999")
        assert (response.status_code, response.headers["location"]) == (303, f"/cases/{case['id']}?done={act}")
        page = shift.client.get(response.headers["location"], headers=SAME_SITE).text
        assert 'role="status"' in page
        assert shift.send_form(f"/cases/{case['id']}/{act}", **self.common(case)).status_code == 409

    def test_an_edit_by_form_reaches_the_plan(self, shift):
        case = shift.case
        moved = moved_stops(shift.trace(case["id"]))
        done = shift.send_form(
            f"/cases/{case['id']}/edit", **self.common(case), leave_out=moved[-1:], order_route="R02", order_stops=""
        )
        assert done.status_code == 303
        shift.service.tick()
        assert [one["verdict"] for one in shift.trace(case["id"])["decisions"]] == ["EDITED"]
        page = shift.client.get(f"/cases/{case['id']}", headers=SAME_SITE).text
        assert 'data-key="u"' in page
        assert shift.send_form(f"/cases/{case['id']}/undo", **self.common(case)).status_code == 303
        assert "undone by a person" in shift.client.get("/", headers=SAME_SITE).text

    def test_selected_cases_are_approved_and_each_says_what_came_of_it(self, shift):
        case = shift.case
        picks = [f"{case['id']}|{shift.interrupt_id(case)}", f"{case['id']}|of yesterday"]
        page = shift.send_form("/answers", day=case["day"], pick=picks)
        assert page.status_code == 200
        assert ": approved</li>" in page.text
        assert "no longer open" in page.text

    def test_an_unknown_act_is_404_and_another_sites_form_403(self, shift):
        case = shift.case
        assert shift.send_form(f"/cases/{case['id']}/dance").status_code == 404
        for path in (f"/cases/{case['id']}/take-over", "/answers", "/stops/S009/pin"):
            refused = shift.client.post(path, data={"by": "x", "day": case["day"]})
            assert refused.status_code == 403, path

    def test_a_stop_is_pinned_from_the_route_page(self, shift):
        assert shift.send_form("/stops/S009/pin").headers["location"] == "/routes/R02"
        assert "pinned" in shift.client.get("/routes/R02", headers=SAME_SITE).text


def moved_stops(trace):
    """The stops that the recommended plan gives to another vehicle, in its order."""
    proposal = trace["proposals"][-1]
    [chosen] = [one for one in proposal["candidates"] if one["is_chosen"]]
    homes = {stop["id"]: stop["route_id"] for stop in trace["stops"]}
    changes = chosen["route_changes"]
    return [s for c in changes for s in c["stop_ids"] if s in homes and homes[s] != c["route_id"]]


def taking_vehicle(trace):
    """The vehicle that the recommended plan gives stops to."""
    [chosen] = [one for one in trace["proposals"][-1]["candidates"] if one["is_chosen"]]
    [route] = {change["route_id"] for change in chosen["route_changes"]} - {"R01"}
    return {"R02": "V02", "RSP1": "VSP1"}[route]


def close(shift, case):
    from dataclasses import replace

    from forestall.domain.vocabulary import CaseStatus

    with shift.service.store.write() as uow:
        stored = uow.cases.get(case["id"])
        uow.cases.save(replace(stored, status=CaseStatus.RESOLVED, closed_at=START, revision=stored.revision + 1))
