"""Cases over HTTP: the list, the whole trace, and answers of which the first wins."""


def answer(surface, verdict="approve", **more):
    body = {"interrupt_id": "I-1", "verdict": verdict, "by": "Ada", **more}
    return surface.client.post("/v1/cases/C-1/answer", json=body)


def test_the_list_can_be_narrowed_by_status_and_day(waiting, small):
    def ids(query):
        return [case["id"] for case in waiting.client.get(f"/v1/cases{query}").json()["cases"]]

    assert ids("") == ["C-1"]
    assert ids("?status=AWAITING_APPROVAL&status=OPEN") == ["C-1"]
    assert ids("?status=RESOLVED") == []
    assert ids(f"?day={small.DAY}") == ["C-1"]
    assert ids("?day=another") == []


def test_the_trace_holds_everything_that_is_on_record(waiting, small):
    small.add_decision(waiting.service.store)
    small.settle(waiting.service.store, small.NOW)
    trace = waiting.client.get("/v1/cases/C-1").json()
    (proposal,) = trace["proposals"]
    assert trace["case"]["cause"] == "Vehicle broke down on R1: S1, S2"
    assert [stop["id"] for stop in trace["stops"]] == ["S1", "S2", "S3"]
    assert [candidate["id"] for candidate in proposal["candidates"]] == ["cand-1", "cand-2"]
    assert proposal["candidates"][0]["worse_off"] == ["S3"]
    assert proposal["candidates"][1]["lost_because"]
    assert proposal["declined"][0]["words"]
    assert proposal["gate"]["policy_ids"] == ["reassign-needs-approval"]
    assert trace["approvals"][0]["verdict"] is None
    assert trace["decisions"][0]["id"] == "DEC-1"
    assert trace["effects"][0]["state"] == "dry_run"
    assert trace["audit"][0]["subject"] == "C-1"


def test_the_first_answer_wins_and_the_second_gets_the_present_state(waiting):
    assert answer(waiting).status_code == 200
    second = answer(waiting, "reject", reason="COST")
    assert second.status_code == 409
    assert second.json()["status"] == "AWAITING_APPROVAL"
    assert waiting.client.get("/v1/cases/C-1").json()["approvals"][0]["answered_by"] == "Ada"


def test_a_no_is_kept_with_its_reason(waiting):
    assert answer(waiting, "reject", reason="LOCAL_KNOWLEDGE", note="road is open again").status_code == 200
    approval = waiting.client.get("/v1/cases/C-1").json()["approvals"][0]
    assert (approval["verdict"], approval["reason"], approval["note"]) == (
        "REJECTED",
        "LOCAL_KNOWLEDGE",
        "road is open again",
    )


def test_a_no_without_a_reason_is_refused_and_the_question_stays_open(waiting):
    assert answer(waiting, "reject").status_code == 422
    assert answer(waiting).status_code == 200


def test_an_answer_sent_as_a_form_of_another_site_is_not_read(waiting):
    response = waiting.client.post(
        "/v1/cases/C-1/answer", data={"interrupt_id": "I-1", "verdict": "approve", "by": "x"}
    )
    assert response.status_code == 415


def test_routes_come_with_what_they_are_expected_to_lose(waiting):
    routes = waiting.client.get("/v1/routes").json()["routes"]
    assert [route["id"] for route in routes] == ["R1", "R2", "RSP1"]
    assert round(routes[0]["expected_late"], 2) == 1.24
    assert routes[0]["stops_total"] == 2


def test_a_route_shows_its_stops_with_forecast_and_reasons(waiting):
    stop = waiting.client.get("/v1/routes/R1").json()["stops"][0]
    assert stop["forecast"]["p_late"] == 0.62
    assert stop["forecast"]["reasons"][0]["words"]


def test_decisions_are_listed(waiting, small):
    small.add_decision(waiting.service.store)
    (decision,) = waiting.client.get(f"/v1/decisions?day={small.DAY}").json()["decisions"]
    assert decision["verdict"] == "AUTOMATIC"
    assert decision["read_set"] == {"R1": 1}


def test_the_audit_chain_is_sound_and_readable_by_subject(waiting, small):
    small.add_decision(waiting.service.store)
    assert waiting.client.get("/v1/audit/verify").json() == {"sound": True, "first_bad_seq": None}
    (record,) = waiting.client.get("/v1/audit/C-1").json()["records"]
    assert record["kind"] == "decision"
