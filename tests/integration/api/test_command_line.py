"""The command line as a user meets it: in a process of its own, against an embedded database."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

REPOSITORY = Path(__file__).parents[3]
PATIENCE_S = 300  # a fuse, and not what any test is about


@pytest.fixture
def forestall_environment(tmp_path):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FORESTALL_")}
    return environment | {
        "FORESTALL_DATA_DIR": str(tmp_path / "data"),
        "PYTHONPATH": os.pathsep.join(filter(None, [str(REPOSITORY), os.environ.get("PYTHONPATH")])),
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "PYTHONUTF8": "1",
    }


@pytest.fixture
def forestall(forestall_environment, tmp_path):
    def run(*arguments, **variables):
        return subprocess.run(
            [sys.executable, "-m", "forestall.cli", *map(str, arguments)],
            env=forestall_environment | variables,
            cwd=tmp_path,
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE_S,
            check=False,
        )

    return run


@pytest.fixture
def plan_file(tmp_path, small):
    path = tmp_path / f"{small.DAY}.json"
    path.write_text(json.dumps(small.document()))
    return path


def test_help_lists_every_command(forestall):
    shown = forestall("--help")
    assert shown.returncode == 0
    for command in ("serve", "import", "simulate", "demo", "case", "policy", "db", "audit", "settings"):
        assert command in shown.stdout


def test_help_is_quick_because_nothing_heavy_is_imported(forestall):
    heavy = "import sys, forestall.cli.commands as c; c.make_app(); print(set(sys.modules) & set(sys.argv[1:]))"
    shown = subprocess.run(
        [sys.executable, "-c", heavy, "numpy", "sqlalchemy", "langgraph", "fastapi", "ortools", "numba"],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=PATIENCE_S, check=True,
    )  # fmt: skip
    assert shown.stdout.strip() == "set()"


def test_import_takes_a_plan_once(forestall, plan_file, small):
    first = json.loads(forestall("import", plan_file, "--json").stdout)
    assert (first["day"], first["outcome"], first["counts"]["stops"]) == (small.DAY, "created", 4)
    again = forestall("import", plan_file)
    assert again.returncode == 0
    assert "unchanged" in again.stdout


def test_import_lists_every_fault_and_takes_nothing(forestall, plan_file, small):
    document = small.document()
    document["stops"][0]["service_s"] = -1
    document["routes"][1]["vehicle_id"] = document["routes"][0]["vehicle_id"]
    plan_file.write_text(json.dumps(document))
    refused = forestall("import", plan_file, "--json")
    assert refused.returncode == 2
    assert refused.stdout == ""
    assert "stops[0].service_s" in refused.stderr
    assert "routes[1]" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\x00", b"a,b\n1,2\n"], ids=repr)
def test_import_of_a_file_that_is_no_plan_is_refused(forestall, tmp_path, content):
    path = tmp_path / "broken.json"
    path.write_bytes(content)
    refused = forestall("import", path)
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr


def test_a_file_that_is_not_there_is_said_so(forestall):
    refused = forestall("import", "nothing.json")
    assert refused.returncode in (1, 2)
    assert "nothing.json" in refused.stderr


def test_an_unknown_case_is_said_so(forestall):
    refused = forestall("case", "show", "nope")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "nope" in refused.stderr


def test_lists_are_one_json_object(forestall):
    assert json.loads(forestall("case", "list", "--json").stdout) == {"cases": []}
    assert json.loads(forestall("audit", "verify", "--json").stdout) == {"sound": True, "first_bad_seq": None}


def test_the_policies_examples_hold(forestall):
    shown = forestall("policy", "test", "--json")
    assert json.loads(shown.stdout)["wrong"] == []
    assert shown.returncode == 0


def test_policies_are_drafted_tried_and_put_in_force_by_another_person(forestall, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "autonomy.cedar").write_text(
        '@id("mine.all") @why("all") permit (principal, action, resource);'
    )
    version = forestall("policy", "draft", "mine", "--by", "ann").stdout.strip()
    told = json.loads(forestall("policy", "diff", "active", version, "--json").stdout)
    assert told["added"] == ["mine.all"]
    assert "autonomy.notify" in told["removed"]
    assert forestall("policy", "promote", version, "--by", "bob", "--why", "x").returncode == 1  # not tried yet
    tried = json.loads(forestall("policy", "shadow", version, "--since", "30d", "--json").stdout)
    assert (tried["asked"], tried["changes"]) == (0, [])
    assert forestall("policy", "promote", version, "--by", "ann", "--why", "x").returncode == 2  # her own
    assert forestall("policy", "promote", version, "--by", "bob", "--why", "x").returncode == 0
    assert json.loads(forestall("policy", "status", "--json").stdout)["in_force"] == version


def test_the_kill_switch_is_set_and_listed(forestall):
    assert forestall("switch", "set", "stop", "tenant", "--by", "ann", "--why", "a drill").returncode == 0
    [shown] = json.loads(forestall("switch", "list", "--json").stdout)["switches"]
    assert (shown["scope"], shown["position"], shown["why"]) == ("TENANT", "STOP", "a drill")
    refused = forestall("switch", "set", "stop", "hub", "H9", "--by", "ann", "--why", "a drill")
    assert refused.returncode == 2
    assert "H9" in refused.stderr


def test_settings_show_their_meaning_and_mask_secrets(forestall):
    shown = forestall(
        "settings",
        FORESTALL_DATABASE_URL="postgresql+psycopg://someone:hunter2@db.example/forestall",
        FORESTALL_PSEUDONYM_KEY="hunter3",
    )
    assert "hunter" not in shown.stdout
    assert "postgresql+psycopg://someone:***@db.example/forestall" in shown.stdout
    assert "Largest request body" in shown.stdout


def test_a_wrong_setting_is_named(forestall):
    refused = forestall("settings", FORESTALL_PORT="many", FORESTALL_MODE="BOLD")
    assert refused.returncode == 2
    assert "FORESTALL_PORT" in refused.stderr
    assert "FORESTALL_MODE" in refused.stderr


def test_a_wrong_use_is_explained(forestall):
    assert forestall("nonsense").returncode == 2
    assert forestall("import").returncode == 2


def test_the_server_takes_requests_and_ends_in_order_when_told_to(forestall_environment, tmp_path):
    for _ in range(2):  # the second start finds the first one's data
        server = subprocess.Popen(
            [sys.executable, "-m", "forestall.cli", "serve", "--port", "0"],
            env=forestall_environment, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
        )  # fmt: skip
        try:
            address = server.stdout.readline().split()[-1]
            with httpx.Client(base_url=address, trust_env=False, timeout=PATIENCE_S) as client:
                assert client.get("/healthz").json() == {"status": "ok"}
                assert client.get("/healthz", headers={"Host": "evil.example"}).status_code == 400
            server.send_signal(signal.SIGTERM)
            out, err = server.communicate(timeout=PATIENCE_S)
        finally:
            server.kill()  # nothing, where it has ended
            server.communicate()
        assert (server.returncode, out) == (0, "")
        assert "Traceback" not in err


def test_a_port_that_is_taken_is_said_so(forestall):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        refused = forestall("serve", "--port", taken.getsockname()[1])
    assert refused.returncode == 1
    assert "Can't listen on 127.0.0.1" in refused.stderr


def test_without_a_model_the_state_of_things_is_the_cold_start(forestall):
    assert json.loads(forestall("risk", "--json").stdout) == {
        "in_force": {kind: {"model": None, "refusal": None, "used": None} for kind in ("LATE", "FAILED")},
        "models": [],
        "drift": [],
    }
    assert json.loads(forestall("risk", "drift", "--check", "--json").stdout) == {"states": []}


def test_risk_commands_that_have_nothing_to_work_on_say_what_is_missing(forestall):
    refused = forestall("risk", "train", "--json")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "labelled days" in refused.stderr
    for command in ("evaluate", "promote"):
        refused = forestall("risk", command)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "there is no challenger" in refused.stderr


def test_a_report_of_nothing_is_a_page_all_the_same(forestall, tmp_path):
    shown = forestall("risk", "report", "--html", tmp_path / "page.html", "--json")
    assert json.loads(shown.stdout)["reliability"] == []
    page = (tmp_path / "page.html").read_text()
    assert page.startswith("<!doctype html>")
    assert "No finished stop has been graded" in page


def test_promotion_cannot_be_forced(forestall):
    assert forestall("risk", "promote", "--force").returncode == 2
