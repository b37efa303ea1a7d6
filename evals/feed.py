"""What the field tells the service: CloudEvents, each handed over when it would really arrive."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from heapq import heappop, heappush
from typing import Any

from evals.mishaps import Interval
from evals.signals import Noise
from forestall.domain.ids import VehicleId
from forestall.domain.vocabulary import EventType

Envelope = dict[str, Any]


def instant_text(instant: float) -> str:
    """RFC 3339 in UTC, whole seconds where they are whole."""
    return datetime.fromtimestamp(instant, UTC).isoformat().replace("+00:00", "Z")


class Feed:
    """``silences``: while a vehicle's signal is lost its reports wait, and arrive when it is back.

    ``clocks`` is how many seconds a vehicle's clock is ahead; its events bear the time that it shows. A muted feed
    takes nothing: the do-nothing arm has no service to tell.
    """

    def __init__(
        self,
        source: str,
        silences: Mapping[VehicleId, Interval],
        *,
        clocks: Mapping[VehicleId, int] | None = None,
        noise: Noise | None = None,
        muted: bool = False,
    ) -> None:
        self._source, self._silences, self._muted = source, silences, muted
        self._clocks = clocks or {}
        self._noise = None if noise is None or noise.is_quiet else noise
        self._queue: list[tuple[float, int, int, Envelope]] = []
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
        late_s: tuple[float, ...] = (0.0,)
        if self._noise is not None:
            late_s = self._noise.delays(f"{kind}/{subject}/{at:.0f}")
        if not self._muted and not (is_silent and kind is EventType.POSITION):
            shown = at + self._clocks.get(vehicle_id, 0) if vehicle_id else at
            self._enter([due + late for late in late_s], shown, kind, subject, data)
        return due + late_s[0]

    def _enter(
        self, dues: Sequence[float], at: float, kind: EventType, subject: str, data: Mapping[str, Any] | None
    ) -> None:
        """One event; a copy of it has the same identity."""
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
        for copy, due in enumerate(dues):
            heappush(self._queue, (due, self._said, copy, envelope))

    def take(self, now: float) -> list[Envelope]:
        """Everything that has arrived by ``now``, in the order of arrival; each is handed out once."""
        arrived = []
        while self._queue and self._queue[0][0] <= now:
            arrived.append(heappop(self._queue)[3])
        return arrived
