"""What a story's database should hold at the end, and how it differs from what it does hold."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from evals.scenarios.state import FinalState


@dataclass(frozen=True, slots=True)
class Expected:
    """What is left None is not part of the story.

    ``cases``, ``verdicts`` and ``tenders`` are complete and in order; ``sent`` and ``unsent`` are complete; of the
    other mappings the entries that are named count. ``told`` names for a template all who were sent it. ``to_do`` is
    how many deliveries are still to be made on all routes together. ``noted`` is what the story saw on its way.
    """

    cases: Sequence[str] | None = None
    verdicts: Sequence[str] | None = None
    stops: Mapping[str, str] = field(default_factory=dict)
    open: Mapping[str, int] = field(default_factory=dict)
    order: Mapping[str, Sequence[str]] = field(default_factory=dict)
    custody: Mapping[str, str] = field(default_factory=dict)
    to_do: int | None = None
    sent: Mapping[str, int] | None = None
    unsent: Mapping[str, int] | None = None
    told: Mapping[str, Sequence[str]] = field(default_factory=dict)
    tenders: Sequence[str] | None = None
    meetings: Sequence[str] | None = None
    parked: int = 0
    noted: Mapping[str, object] = field(default_factory=dict)


def differences(aspect: str, expected: Expected, state: FinalState, noted: Mapping[str, object]) -> list[str]:
    """How one aspect of the state (a key of ``ASPECTS``) differs from what was expected; empty where it does not."""
    return list(ASPECTS[aspect](expected, state, noted))


def _cases(expected: Expected, state: FinalState, _: Mapping[str, object]) -> Iterable[str]:
    yield from _whole("cases", expected.cases, state.cases)
    yield from _whole("verdicts", expected.verdicts, state.verdicts)
    yield from _whole("tenders", expected.tenders, state.tenders)


def _deliveries(expected: Expected, state: FinalState, _: Mapping[str, object]) -> Iterable[str]:
    yield from _named("stop", expected.stops, state.stops)
    yield from _named("open stops of", expected.open, state.open)
    yield from _named("order of", expected.order, state.order)
    yield from _named("custody of", expected.custody, state.custody)
    yield from _whole("meetings", expected.meetings, state.meetings)
    if expected.to_do is not None and expected.to_do != sum(state.open.values()):
        yield f"{sum(state.open.values())} deliveries are still to be made, not {expected.to_do}"


def _outbox(expected: Expected, state: FinalState, _: Mapping[str, object]) -> Iterable[str]:
    for name, wanted, found in (("sent", expected.sent, state.sent), ("unsent", expected.unsent, state.unsent)):
        if wanted is not None and dict(wanted) != dict(found):
            yield f"{name}: {dict(found)}, not {dict(wanted)}"
    yield from _named("told by", expected.told, {name: state.told.get(name, ()) for name in expected.told})


def _events(expected: Expected, state: FinalState, _: Mapping[str, object]) -> Iterable[str]:
    if expected.parked != state.parked:
        yield f"{state.parked} events are parked, not {expected.parked}"


def _noted(expected: Expected, _: FinalState, noted: Mapping[str, object]) -> Iterable[str]:
    yield from _named("noted", expected.noted, noted)


def _soundness(_: Expected, state: FinalState, __: Mapping[str, object]) -> Iterable[str]:
    yield from state.unsound


ASPECTS = {
    "cases": _cases,
    "deliveries": _deliveries,
    "outbox": _outbox,
    "events": _events,
    "noted": _noted,
    "soundness": _soundness,
}


def _whole(name: str, wanted: Sequence[str] | None, found: Sequence[str]) -> Iterable[str]:
    if wanted is not None and list(wanted) != list(found):
        yield f"{name}: {list(found)}, not {list(wanted)}"


def _named(name: str, wanted: Mapping[str, object], found: Mapping[str, object]) -> Iterable[str]:
    for key, value in wanted.items():
        there = found.get(key, "nothing")
        if _plain(there) != _plain(value):
            yield f"{name} {key}: {_plain(there)}, not {_plain(value)}"


def _plain(value: object) -> object:
    return list(value) if isinstance(value, tuple | list) else value
