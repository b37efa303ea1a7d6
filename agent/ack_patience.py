"""How long a driver has to confirm a changed plan, by the channel it went by."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from forestall.domain.vocabulary import CarrierKind, Channel


@dataclass(frozen=True, slots=True)
class AckPatience:
    """``driver``, ``carrier``, ``voice``: the time each channel gets before the next one is tried.

    A driver who is still at the hub need not confirm sooner than ``before_departure`` ahead of leaving: before his
    shift nobody reads messages.
    """

    driver: timedelta = timedelta(minutes=5)
    carrier: timedelta = timedelta(minutes=10)
    voice: timedelta = timedelta(minutes=5)
    before_departure: timedelta = timedelta(minutes=15)

    def first_answer_by(self, told_at: datetime, leaves_at: datetime | None) -> datetime:
        """When a plan told by the driver's app must be confirmed; ``leaves_at`` is None for a vehicle on the road."""
        answer_by = told_at + self.driver
        return answer_by if leaves_at is None else max(answer_by, leaves_at - self.before_departure)

    def of(self, channel: Channel) -> timedelta:
        """The time of a channel that plans are told by."""
        return {Channel.DRIVER: self.driver, Channel.CARRIER: self.carrier, Channel.VOICE: self.voice}[channel]


def next_channel(tried: Channel, carrier: CarrierKind) -> Channel | None:
    """The one to try after ``tried``; None when only a person is left. Another carrier is asked before its driver is
    called: he may not be ours to call."""
    match tried:
        case Channel.DRIVER if carrier is not CarrierKind.OWNED:
            return Channel.CARRIER
        case Channel.DRIVER | Channel.CARRIER:
            return Channel.VOICE
        case _:
            return None
