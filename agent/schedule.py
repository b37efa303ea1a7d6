"""The schedule: APScheduler calls the service's tick, in one process at a time."""

import logging
import threading
from datetime import UTC, datetime
from types import TracebackType

from apscheduler.schedulers.background import BackgroundScheduler

from agent.service import Service
from forestall.store.leader import Leadership

_JOB = "step"

logger = logging.getLogger(__name__)


class Schedule:
    """A context manager: ticks run while it is entered. Jobs live in memory; what is due is found in SQL anyway."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._leadership = Leadership(service.settings.resolved_database_url)
        self._leads = False
        self._scheduler = BackgroundScheduler(timezone="UTC")
        self._rung, self._idle = threading.Event(), threading.Event()
        self._idle.set()
        service.bell.listen(self._wake)

    def __enter__(self) -> "Schedule":
        interval_s = self._service.settings.tick_s
        self._scheduler.add_job(
            self._work,
            "interval",
            id=_JOB,
            seconds=interval_s,
            coalesce=True,
            max_instances=1,
            # its default of one second drops runs on a busy machine
            misfire_grace_time=max(1, round(interval_s)),
        )
        self._scheduler.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._scheduler.shutdown(wait=True)
        self._leadership.release()

    def _wake(self) -> None:
        """Bring the next step forward to now; while one is under way, it is followed by another."""
        self._idle.clear()
        self._rung.set()
        if self._scheduler.running:
            self._scheduler.modify_job(_JOB, next_run_time=datetime.now(UTC))

    def wait_until_idle(self, timeout_s: float) -> bool:
        """Wait until everything that rang has been seen to; False when that takes longer."""
        return self._idle.wait(timeout_s)

    def _work(self) -> None:
        """Steps until nobody has rung during the last one."""
        try:
            while True:
                self._rung.clear()
                self._step()
                if not self._rung.is_set():
                    return
        finally:
            if not self._rung.is_set():
                self._idle.set()

    def _step(self) -> None:
        """Tick if this process leads; on becoming the leader, first mend what the last one may have left half done."""
        if not self._leadership.hold():
            self._leads = False
            return
        if not self._leads:
            reopened = self._service.recover()
            logger.info("leading the scheduled work; %d cases re-opened", len(reopened))
            self._leads = True
        report = self._service.tick()
        if report.failed:
            logger.error("cases that failed in this step: %s", ", ".join(report.failed))
        if report.faults:
            logger.error("detectors that failed in this step: %s", ", ".join(fault.detector for fault in report.faults))
