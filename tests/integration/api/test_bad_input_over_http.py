"""Every bad input of the first issue, as a caller meets it: a clear 4xx, and the state unharmed."""

import json

import pytest


def assert_refused(response, status, *words):
    body = response.json()
    assert response.status_code == status, body
    assert body["error"]
    assert body["message"]
    text = json.dumps(body)
    for word in words:
        assert word in text, text


def put(surface, document):
    return surface.client.put("/v1/plans/2026-03-02", json=document)


class TestPlans:
    def test_a_vehicle_named_by_two_routes_is_refused_with_its_place(self, surface, small):
        document = small.document()
        document["routes"][1]["vehicle_id"] = document["routes"][0]["vehicle_id"]
        assert_refused(put(surface, document), 422, "routes[1]", "V1")

    def test_all_faults_are_listed_together(self, surface, small):
        document = small.document()
        document["stops"][0]["service_s"] = -5
        document["stops"][1]["service_s"] = None
        document["stops"][2]["route_id"] = "R99"
        places = [problem["place"] for problem in put(surface, document).json()["problems"]]
        assert [place.split(".")[0] for place in places] == ["stops[0]", "stops[1]", "stops[2]"]

    def test_a_window_that_closes_before_it_opens_is_refused(self, surface, small):
        document = small.document()
        window = document["stops"][0]["window"]
        window["opens_at"], window["closes_at"] = window["closes_at"], window["opens_at"]
        assert_refused(put(surface, document), 422, "stops[0].window")

    def test_a_time_without_a_zone_is_refused(self, surface, small):
        document = small.document()
        document["stops"][0]["window"]["opens_at"] = "2026-03-02T10:00:00"
        assert_refused(put(surface, document), 422, "stops[0].window.opens_at")

    def test_a_matrix_of_the_wrong_size_is_refused(self, surface, small):
        document = small.document()
        document["matrix"] = {"locations": ["n0", "n1"], "durations_s": [[0, 60]]}
        assert_refused(put(surface, document), 422, "matrix")

    def test_a_refused_plan_leaves_no_trace(self, surface, small):
        document = small.document()
        document["stops"][0]["service_s"] = -5
        put(surface, document)
        with surface.service.store.read() as uow:
            assert uow.plans.list_days() == []

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b"nonsense", b"[" * 100_000], ids=repr)
    def test_a_body_that_is_no_plan_is_refused(self, surface, body):
        response = surface.client.put("/v1/plans/x", content=body, headers={"Content-Type": "application/json"})
        assert_refused(response, 422, "problems")

    def test_the_same_plan_twice_changes_nothing(self, surface):
        assert surface.put_plan().status_code == 201
        again = surface.put_plan()
        assert (again.status_code, again.json()["outcome"]) == (200, "unchanged")

    def test_another_plan_for_a_day_that_has_begun_is_refused(self, planned, small):
        planned.client.post("/v1/events", json=[small.event("1", "departed", "R1", {"to_stop": "S1"})])
        document = small.document()
        document["stops"][0]["service_s"] = 999
        assert_refused(put(planned, document), 409, "Conflict")


class TestEvents:
    def test_an_unknown_stop_is_kept_and_reported(self, planned, small):
        receipt = planned.client.post("/v1/events", json=[small.event("1", "completed", "S999")])
        assert receipt.status_code == 202
        assert receipt.json()["parked"] == 1
        (kept,) = planned.client.get("/v1/events/parked").json()["events"]
        assert (kept["subject"], kept["source"]) == ("S999", "test")
        assert kept["detail"]

    def test_a_doubled_event_is_counted_and_has_no_effect(self, planned, small):
        sent = [small.event("1", "departed", "R1", {"to_stop": "S1"})]
        first = planned.client.post("/v1/events", json=sent).json()
        version = planned.client.get("/v1/routes/R1").json()["version"]
        second = planned.client.post("/v1/events", json=sent).json()
        assert (first["accepted"], first["duplicates"]) == (1, 0)
        assert second["duplicates"] == 1
        assert second["results"][0]["duplicate"] is True
        assert planned.client.get("/v1/routes/R1").json()["version"] == version

    def test_events_out_of_order_end_in_the_same_state(self, planned, small):
        departed = small.event("1", "departed", "R1", {"to_stop": "S1"}, small.NOW)
        arrived = small.event("2", "arrived", "S1", {}, "2026-03-02T08:03:00Z")
        completed = small.event("3", "completed", "S1", {}, "2026-03-02T08:04:00Z")
        for sent in (completed, arrived, departed):
            assert planned.client.post("/v1/events", json=[sent]).status_code == 202
        stop = planned.client.get("/v1/routes/R1").json()["stops"][0]
        assert stop["status"] == "COMPLETED"
        assert stop["arrived_at"] == "2026-03-02T08:03:00Z"

    def test_a_time_without_a_zone_refuses_the_batch(self, planned, small):
        batch = [small.event("1", "arrived", "S1"), small.event("2", "arrived", "S2", when="2026-03-02T08:00:00")]
        assert_refused(planned.client.post("/v1/events", json=batch), 422, "events[1]", "time")
        with planned.service.store.read() as uow:
            assert uow.inbox.known([("test", "1")]) == set()

    @pytest.mark.parametrize(
        "body", [b"", b"{", b'{"id": "1"}', b"[1]", b"[{}]", b"nonsense", b'["\\ud800"]'], ids=repr
    )
    def test_a_body_that_is_no_batch_is_refused(self, planned, body):
        response = planned.client.post("/v1/events", content=body, headers={"Content-Type": "application/json"})
        assert_refused(response, 422, "problems")

    @pytest.mark.parametrize("field", ["id", "source", "subject"])
    def test_a_nul_character_is_refused_by_both_databases_alike(self, planned, small, field):
        sent = {**small.event("1", "arrived", "S1"), field: "S1\x00"}
        assert_refused(planned.client.post("/v1/events", json=[sent]), 422, f"events[0].{field}")


class TestBodies:
    def test_a_body_over_the_limit_is_refused_by_its_declared_length(self, surface):
        response = surface.client.post(
            "/v1/events", content=b" " * 200_001, headers={"Content-Type": "application/json"}
        )
        assert_refused(response, 413, "TooLarge", "200,000")

    def test_a_body_over_the_limit_is_refused_while_it_streams(self, surface):
        chunks = (b" " * 50_000 for _ in range(10))
        response = surface.client.post("/v1/events", content=chunks, headers={"Content-Type": "application/json"})
        assert_refused(response, 413, "TooLarge")

    def test_a_body_at_the_limit_is_read(self, surface):
        response = surface.client.post(
            "/v1/events", content=b"[]".ljust(200_000), headers={"Content-Type": "application/json"}
        )
        assert response.status_code == 202

    @pytest.mark.parametrize("declared", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
    def test_a_body_that_is_not_declared_as_json_is_refused(self, surface, declared):
        response = surface.client.post("/v1/events", content=b"[]", headers={"Content-Type": declared})
        assert_refused(response, 415, declared, "application/json")

    def test_cloudevents_batches_are_json_too(self, surface):
        headers = {"Content-Type": "application/cloudevents-batch+json; charset=utf-8"}
        assert surface.client.post("/v1/events", content=b"[]", headers=headers).status_code == 202


class TestUnknownIds:
    @pytest.mark.parametrize(
        "path",
        ["/v1/cases/nope", "/v1/routes/nope", "/v1/audit/nope", "/v1/routes?day=nope", "/v1/nope", "/v1/cases/%00"],
    )
    def test_an_unknown_id_is_404_in_the_common_shape(self, planned, path):
        assert_refused(planned.client.get(path), 404)

    def test_an_answer_to_an_unknown_case_is_404(self, planned):
        answer = {"interrupt_id": "x", "verdict": "approve", "by": "Ada"}
        assert_refused(planned.client.post("/v1/cases/nope/answer", json=answer), 404)

    def test_a_method_an_address_does_not_take_is_405_in_the_common_shape(self, surface):
        assert_refused(surface.client.delete("/v1/events"), 405)


class TestQueries:
    @pytest.mark.parametrize(
        "path",
        [
            "/v1/effects?after=abc",
            "/v1/effects?after=-1",
            "/v1/effects?after=5~x",
            "/v1/effects?after=" + "9" * 40,
            "/v1/effects?limit=0",
            "/v1/effects?limit=1000000",
            "/v1/effects?channel=pigeon",
            "/v1/cases?status=SLEEPY",
            "/v1/events/parked?limit=-1",
        ],
    )
    def test_a_query_that_makes_no_sense_is_refused_with_its_place(self, planned, path):
        assert_refused(planned.client.get(path), 422, "query.")

    @pytest.mark.parametrize(
        "answer",
        [
            {},
            {"interrupt_id": "I-1", "verdict": "maybe", "by": "Ada"},
            {"interrupt_id": "I-1", "verdict": "approve", "by": ""},
            {"interrupt_id": "I-1", "verdict": "approve", "by": "Ada", "colour": "red"},
            {"interrupt_id": "I-1", "verdict": "reject", "by": "Ada", "reason": "MOOD"},
            {"interrupt_id": "I-1", "verdict": "approve", "by": "Ada\x00"},
            {"interrupt_id": "I-1", "verdict": "approve", "by": "Ada", "note": "\x00"},
        ],
    )
    def test_an_answer_out_of_form_is_refused(self, waiting, answer):
        assert_refused(waiting.client.post("/v1/cases/C-1/answer", json=answer), 422, "problems")

    def test_a_lone_surrogate_in_an_answer_is_refused(self, waiting):
        body = b'{"interrupt_id": "I-1", "verdict": "approve", "by": "\\ud800"}'
        response = waiting.client.post(
            "/v1/cases/C-1/answer", content=body, headers={"Content-Type": "application/json"}
        )
        assert_refused(response, 422, "problems")


def test_a_mistake_of_ours_is_a_500_with_a_number_and_nothing_of_the_inside(planned, monkeypatch, caplog):
    def explode(*_):
        raise RuntimeError("secret /etc/path")

    monkeypatch.setattr(planned.service.intake, "take_events", explode)
    response = planned.client.post("/v1/events", json=[])
    body = response.json()
    assert response.status_code == 500
    assert "secret" not in response.text
    assert body["trace_id"] in caplog.text
    assert "secret /etc/path" in caplog.text
