"""The way to the service: retries hand nothing over twice, and nothing gets lost."""

import json
from typing import Any

import httpx
import pytest

from evals.link import EVENTS_PER_POST, ServiceLink
from evals.people import Dispatcher, People
from evals.player import Player
from evals.world import World
from forestall.errors import Unavailable


class FakeService:
    """Answers like the service's HTTP interface, and remembers what it was told."""

    def __init__(self) -> None:
        self.events: dict[tuple[str, str], dict[str, Any]] = {}
        self.posts: list[int] = []
        self.effects: list[dict[str, Any]] = []
        self.cases: list[dict[str, Any]] = []
        self.down = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if self.down:
            raise httpx.ConnectError("connection refused")
        match request.url.path:
            case "/v1/events":
                return self._take(request)
            case "/v1/effects":
                after = int(request.url.params["after"])
                fresh = [effect for effect in self.effects if effect["seq"] > after]
                return httpx.Response(200, json={"effects": fresh, "next": len(self.effects)})
            case "/v1/cases":
                return httpx.Response(200, json={"cases": self.cases})
            case path if path.endswith("/answer"):
                return httpx.Response(409, json={"error": "Conflict"})
            case _:
                approval = {"interrupt_id": "i1", "plan_rev": 1, "is_veto": False, "verdict": None}
                approval["expires_at"] = "2026-03-02T09:00:00Z"
                return httpx.Response(200, json={"approvals": [approval]})

    def _take(self, request: httpx.Request) -> httpx.Response:
        events = json.loads(request.content)
        self.posts.append(len(events))
        self.events.update({(event["source"], event["id"]): event for event in events})
        return httpx.Response(202, json={})


class Pace:
    """A service whose clock is the world's."""

    def __init__(self, start: float = 0.0) -> None:
        self._now = start

    def set_time(self, instant: float) -> None:
        self._now = instant

    def now(self) -> float:
        return self._now

    def work(self) -> bool:
        return True


@pytest.fixture
def service() -> FakeService:
    return FakeService()


@pytest.fixture
def link(service: FakeService) -> ServiceLink:
    return ServiceLink(httpx.Client(transport=httpx.MockTransport(service), base_url="http://127.0.0.1"))


def test_what_could_not_be_handed_over_comes_with_the_next_step(tiny, still, service, link) -> None:
    world = World(tiny([[(0, 60)] * 3]).build(), still, 1)
    player = Player(world, link, Dispatcher(People.ABSENT, world.truth.draws), Pace())
    start = world.now
    service.down = True
    for minute in range(1, 30):
        with pytest.raises(Unavailable):
            player.step(start + minute * 60)
    service.down = False
    player.step(start + 30 * 60)
    types = [event["type"] for event in service.events.values()]
    assert types.count("forestall.arrived") == 2
    assert types.count("forestall.position") > 15


def test_an_effect_that_is_shown_twice_reaches_the_field_once(tiny, still, service, link) -> None:
    world = World(tiny([[(0, 60)]]).build(), still, 1)
    player = Player(world, link, Dispatcher(People.ABSENT, world.truth.draws), Pace())
    text = {"key": "k", "channel": "sms", "template": "eta_update", "payload": {"order_id": "O1", "stop_id": "S1"}}
    service.effects = [{**text, "seq": 1}, {**text, "seq": 2}]
    player.step(world.now + 60)
    player.step(world.now + 60)
    assert world.ledger.messages == 1


def test_many_events_go_in_several_posts(service, link) -> None:
    link.post_events([{"source": "s", "id": str(number)} for number in range(EVENTS_PER_POST + 1)])
    assert service.posts == [EVENTS_PER_POST, 1]


def test_an_answer_that_came_too_late_is_not_taken(service, link) -> None:
    service.cases = [{"id": "c1", "revision": 3, "kind": "VEHICLE_BREAKDOWN", "route_ids": ["R01"]}]
    (question,) = link.list_questions("day")
    assert (question.interrupt_id, question.cause) == ("i1", "VEHICLE_BREAKDOWN:R01")
    assert link.answer(question, "approve") is False


def test_a_service_that_is_away_is_not_healthy(service, link) -> None:
    service.down = True
    assert not link.is_healthy()
