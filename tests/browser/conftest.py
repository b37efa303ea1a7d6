"""A real service behind a real server, and a real browser in front of it."""

import os
import shutil
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
import uvicorn

from api.app import create_app
from factories import START, make_plan
from forestall.bootstrap import build
from forestall.clock import ManualClock
from forestall.domain.ids import HubId, ModelId, RouteId, StopId
from forestall.domain.learning import DriftState, Grade, StoredModel
from forestall.domain.vocabulary import Mode, ModelKind, ModelStatus
from forestall.intake import parse_events
from forestall.settings import Settings

PATIENCE_MS = 120_000  # of the browser and of the server: a fuse, and not what any test is about

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class BrokenDownDay:
    """Two vans under way, one of which has broken down; in SUGGEST mode, so that a person has to answer."""

    def __init__(self, service, clock, address):
        self.service, self.clock, self.address = service, clock, address

    def tick(self):
        return self.service.tick()

    def tell(self, kind, subject, data):
        _tell(self.service, kind, subject, data)


@pytest.fixture
def day(tmp_path):
    clock = ManualClock(START)
    service = build(Settings(data_dir=tmp_path, mode=Mode.SUGGEST, durable=False), clock)
    service.intake.put_plan(make_plan(route_count=2, stops_each=6))
    clock.advance_to(START + timedelta(hours=2))
    _tell(service, "departed", "R01", {"to_stop": "S001"})
    _tell(service, "departed", "R02", {"to_stop": "S007"})
    clock.advance_to(clock.now() + timedelta(minutes=5))
    _tell(service, "breakdown", "V01", {"lat": 41.16, "lon": -8.61})
    service.tick()
    with _served(create_app(service)) as address:
        yield BrokenDownDay(service, clock, address)
    service.close()


@pytest.fixture
def watched(day):
    """The day with a history: three shares of stops were said to be late, and were, at a hub that drifts all the same,
    under a model that was promoted and beside one that was not."""
    day.said = (0.05, 0.35, 0.85)
    now = day.clock.now()
    names = [(share, i) for share in day.said for i in range(120)]
    grades = [
        Grade(
            stop_id=StopId(f"past-{share}-{i}"),
            lead_min=lead_min,
            day=f"day{i % 4}",
            hub_id=HubId("H1"),
            route_id=RouteId(f"past-{i % 24}"),
            taken_at=now - timedelta(hours=30),
            known_at=now - timedelta(hours=28),
            model="montecarlo-2+gbm-0123456789ab",
            p_late=share,
            late=i % 20 < share * 20,
            covered=i % 5 != 0,
        )
        for share, i in names
        for lead_min in (20, 90)
    ]
    promoted = StoredModel(
        ModelId("gbm-0123456789ab"), ModelKind.LATE, "text", "hash", now, {"days": ["day0"], "scores": 4000}, {},
        ModelStatus.CHALLENGER,
    )  # fmt: skip
    with day.service.store.write() as uow:
        uow.outcomes.add_grades(grades)
        uow.drift.put(DriftState(HubId("H1"), 20, True, now, now, 360, 0.081, 0.034, 0.66, 0.742))
        uow.drift.put(DriftState(HubId("H1"), 90, False, now, now, 360, 0.011, 0.034, 0.81, 0.742))
        uow.models.add(promoted)
        uow.models.add(replace(promoted, id=ModelId("failed-0123456789ab"), kind=ModelKind.FAILED))
        why = "log loss 0.21034 against 0.22190 and ECE 0.01103 against 0.01541 of the cold start on day2, day3"
        uow.models.promote(promoted, now, "ada", why)
    return day


@pytest.fixture(scope="module")  # not longer: while it is open, nothing else in this process may run an event loop
def chromium():
    """The browser; where there is none the tests are skipped, and under CI they fail."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        path, sync_playwright = None, None
    if path is None:
        reason = "no Chromium: apt-get install chromium, and the dev dependencies"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS, timeout=PATIENCE_MS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium, day):
    """Opens an address of the day in a fresh browser context; anything the console complains of fails the test."""
    complaints, contexts = [], []

    def note(message):
        # Chromium reports every 4xx here, and some tests are about those.
        if not message.text.startswith("Failed to load resource: the server responded with a status of 4"):
            complaints.append(message.text)

    def open_one(path="/?refresh=off", **options):
        context = chromium.new_context(**options)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(day.address + path)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


def _tell(service, kind, subject, data):
    now = service.clock.now()
    told = {
        "specversion": "1.0",
        "id": f"{kind}-{subject}",
        "source": "browser-test",
        "type": f"forestall.{kind}",
        "subject": subject,
        "time": now.isoformat(),
        "data": data,
    }
    receipt = service.intake.take_events(parse_events([told], now))
    assert receipt.parked == 0


@contextmanager
def _served(app):
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", ws="none", lifespan="on"))
    thread = threading.Thread(target=server.run)
    thread.start()
    give_up = time.monotonic() + PATIENCE_MS / 1000
    while not server.started:
        assert time.monotonic() < give_up, "the server does not come up"
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()
