"""Whether the field's reports are behind: a plan is made on what is so, not on what was so before an outage.

After this service or a feed was down, what happened meanwhile arrives in a heap. A plan that is made before it is in
gives away goods that have left, and moves vans that are elsewhere.
"""

import logging
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median, median_high

from forestall.domain.events import Receipt
from forestall.domain.vocabulary import EventType
from forestall.store import UnitOfWork

# What vans on their way say again and again. Other news comes when there is some, and stays away for hours.
_FROM_THE_ROAD = frozenset({EventType.POSITION, EventType.DEPARTED, EventType.ARRIVED, EventType.COMPLETED})
# So many reports tell how often the field speaks. Where only a few of their subjects are on the road, all may be silent
# by chance: a van says nothing while its driver is at a door.
_JUDGED_BY, _VOICES = 20, 5
# A silence of this many usual gaps is none by chance, and one shorter than this is none at all.
_USUAL_GAPS, _SHORT = 10, timedelta(minutes=5)
# Reports that reach us this late, in the median, are a backlog.
_LATE = timedelta(minutes=3)
# Somebody who has said nothing for so long has to be planned for without.
WAITS_AT_MOST = timedelta(minutes=10)

logger = logging.getLogger(__name__)


class FeedWatch:
    """Remembers since when reports are waited for, and how far apart they used to come: some feeds speak in batches.
    Losing it costs one more wait of ``WAITS_AT_MOST``."""

    def __init__(self) -> None:
        self._heard_at: datetime | None = None
        self._gaps: deque[timedelta] = deque(maxlen=_JUDGED_BY)
        self._behind_since: datetime | None = None
        self._is_backlog_coming = False
        self.waiting_since: datetime | None = None

    def must_wait(self, uow: UnitOfWork, now: datetime) -> bool:
        """Whether to leave plans alone for now.

        At the longest ``WAITS_AT_MOST`` for the first word, and as long again once what was missed begins to come in.
        """
        newest = uow.inbox.list_newest(_JUDGED_BY)
        silent, late = is_silent(newest, now, self._usual_gap(newest)), is_late(newest)
        if not (silent or late):
            self._behind_since, self._is_backlog_coming = None, False
        elif self._behind_since is None or (late and not silent and not self._is_backlog_coming):
            self._behind_since, self._is_backlog_coming = now, not silent
        waits = self._behind_since is not None and now - self._behind_since < WAITS_AT_MOST
        if waits != (self.waiting_since is not None):
            logger.warning("the field's reports are behind: no plans" if waits else "plans are made again")
        self.waiting_since = self._behind_since if waits else None
        return waits

    def _usual_gap(self, newest: Sequence[Receipt]) -> timedelta:
        """Between the moments at which reports were received, as far as anybody listened."""
        heard_at = max((one.received_at for one in newest), default=None)
        if heard_at is not None and heard_at != self._heard_at:
            if self._heard_at is not None:
                self._gaps.append(heard_at - self._heard_at)
            self._heard_at = heard_at
        return median_high(self._gaps) if self._gaps else timedelta(0)


def is_silent(newest: Sequence[Receipt], now: datetime, usual_gap: timedelta) -> bool:
    """Whether a field that used to speak does no longer. ``newest``: the last reports, in any order (servers take them
    side by side); ``usual_gap``: between the moments at which there were any, zero where nobody knows."""
    if not _is_telling(newest):
        return False
    received = sorted(one.received_at for one in newest)
    gap = max(usual_gap, (received[-1] - received[0]) / (len(received) - 1))
    return now - received[-1] > max(_SHORT, gap * _USUAL_GAPS)


def is_late(newest: Sequence[Receipt]) -> bool:
    """Whether the last reports received tell what is long past."""
    lags_s = [(one.received_at - one.claimed_at).total_seconds() for one in newest]
    return _is_telling(newest) and median(lags_s) > _LATE.total_seconds()


def heard_nothing_since(uow: UnitOfWork, since: datetime, now: datetime) -> bool:
    """Whether a plan took so long to make, on what was known at ``since``, that reports should have come meanwhile and
    none has: they wait at the door of a process that was busy."""
    newest = uow.inbox.list_newest(1)
    return bool(newest) and now - since > _SHORT and newest[0].received_at <= since


def _is_telling(newest: Sequence[Receipt]) -> bool:
    voices = {one.subject for one in newest if one.type in _FROM_THE_ROAD}
    return len(newest) == _JUDGED_BY and len(voices) >= _VOICES
