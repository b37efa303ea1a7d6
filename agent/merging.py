"""Cases that people merged: what their causes still say is heard as part of the case that goes on for them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from forestall.domain.cases import Case, Signal
from forestall.domain.ids import CaseId


def united(host: Case, guest: Case) -> Case:
    """The host with the guest's routes and stops; stops that both name count once."""
    return replace(
        host,
        route_ids=_both(host.route_ids, guest.route_ids),
        stop_ids=_both(host.stop_ids, guest.stop_ids),
        severity=_severity(host.severity, host.stop_ids, guest.severity, guest.stop_ids),
    )


def follow_merges(signals: Sequence[Signal], merged: Sequence[Case], active: Mapping[str, Case]) -> list[Signal]:
    """The signals, those of merged cases folded into the signal of the case that goes on for them.

    ``merged`` are the cases of the day that people merged, ``active`` the live ones by fingerprint. A merge into a case
    that is over holds no longer: its causes may open cases of their own again.
    """
    hosts = _hosts(merged, active)
    heard: dict[str, Signal] = {}
    for signal in sorted(signals, key=lambda one: one.fingerprint in hosts):  # a host's own word comes first
        host = hosts.get(signal.fingerprint)
        own = signal if host is None else replace(signal, fingerprint=host.fingerprint, kind=host.kind)
        known = heard.get(own.fingerprint)
        heard[own.fingerprint] = own if known is None else _joined(known, own)
    return list(heard.values())


def _hosts(merged: Sequence[Case], active: Mapping[str, Case]) -> dict[str, Case]:
    """By the fingerprint of a merged case, the live case at the end of its merges."""
    into: dict[CaseId, CaseId] = {case.id: case.merged_into for case in merged if case.merged_into is not None}
    live = {case.id: case for case in active.values()}
    hosts = {}
    for case in merged:
        end = case.id
        while end in into:  # merges never close a circle: only a live case can be merged, and into a live one
            end = into[end]
        if end in live and case.fingerprint not in active:
            hosts[case.fingerprint] = live[end]
    return hosts


def _joined(first: Signal, second: Signal) -> Signal:
    return replace(
        first,
        route_ids=_both(first.route_ids, second.route_ids),
        stop_ids=_both(first.stop_ids, second.stop_ids),
        severity=_severity(first.severity, first.stop_ids, second.severity, second.stop_ids),
    )


def _both(first: tuple, second: tuple) -> tuple:  # type: ignore[type-arg]
    return tuple(dict.fromkeys((*first, *second)))


def _severity(first: float, first_stops: Sequence[str], second: float, second_stops: Sequence[str]) -> float:
    """Expected misses of both, those of stops that both name counted once (in proportion to their number)."""
    alone = [stop_id for stop_id in second_stops if stop_id not in set(first_stops)]
    return first + second * (len(alone) / len(second_stops) if second_stops else 1.0)
