"""The application as a whole: its document, its health, its life, and the hosts it answers to."""

from contextlib import contextmanager

from starlette.testclient import TestClient

from agent.detectors import Fault
from api.app import create_app
from api.security import hosts_for
from factories import at


def test_the_openapi_document_names_every_address_with_its_answers(surface):
    document = surface.client.get("/v1/openapi.json").json()
    assert document["openapi"].startswith("3.")
    assert {"/v1/plans/{day}", "/v1/events", "/v1/effects", "/v1/cases/{case_id}", "/v1/audit/verify"} <= set(
        document["paths"]
    )
    for path, item in document["paths"].items():
        for method, operation in item.items():
            assert operation["description"], (method, path)
            assert "422" in operation["responses"]


def test_every_reference_in_the_openapi_document_resolves(surface):
    document = surface.client.get("/v1/openapi.json").json()

    def check(node):
        if isinstance(node, dict):
            if "$ref" in node:
                _, *steps = node["$ref"].split("/")
                target = document
                for step in steps:
                    target = target[step]
            for value in node.values():
                check(value)
        elif isinstance(node, list):
            for value in node:
                check(value)

    check(document)


def test_health_is_ok_while_the_database_answers(surface):
    assert surface.client.get("/healthz").json() == {"status": "ok"}


def test_the_scheduler_runs_exactly_as_long_as_the_application(surface):
    life = []

    @contextmanager
    def scheduler():
        life.append("started")
        yield
        life.append("stopped")

    with TestClient(create_app(surface.service, scheduler())):
        assert life == ["started"]
    assert life == ["started", "stopped"]


def test_health_names_the_detectors_that_fail(surface):
    surface.service.detector_faults = (Fault("closures", "ZeroDivisionError: a bug", ("closure",)),)
    assert surface.client.get("/healthz").json() == {
        "status": "degraded",
        "detectors": [{"name": "closures", "error": "ZeroDivisionError: a bug"}],
    }


def test_health_says_since_when_plans_wait_for_reports(surface):
    surface.service.waiting_for_reports_since = at(5)
    assert surface.client.get("/healthz").json() == {
        "status": "ok",
        "waiting_for_reports_since": "2026-03-02T06:05:00Z",
    }


def test_only_known_host_names_are_answered_when_some_are_given(surface):
    app = create_app(surface.service, hosts=hosts_for("127.0.0.1"))
    with TestClient(app) as client:
        assert client.get("/healthz", headers={"Host": "evil.example"}).status_code == 400
        assert client.get("/healthz", headers={"Host": "localhost:8000"}).status_code == 200
        assert client.get("/healthz", headers={"Host": "[::1]:8000"}).status_code == 200


def test_an_address_open_to_the_network_answers_to_any_name():
    assert hosts_for("0.0.0.0") == frozenset()
    assert hosts_for("::1") == hosts_for("localhost") != frozenset()
