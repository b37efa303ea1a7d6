"""The schedule: APScheduler calls the service's tick, in one process at a time."""

import logging
from types import TracebackType

from apscheduler.schedulers.background import BackgroundScheduler

from agent.service import Service
from forestall.store.leader import Leadership

logger = logging.getLogger(__name__)


class Schedule:
    """A context manager: ticks run while it is entered. Jobs live in memory; what is due is found in SQL anyway."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._leadership = Leadership(service.settings.resolved_database_url)
        self._leads = False
        self._scheduler = BackgroundScheduler(timezone="UTC")

    def __enter__(self) -> "Schedule":
        interval_s = self._service.settings.tick_s
        self._scheduler.add_job(
            self._step,
            "interval",
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
