"""Plays a day step by step: the world moves, tells the service, people answer, and what it sends reaches the field."""

from datetime import datetime
from typing import Any, Protocol

from evals.feed import Envelope
from evals.link import ServiceLink
from evals.people import Dispatcher
from evals.world import World
from forestall.domain.vocabulary import Channel


class Pace(Protocol):
    """How the service keeps in step with the world. A running server does by itself; one in this process is told."""

    def set_time(self, instant: float) -> None:
        """It is ``instant`` now."""

    def now(self) -> float:
        """What the service's clock shows, Unix seconds."""

    def work(self) -> bool:
        """Everything that has happened is told; do what is due. False when it is certain that nothing came of it."""


class Player:
    """Moves a world and a service along together, ``step`` by ``step``."""

    def __init__(self, world: World, link: ServiceLink, dispatcher: Dispatcher, pace: Pace) -> None:
        self.world, self._link, self._dispatcher, self._pace = world, link, dispatcher, pace
        self._unsent: list[Envelope] = []
        self._delivered: set[str] = set()

    def step(self, instant: float) -> None:
        """Play up to ``instant`` (Unix seconds).

        Raises Unavailable when the service does not answer; what could not be handed over waits for the next step.
        """
        self.world.run_to(instant)
        self._pace.set_time(instant)
        self._unsent.extend(self.world.take_events())
        if self._unsent:
            self._link.post_events(self._unsent)
            self._unsent.clear()
        self.world.note_told(self._pace.now())
        self._dispatcher.act(self._link, instant)
        if self._pace.work():
            self._deliver(self._link.take_effects())
            self._dispatcher.look(self._link.list_questions(self.world.plan.day), instant)

    def _deliver(self, effects: list[dict[str, Any]]) -> None:
        """Hubs hear first, so that a driver who is told of shuttled goods finds them announced."""
        fresh = {effect["key"]: effect for effect in effects if effect["key"] not in self._delivered}
        self._delivered.update(fresh)
        for effect in sorted(fresh.values(), key=lambda effect: (effect["channel"] != Channel.HUB, effect["seq"])):
            match Channel(effect["channel"]):
                case Channel.HUB:
                    self.world.receive_hub_effect(effect["payload"])
                case Channel.DRIVER | Channel.VOICE as channel:
                    sent_at = datetime.fromisoformat(effect["created_at"]).timestamp()
                    by_voice = channel is Channel.VOICE
                    self.world.receive_driver_effect(effect["payload"], sent_at, by_voice=by_voice)
                case Channel.SMS:
                    self.world.receive_text(effect["template"], effect["payload"])
                case Channel.CARRIER:
                    self.world.receive_carrier_effect(effect["template"], effect["payload"])
