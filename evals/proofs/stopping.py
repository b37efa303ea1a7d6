"""Somebody pulls the kill switch while plans are made, committed and sent: how long anything still starts."""

import random
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx

from agent.schedule import Schedule
from agent.service import Service
from api.app import create_app
from evals.asgi import InProcessTransport
from evals.proofs.crowd import BREAK_DOWN_AT, OPENS_AT, breakdowns, crowd, open_service, write_policies
from evals.resolving import JumpingClock
from forestall.domain.effects import Effect
from forestall.domain.vocabulary import Channel, OutboxState, Verdict
from tools.channels import Delivery

_AUTO = '@id("proof.auto") @why("Everything is automatic.") permit (principal, action == Action::"execute", resource);'
GOAL_S = 2.0
_WATCHED_S = 3.0
_GIVE_UP_S = 300.0
_A_DELIVERY_S = 0.02


@dataclass(frozen=True, slots=True)
class Stopping:
    """``started_after_s``: how long after the switch's answer the last commit or effect began, at most; 0 when none
    did. ``held`` effects waited in the outbox meanwhile, ``committed`` and ``sent`` count what had happened in all."""

    pulls: int
    started_after_s: float
    held: int
    committed: int
    sent: int

    @property
    def holds(self) -> bool:
        return self.pulls > 0 and self.committed + self.sent > 0 and self.started_after_s <= GOAL_S


class _SlowChannel:
    """Takes a while for each delivery, as a provider does, and notes when each began."""

    def __init__(self) -> None:
        self.starts: list[float] = []

    def deliver(self, effect: Effect) -> Delivery:
        self.starts.append(time.monotonic())
        time.sleep(_A_DELIVERY_S)
        return Delivery(OutboxState.SENT, {"to": effect.recipient_id})


def prove_stopping(url: str, folder: Path, pulls: int, cases_a_pull: int = 6, seed: int = 1) -> Stopping:
    """Run a service with its schedule in its thread, and pull and release the switch over HTTP, ``pulls`` times."""
    draws, cases = random.Random(seed), pulls * cases_a_pull
    policies = write_policies(folder / "policies", _AUTO)
    clock = JumpingClock(OPENS_AT)
    worst, held = 0.0, 0
    with closing(open_service(url, folder, clock, policy_dir=policies)) as service:
        channel = _SlowChannel()
        service.send_through(dict.fromkeys(Channel, channel))
        transport = InProcessTransport(create_app(service))
        with httpx.Client(transport=transport, base_url="http://127.0.0.1") as client, Schedule(service):
            service.intake.put_plan(crowd(cases))
            clock.jump_to(BREAK_DOWN_AT + timedelta(minutes=1))
            for pull in range(pulls):
                service.intake.take_events(list(breakdowns((pull + 1) * cases_a_pull, pull * cases_a_pull)))
                _await_work(service, channel, draws)
                _set(client, "STOP")
                pulled, pulled_at = time.monotonic(), clock.now()
                time.sleep(_WATCHED_S)
                late = [start - pulled for start in channel.starts if start > pulled]
                late += [(at - pulled_at).total_seconds() for at in _commits(service) if at > pulled_at]
                worst, held = max([worst, *late]), held + _pending(service)
                _set(client, "RUN")
        return Stopping(pulls, round(worst, 3), held, len(_commits(service)), len(channel.starts))


def _await_work(service: Service, channel: _SlowChannel, draws: random.Random) -> None:
    """Until something has been committed or sent, and a moment longer."""
    before, give_up = len(channel.starts) + len(_commits(service)), time.monotonic() + _GIVE_UP_S
    while len(channel.starts) + len(_commits(service)) == before and time.monotonic() < give_up:
        time.sleep(0.01)
    time.sleep(draws.random() * 0.1)


def _set(client: httpx.Client, position: str) -> None:
    body = {"scope": "TENANT", "position": position, "by": "proof", "why": "the proof of the kill switch"}
    client.post("/v1/switches", json=body).raise_for_status()


def _commits(service: Service) -> list[datetime]:
    with service.store.read() as uow:
        return [one.at for one in uow.decisions.list(limit=100_000) if one.verdict is Verdict.AUTOMATIC]


def _pending(service: Service) -> int:
    with service.store.read() as uow:
        return uow.outbox.count_by_state().get(OutboxState.PENDING, 0)
