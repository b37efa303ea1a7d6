"""What the field tells the service: CloudEvents, each handed over when it would really arrive."""

from collections.abc import Mapping
from datetime import UTC, datetime
from heapq import heappop, heappush
from typing import Any

from evals.truth import Interval
from forestall.domain.ids import VehicleId
from forestall.domain.vocabulary import EventType

Envelope = dict[str, Any]


def instant_text(instant: float) -> str:
    """RFC 3339 in UTC, whole seconds where they are whole."""
    return datetime.fromtimestamp(instant, UTC).isoformat().replace("+00:00", "Z")


class Feed:
    """``silences``: while a vehicle's signal is lost its reports wait, and arrive when it is back.

    A muted feed takes nothing: the do-nothing arm has no service to tell.
    """

    def __init__(self, source: str, silences: Mapping[VehicleId, Interval], *, muted: bool = False) -> None:
        self._source, self._silences, self._muted = source, silences, muted
        self._queue: list[tuple[float, int, Envelope]] = []
        self._said = 0

    def say(
        self,
        at: float,
        kind: EventType,
        subject: str,
        data: Mapping[str, Any] | None = None,
        vehicle_id: VehicleId | None = None,
    ) -> float:
        """Report that ``kind`` happened to ``subject`` at ``at``; gives the instant at which the report arrives.

        ``vehicle_id`` names the reporting vehicle; its positions are lost with its signal, all else waits.
        """
        silence = self._silences.get(vehicle_id) if vehicle_id else None
        is_silent = silence is not None and silence.holds(at)
        due = silence.end if silence is not None and is_silent else at
        if not self._muted and not (is_silent and kind is EventType.POSITION):
            self._enter(due, at, kind, subject, data)
        return due

    def _enter(self, due: float, at: float, kind: EventType, subject: str, data: Mapping[str, Any] | None) -> None:
        self._said += 1
        envelope = {
            "specversion": "1.0",
            "id": f"{self._said:07d}",
            "source": self._source,
            "type": f"forestall.{kind}",
            "subject": subject,
            "time": instant_text(at),
            "data": dict(data or {}),
        }
        heappush(self._queue, (due, self._said, envelope))

    def take(self, now: float) -> list[Envelope]:
        """Everything that has arrived by ``now``, in the order of arrival; each is handed out once."""
        arrived = []
        while self._queue and self._queue[0][0] <= now:
            arrived.append(heappop(self._queue)[2])
        return arrived
