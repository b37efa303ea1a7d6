"""All detectors by name, run so that one that fails takes no other down."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from agent.detectors.closures import closures
from agent.detectors.doors import failed_attempts
from agent.detectors.gather import gather
from agent.detectors.goods import carriers_gone, hand_overs_missed, orders_without_plan
from agent.detectors.routes import breakdowns, delays
from agent.detectors.view import View
from agent.silence import with_silence
from forestall.domain.cases import Signal

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Detector:
    """``causes`` are the first words of the fingerprints it alone makes: while it fails, nothing is known of them."""

    name: str
    look: Callable[[View], Iterable[Signal]]
    causes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """A detector that raised: its name, the error, and the causes that nobody looked for."""

    detector: str
    error: str
    causes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Detection:
    """All signals, at most one for each root cause, worst first; and the detectors that failed to look."""

    signals: tuple[Signal, ...] = ()
    faults: tuple[Fault, ...] = ()


DETECTORS: Sequence[Detector] = (
    Detector("breakdowns", breakdowns, ("breakdown",)),
    # hub-wide signals are made of delays: without them nothing is known of those either
    Detector("delays", delays, ("delay", "storm", "late-hub", "capacity")),
    Detector("closures", closures, ("closure",)),
    Detector("carriers_gone", carriers_gone, ("carrier", "capacity")),
    Detector("orders_without_plan", orders_without_plan, ("new",)),
    Detector("hand_overs_missed", hand_overs_missed, ("hand-over",)),
    Detector("failed_attempts", failed_attempts, ("false-attempt", "address", "reschedule", "failed")),
)


# What makes one signal of many; without it they stand for themselves.
_GATHERING = "gather"
_HUB_WIDE = ("storm", "late-hub", "capacity")
# What keeps the case of a plan that a driver has not confirmed.
_SILENCE = "silence"


def detect(view: View, detectors: Sequence[Detector] = DETECTORS) -> Detection:
    """What every detector sees. One that raises is logged and reported, and the others go on."""
    signals: dict[str, Signal] = {}
    faults: list[Fault] = []
    for detector in detectors:
        try:
            found = {signal.fingerprint: signal for signal in detector.look(view)}
        except Exception as error:  # whatever it is: a fault of one detector must not blind all others
            faults.append(_fault(detector.name, error, detector.causes, view))
            continue
        signals.update(found)
    ordered = sorted(signals.values(), key=lambda signal: (-signal.severity, signal.fingerprint))
    return Detection(tuple(ordered), tuple(faults))


def heard(view: View, detection: Detection, detectors: Sequence[Detector] = DETECTORS) -> Detection:
    """The detection with what silent drivers mean for it. Where that fails, any cause may have a plan that nobody has
    confirmed, so nothing is known of the end of any."""
    causes = tuple(dict.fromkeys(cause for detector in detectors for cause in detector.causes))
    return _remade(
        view, detection, _SILENCE, causes, lambda signals: with_silence(signals, view.snapshot, view.forecast)
    )


def gathered(view: View, detection: Detection, apart: frozenset[str]) -> Detection:
    """The detection with what one hub-wide cause explains as one signal."""
    return _remade(view, detection, _GATHERING, _HUB_WIDE, lambda signals: gather(view, signals, apart))


def _remade(
    view: View,
    detection: Detection,
    name: str,
    causes: tuple[str, ...],
    remake: Callable[[Sequence[Signal]], Iterable[Signal]],
) -> Detection:
    """The detection with other signals made of its own; that may fail as a detector may, and they stay."""
    try:
        signals = tuple(remake(detection.signals))
    except Exception as error:  # as above: the signals as they are are better than none
        return replace(detection, faults=(*detection.faults, _fault(name, error, causes, view)))
    return replace(detection, signals=signals)


def _fault(name: str, error: Exception, causes: tuple[str, ...], view: View) -> Fault:
    """Call it while the error is being handled: the log gets its traceback."""
    logger.exception("detector %s failed on %s", name, view.snapshot.id)
    return Fault(name, f"{type(error).__name__}: {error}", causes)
