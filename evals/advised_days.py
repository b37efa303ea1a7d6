"""One day without a language model, and again beside each kind of bad one: what it was asked, and what came of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from threading import Event
from typing import Any

from evals.account import Account, account_of
from evals.arms.playing import NO_MODEL, played_with_service
from evals.auditor import read_record
from evals.chat_server import Behaviour, ChatServer, nobody_there
from evals.handling import list_executed
from evals.inprocess import ServiceInProcess
from evals.ledger import Breach
from evals.model_behaviours import UNUSABLE, contrary, stalling
from evals.people import People
from evals.profile import Profile
from evals.world import World
from forestall.domain.decisions import Consultation, Proposal
from forestall.domain.plan import DayPlan
from forestall.domain.vocabulary import Advice, Mode, Verdict

WITHOUT = "no model"
IN_FORM = "contrary"
"""The one that answers as it was asked to, and as badly as it can."""

# Long enough for a busy machine, so that only the one that is slow is late.
_PATIENCE_S = 20.0
_SHORT_PATIENCE_S = 0.5
_ALONE = frozenset({Verdict.AUTOMATIC, Verdict.NOT_VETOED})

Settings = Mapping[str, Any]
Asked = Callable[[], int]


@dataclass(frozen=True, slots=True)
class AdvisedDay:
    """A day beside one model. ``requests`` reached its server; ``consulted`` is how often it was to be asked, by the
    proposals: the breaker or the budget may have left it alone. ``used``: its order was taken, ``reordered``: it was
    another one than the rules'. ``longest_wait_s`` is the longest that a case has waited for it.

    ``differs`` names what is not as on the day without a model. ``alone`` counts the plans of its order that were
    carried out without a person's answer.
    """

    model: str
    requests: int
    consulted: int
    used: int
    reordered: int
    longest_wait_s: float
    faults: tuple[str, ...]
    differs: tuple[str, ...]
    violations: tuple[str, ...]
    alone: int

    @property
    def holds(self) -> bool:
        """Whether it did no harm: the day is the same, or, where its order was rightly used, every rule was kept."""
        is_free_to_differ = self.model == IN_FORM
        if self.violations or self.alone:
            return False
        return is_free_to_differ or not (self.differs or self.used)


@dataclass(frozen=True, slots=True)
class _Played:
    account: Account
    proposals: Sequence[Proposal]
    alone: int
    breaches: Sequence[Breach]


def play_advised(plan: DayPlan, profile: Profile, seed: int) -> Iterator[AdvisedDay]:
    """The day without a model first, then beside every bad one in turn."""
    plain = _play(plan, profile, seed, NO_MODEL)
    yield _judge(WITHOUT, plain, plain, 0)
    for name, serving in _servers().items():
        with serving() as (settings, asked):
            played = _play(plan, profile, seed, settings)
            yield _judge(name, played, plain, asked())


def _servers() -> dict[str, Callable[[], AbstractContextManager[tuple[Settings, Asked]]]]:
    slow = stalling(Event(), 3 * _SHORT_PATIENCE_S)
    return {
        "down": _down,
        "slow": partial(_up, slow, _SHORT_PATIENCE_S),
        **{name: partial(_up, behaviour) for name, behaviour in UNUSABLE.items()},
        IN_FORM: partial(_up, contrary),
    }


@contextmanager
def _down() -> Iterator[tuple[Settings, Asked]]:
    with nobody_there() as base_url:
        yield _settings(base_url), lambda: 0


@contextmanager
def _up(behaviour: Behaviour, patience_s: float = _PATIENCE_S) -> Iterator[tuple[Settings, Asked]]:
    with ChatServer(behaviour).running() as server:
        yield _settings(server.base_url, patience_s), lambda: len(server.asked)


def _settings(base_url: str, patience_s: float = _PATIENCE_S) -> Settings:
    """Whatever the environment says of a model, it is this one; how near a tie must be stays as it is set."""
    model = {"llm_model": "made-up", "llm_provider": "openai", "llm_base_url": base_url, "llm_timeout_s": patience_s}
    return {**NO_MODEL, **model}


def _play(plan: DayPlan, profile: Profile, seed: int, settings: Settings) -> _Played:
    world = World(plan, profile, seed)
    with played_with_service(world, People.APPROVE, Mode.LIVE, **settings) as (service, dispatcher):
        record = read_record(service.link, plan.day, dispatcher.asked)
        proposals = service.list_proposals(plan.day)
        return _Played(
            account=account_of(service, plan.day, world.ledger),
            proposals=proposals,
            alone=_count_alone(service, proposals),
            breaches=(*world.ledger.breaches, *record.breaches),
        )


def _count_alone(service: ServiceInProcess, proposals: Sequence[Proposal]) -> int:
    """The plans of a model's own order that were carried out and that no person had said yes to."""
    by_model = {(p.case_id, p.plan_rev) for p in proposals if p.planner == "llm"}
    executed = (
        (case_id, decision)
        for case_id in sorted({case_id for case_id, _ in by_model})
        for decision in list_executed(service.link.get_trace(case_id))
    )
    return sum(
        (case_id, decision["plan_rev"]) in by_model and decision["verdict"] in _ALONE for case_id, decision in executed
    )


def _judge(name: str, played: _Played, plain: _Played, requests: int) -> AdvisedDay:
    talks: list[Consultation] = [p.consultation for p in played.proposals if p.consultation is not None]
    return AdvisedDay(
        model=name,
        requests=requests,
        consulted=len(talks),
        used=sum(talk.advice is not Advice.FELL_BACK for talk in talks),
        reordered=sum(talk.advice is Advice.REORDERED for talk in talks),
        longest_wait_s=max((talk.took_ms for talk in talks), default=0) / 1000,
        faults=tuple(sorted({talk.fault for talk in talks if talk.fault})),
        differs=tuple(plain.account.differences(played.account)),
        violations=tuple(f"{breach.rule}: {breach.subject}: {breach.detail}" for breach in played.breaches),
        alone=played.alone,
    )
