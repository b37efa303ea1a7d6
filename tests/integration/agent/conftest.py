"""A small day in a running service: three routes of four stops, a spare van, virtual time, each database in turn."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agent.service import Service
from factories import START
from field import Field
from forestall.bootstrap import build
from forestall.clock import ManualClock
from forestall.settings import Settings


@pytest.fixture
def open_service(database_url: str, tmp_path: Path, manual_clock: ManualClock) -> Iterator[Callable[..., Service]]:
    opened: list[Service] = []

    def open_one(**settings: object) -> Service:
        chosen = {"data_dir": tmp_path, "database_url": database_url, "durable": False, "samples": 64} | settings
        opened.append(build(Settings(**chosen), clock=manual_clock))
        return opened[-1]

    yield open_one
    for service in opened:
        service.close()


@pytest.fixture
def field(open_service: Callable[..., Service], manual_clock: ManualClock) -> Field:
    assert manual_clock.now() == START
    return Field(open_service, manual_clock)
