"""The kill switch over HTTP and on the first page."""

STOP_HUB = {"scope": "HUB", "subject": "H1", "position": "STOP", "by": "Ada", "why": "ice on the roads"}


def test_a_switch_is_set_listed_and_on_record(planned):
    answer = planned.client.post("/v1/switches", json=STOP_HUB)
    assert answer.status_code == 200
    listed = planned.client.get("/v1/switches").json()
    assert listed["base"] == "RUN"
    assert listed["switches"] == [answer.json()]
    assert {key: answer.json()[key] for key in STOP_HUB} == STOP_HUB
    [record] = planned.client.get("/v1/audit/switch:HUB:H1").json()["records"]
    assert record["body"]["why"] == "ice on the roads"


def test_the_whole_installation_is_stopped_without_a_subject(planned):
    body = {"scope": "TENANT", "by": "Ada", "why": "a drill"}
    assert planned.client.post("/v1/switches", json=body).json()["position"] == "STOP"


def test_what_is_not_known_or_not_signed_is_refused_by_place(planned):
    for change in ({"subject": "H9"}, {"scope": "TOOL", "subject": "hammer"}, {"by": ""}, {"why": ""}, {"why": " "}):
        answer = planned.client.post("/v1/switches", json=STOP_HUB | change)
        assert answer.status_code == 422, change
    assert planned.client.get("/v1/switches").json()["switches"] == []


def test_the_first_page_says_what_is_stopped_by_whom_and_why(planned):
    def page():
        return planned.client.get("/", headers={"Accept": "text/html"}).text

    assert "ice on the roads" not in page()
    planned.client.post("/v1/switches", json=STOP_HUB)
    assert "H1: stopped, nothing starts" in page()
    assert "Ada: ice on the roads" in page()
    planned.client.post("/v1/switches", json=STOP_HUB | {"scope": "TENANT", "subject": ""})
    assert "kill switch on" in page()
    planned.client.post("/v1/switches", json=STOP_HUB | {"position": "RUN"})
    assert "H1: stopped" not in page()
