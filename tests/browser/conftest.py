"""A real service behind a real server, and a real browser in front of it."""

import os
import shutil
import threading
import time
from contextlib import contextmanager
from datetime import timedelta

import pytest
import uvicorn

from api.app import create_app
from factories import START, make_plan
from forestall.bootstrap import build
from forestall.clock import ManualClock
from forestall.domain.vocabulary import Mode
from forestall.intake import parse_events
from forestall.settings import Settings

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
        browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
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
    give_up = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < give_up, "the server does not come up"
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(20)
