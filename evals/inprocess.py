"""A service of its own for one run: virtual time, a database in a temporary folder, HTTP without a socket."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from agent.service import Service
from api.app import create_app
from evals.asgi import InProcessTransport
from evals.link import ServiceLink
from forestall.bootstrap import build
from forestall.clock import ManualClock
from forestall.domain.decisions import Proposal
from forestall.domain.ids import StopId
from forestall.domain.vocabulary import Mode
from forestall.settings import Settings


@dataclass(frozen=True, slots=True)
class ServiceInProcess:
    """``link`` is all that the field knows of it; time moves with ``pass_time`` only."""

    link: ServiceLink
    _service: Service
    _clock: ManualClock

    def set_time(self, instant: float) -> None:
        """It is ``instant`` (Unix seconds) now, for the service as well."""
        self._clock.advance_to(datetime.fromtimestamp(instant, UTC))

    def now(self) -> float:
        return self._clock.now().timestamp()

    def work(self) -> bool:
        """Let the service do what is due; True when it planned, heard or sent anything."""
        report = self._service.tick()
        return any((report.planned, report.resumed, report.lapsed, report.sent, report.failed))

    def list_proposals(self, day: str) -> list[Proposal]:
        """Every plan revision of the day's cases, in the order made: from the store, as no interface tells what a
        language model was asked."""
        with self._service.store.read() as uow:
            found = [proposal for case in uow.cases.list(day=day) for proposal in uow.proposals.list(case.id)]
        return sorted(found, key=lambda proposal: (proposal.made_at, proposal.case_id, proposal.plan_rev))

    def list_alarms(self, p_late: float) -> dict[StopId, float]:
        """When (Unix seconds) each stop's P(late) was first that high: from the store, as no interface tells it."""
        with self._service.store.read() as uow:
            return {stop_id: at.timestamp() for stop_id, at in uow.scores.first_at_least(p_late).items()}


@contextmanager
def start_service(opens_at: float, mode: Mode = Mode.LIVE, **told: Any) -> Iterator[ServiceInProcess]:
    """A service whose clock stands at ``opens_at``; it and its data are gone afterwards.

    It takes its settings from the environment as an operator would give them, mode, the places of its data and what it
    is ``told`` here apart.
    """
    with TemporaryDirectory(prefix="forestall-day-") as folder:
        clock = ManualClock(datetime.fromtimestamp(opens_at, UTC))
        own = {"data_dir": Path(folder), "database_url": None, "durable": False, "mode": mode, "host": "127.0.0.1"}
        settings = Settings(**own | told)
        with closing(build(settings, clock=clock)) as service:
            transport = InProcessTransport(create_app(service))
            with httpx.Client(transport=transport, base_url="http://127.0.0.1") as client:
                yield ServiceInProcess(ServiceLink(client), service, clock)
