"""One running service on a small day, with all that goes on around it: events in, people's answers, time on."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from agent.service import Service
from api.app import create_app
from evals.asgi import InProcessTransport
from evals.feed import instant_text
from evals.link import Question, ServiceLink
from evals.scenarios.day import moment
from forestall.bootstrap import build
from forestall.clock import ManualClock
from forestall.domain.effects import OutboxRow
from forestall.domain.plan import DayPlan
from forestall.domain.vocabulary import Channel, EventType, Mode, OverrideReason
from forestall.intake import plan_document
from forestall.settings import Settings
from forestall.store import Store

SAMPLES = 64  # the fewest there are: small days don't turn on the third digit
ANSWERS = "answers"


class Scene:
    """A service in this process over HTTP without a socket. Times are ``HH:MM`` of the day, see ``day.moment``.

    Drivers confirm what they are told at once, but those of ``silent`` routes: these hear nothing but a call, and those
    of ``unreachable`` ones not even that.

    What is named in ``without`` is left out of the story: events of a type (``hub_ready``, or the second of them alone,
    ``hub_ready#2``) are not told, ``answers`` are not given.
    """

    def __init__(
        self, folder: Path, plan: DayPlan, settings: Mapping[str, object], without: Collection[str] = ()
    ) -> None:
        self.plan, self.noted = plan, dict[str, object]()
        self._folder, self._settings, self._without = folder, dict(settings), without
        self._midnight = datetime.fromisoformat(plan.day).replace(tzinfo=UTC)
        self._clock = ManualClock(min(hub.opens_at for hub in plan.hubs))
        self._told, self._of_type = 0, Counter[str]()
        self._left_out: set[str] = set()
        self.silent: set[str] = set()
        self.unreachable: set[str] = set()
        self._open()

    def _open(self) -> None:
        chosen: dict[str, Any] = {
            "data_dir": self._folder,
            "durable": False,
            "samples": SAMPLES,
            "mode": Mode.LIVE,
            **self._settings,
        }
        self.service: Service = build(Settings(**chosen), clock=self._clock)
        transport = InProcessTransport(create_app(self.service))
        self._client = httpx.Client(transport=transport, base_url="http://127.0.0.1")
        self.link = ServiceLink(self._client)

    def close(self) -> None:
        self._client.close()
        self.service.close()

    def restart(self, **settings: object) -> None:
        """As after a kill: nothing of the old process is left but its database and its checkpoints."""
        self.close()
        self._settings.update(settings)
        self._open()
        self.service.recover()

    # what happens

    def tell(self, kind: EventType, subject: str, at: str, **data: object) -> dict[str, Any]:
        """An event that happens to ``subject`` at that time and reaches the service then, or now if that is later;
        gives it as it was sent."""
        event = self.event(kind, subject, at, **data)
        self._clock.advance_to(max(self._clock.now(), moment(at, self._midnight)))
        self.deliver(event)
        return event

    def event(self, kind: EventType, subject: str, at: str, **data: object) -> dict[str, Any]:
        """An event as its feed would send it, not sent yet."""
        self._told += 1
        self._of_type[kind] += 1
        if not {kind.value, f"{kind}#{self._of_type[kind]}"}.isdisjoint(self._without):
            self._left_out.add(f"e{self._told}")
        return {
            "specversion": "1.0",
            "id": f"e{self._told}",
            "source": "the field",
            "type": f"forestall.{kind}",
            "subject": subject,
            "time": self.text(at),
            "data": data,
        }

    def deliver(self, *events: dict[str, Any]) -> None:
        """Hand over one batch of events."""
        kept = [event for event in events if event["id"] not in self._left_out]
        if kept:
            self.link.post_events(kept)

    def depart(self, route: str, at: str, to: str | None = None) -> None:
        """The van sets out to its next stop, or to ``to``."""
        nearest = to or next(stop.id for stop in self.plan.stops if stop.route_id == route)
        self.tell(EventType.DEPARTED, route, at, to_stop=nearest)

    def visit(self, stop: str, arrives: str, leaves: str, fails: str | None = None) -> None:
        """The driver is at a stop from then till then, delivers, or reports why not."""
        self.tell(EventType.ARRIVED, stop, arrives)
        if fails is None:
            self.tell(EventType.COMPLETED, stop, leaves)
        else:
            self.tell(EventType.FAILED, stop, leaves, reason=fails)

    def break_down(self, vehicle: str, at: str, lat: float = 41.155, lon: float = -8.605) -> None:
        self.tell(EventType.BREAKDOWN, vehicle, at, lat=lat, lon=lon)

    def text(self, at: str) -> str:
        return instant_text(moment(at, self._midnight).timestamp())

    # time

    def go_to(self, at: str) -> None:
        """It is so late now; the service does what is due."""
        self._clock.advance_to(moment(at, self._midnight))
        self._work()

    def _work(self) -> None:
        report = self.service.tick()
        if report.failed or report.faults:
            raise AssertionError(f"at {self._clock.now():%H:%M} it failed at {[*report.failed, *report.faults]}")
        self._confirm()

    def _confirm(self) -> None:
        """Drivers answer to what has come out since the last time; a restarted client hears all of it again."""
        deaf_to = {Channel.DRIVER: self.silent | self.unreachable, Channel.VOICE: self.unreachable}
        for effect in self.link.take_effects():
            deaf = deaf_to.get(Channel(effect["channel"]))
            if deaf is not None and effect["payload"]["route_id"] not in deaf:
                event = self.event(EventType.ROUTE_ACK, effect["payload"]["route_id"], "00:00")
                event |= {"time": instant_text(self._clock.now().timestamp())}
                event |= {"data": {"plan_version": effect["payload"]["plan_version"]}}
                self.link.post_events([event])

    def wait_until(self, instant: float, *, work: bool = True) -> None:
        """As ``go_to``, with an instant in Unix seconds; without ``work`` the service sleeps over it."""
        self._clock.advance_to(datetime.fromtimestamp(instant, UTC))
        if work:
            self._work()

    def wait_for(self, at: str) -> None:
        """It is so late now, and the service has not looked yet."""
        self.wait_until(moment(at, self._midnight).timestamp(), work=False)

    def pass_by(self, *times: str) -> None:
        for at in times:
            self.go_to(at)

    # people

    def questions(self) -> list[Question]:
        """What waits for a person, the oldest case first."""
        return self.link.list_questions(self.plan.day)[::-1]

    def answer(
        self, verdict: str, question: Question | None = None, by: str = "ann", reason: OverrideReason | None = None
    ) -> int | None:
        """Answer a question (that of the only case that waits); gives the HTTP status. None: answers are left out."""
        if ANSWERS in self._without:
            return None
        asked = question or self._only_question()
        status, _ = self.post(
            f"/v1/cases/{asked.case_id}/answer",
            {"interrupt_id": asked.interrupt_id, "verdict": verdict, "by": by, "reason": reason},
        )
        return status

    def _only_question(self) -> Question:
        waiting = self.questions()
        if len(waiting) != 1:
            raise AssertionError(f"{len(waiting)} questions wait for a person, not one")
        return waiting[0]

    def tender(self) -> str:
        """The id of the newest offer to a carrier."""
        with self.service.store.read() as uow:
            made = [t for case in uow.cases.list(day=self.plan.day) for t in uow.tenders.list_for_case(case.id)]
        return max(made, key=lambda tender: (tender.made_at, tender.id)).id if made else "none"

    def outbox(self, template: str) -> list[OutboxRow]:
        """What was made of a template so far, sent or not."""
        with self.service.store.read() as uow:
            return [row for row in uow.outbox.list_after(0) if row.effect.template == template]

    def effects(self, template: str) -> list[dict[str, Any]]:
        """What has been sent of a template so far, as its receiver got it."""
        page = self._client.get("/v1/effects", params={"after": "0", "limit": "1000"}).json()
        return [effect for effect in page["effects"] if effect["template"] == template]

    # whatever else a client may send

    def put_plan(self, document: object | None = None) -> tuple[int, Any]:
        """Send the day's plan, or something else in its place; gives status and body."""
        body = plan_document(self.plan) if document is None else document
        response = self._client.put(f"/v1/plans/{self.plan.day}", json=body)
        return response.status_code, response.json()

    def post(self, path: str, body: object) -> tuple[int, Any]:
        response = self._client.post(path, json=body)
        return response.status_code, response.json()

    def note(self, what: str, value: object) -> None:
        """Keep what was seen on the way, for the expectation to judge."""
        self.noted[what] = value


@contextmanager
def set_scene(
    plan: DayPlan, settings: Mapping[str, object], without: Collection[str] = (), *, planned: bool = True
) -> Iterator[Scene]:
    """A scene whose service has taken the day's plan; it and its data are gone afterwards."""
    with TemporaryDirectory(prefix="forestall-story-") as name:
        folder = Path(name)
        (folder / "forestall.db").write_bytes(_empty_database())
        scene = Scene(folder, plan, settings, without)
        try:
            if planned:
                scene.link.put_plan(plan.day, plan_document(plan))
            yield scene
        finally:
            scene.close()


@cache
def _empty_database() -> bytes:
    """A migrated database file: every story begins with a copy of it."""
    with TemporaryDirectory(prefix="forestall-story-") as folder:
        path = Path(folder) / "empty.db"
        store = Store.open(f"sqlite:///{path}", ManualClock(datetime(2026, 1, 1, tzinfo=UTC)))
        store.migrate()
        store.close()
        return path.read_bytes()


def faults_of(body: Mapping[str, Any]) -> Sequence[str]:
    """The places a refusal names that also say how to mend them."""
    return [problem["place"] for problem in body.get("problems", ()) if problem["remedy"]]
