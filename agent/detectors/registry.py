"""All detectors by name, run so that one that fails takes no other down."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from agent.detectors.closures import closures
from agent.detectors.doors import failed_attempts, no_show_risk
from agent.detectors.goods import carriers_gone, hand_overs_missed, orders_without_plan
from agent.detectors.routes import breakdowns, delays
from agent.detectors.view import View
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
    Detector("no_show_risk", no_show_risk, ("no-shows",)),
)


def detect(view: View, detectors: Sequence[Detector] = DETECTORS) -> Detection:
    """What every detector sees. One that raises is logged and reported, and the others go on."""
    signals: dict[str, Signal] = {}
    faults: list[Fault] = []
    for detector in detectors:
        try:
            found = {signal.fingerprint: signal for signal in detector.look(view)}
        except Exception as error:  # whatever it is: a fault of one detector must not blind all others
            logger.exception("detector %s failed on %s", detector.name, view.snapshot.id)
            faults.append(Fault(detector.name, f"{type(error).__name__}: {error}", detector.causes))
            continue
        signals.update(found)
    ordered = sorted(signals.values(), key=lambda signal: (-signal.severity, signal.fingerprint))
    return Detection(tuple(ordered), tuple(faults))
