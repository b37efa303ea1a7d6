"""What a day with the service comes to, in full and in words that are the same in every run: ids that each run makes
anew are replaced by numbers, and what a language model was asked is left to its own column."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from evals.handling import Trace
from evals.inprocess import ServiceInProcess
from evals.ledger import Ledger

_OF_THE_RUN = frozenset({"language_model"})


@dataclass(frozen=True, slots=True)
class Account:
    """Canonical JSON texts: ``visits`` is all that the field's ledger holds, ``messages`` all that was sent, with its
    content and when, ``decisions`` every decision with the question behind it, ``record`` the audit record's bodies."""

    visits: str
    messages: str
    decisions: str
    record: str

    def differences(self, other: "Account") -> list[str]:
        """The names of the parts that are not the same."""
        return [name for name, text in asdict(self).items() if text != getattr(other, name)]


def account_of(service: ServiceInProcess, day: str, ledger: Ledger) -> Account:
    """The account of a day that has been played to its end."""
    cases = sorted(service.link.list_cases(day), key=lambda case: (case["opened_at"], case["fingerprint"]))
    traces = [service.link.get_trace(str(case["id"])) for case in cases]
    names = _names(traces)
    effects = [_text(_as_sent(effect), names) for trace in traces for effect in trace["effects"]]
    decisions = [(trace["decisions"], trace["approvals"]) for trace in traces]
    records = [(one["kind"], one["at"], _without_model(one["body"])) for trace in traces for one in trace["audit"]]
    return Account(
        visits=_text(asdict(ledger), {}),
        messages=_text(sorted(effects), {}),
        decisions=_text(decisions, names),
        record=_text(records, names),
    )


def _as_sent(effect: Mapping[str, Any]) -> list[Any]:
    """When, to whom and what; the rows' own numbers depend on the order of the cases' ids, which is no order at all."""
    return [effect[name] for name in ("created_at", "channel", "template", "recipient_id", "payload", "state")]


def _without_model(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in _OF_THE_RUN}


def _names(traces: Iterable[Trace]) -> dict[str, str]:
    """What to call each case and decision, by when they came."""
    names: dict[str, str] = {}
    for number, trace in enumerate(traces, start=1):
        names[str(trace["case"]["id"])] = f"case {number}"
        for place, decision in enumerate(trace["decisions"], start=1):
            names[str(decision["id"])] = f"decision {number}.{place}"
    return names


def _text(value: object, names: Mapping[str, str]) -> str:
    text = json.dumps(value, sort_keys=True, default=sorted)
    for run_id, name in names.items():
        text = text.replace(run_id, name)
    return text
