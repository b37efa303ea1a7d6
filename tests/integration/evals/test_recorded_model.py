"""A day is played with a language model and recorded; the record alone gives the same day again."""

import json
from pathlib import Path

import pytest

from evals.account import Account, account_of
from evals.arms.playing import NO_MODEL, played_with_model, played_with_service
from evals.chat_server import ChatServer
from evals.city import build_city
from evals.model_behaviours import contrary
from evals.people import People
from evals.profile import load_profile
from evals.world import World
from forestall.domain.decisions import Proposal
from forestall.domain.vocabulary import Advice, Mode


def make_world() -> World:
    return World(build_city(1, customers=40), load_profile(), seed=1)


def test_a_recorded_day_is_played_again_without_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    traces = tmp_path / "traces.jsonl"
    with ChatServer(contrary).running() as server:
        named = {"llm_model": "made-up", "llm_base_url": server.base_url, "llm_timeout_s": 20, "llm_record": traces}
        recorded, asked = _play_told({**NO_MODEL, **named})
    assert [one.consultation.advice for one in asked if one.consultation] == [Advice.REORDERED] * len(server.asked)
    assert len(traces.read_text().splitlines()) == len(server.asked) > 0
    assert {json.loads(line)["model"] for line in traces.read_text().splitlines()} == {"openai:made-up"}

    monkeypatch.setenv("FORESTALL_LLM_TRACES", str(traces))
    world = make_world()
    with played_with_model(world, People.APPROVE) as (service, _):
        replayed = account_of(service, world.plan.day, world.ledger)
    assert recorded.differences(replayed) == []


def _play_told(told: dict[str, object]) -> tuple[Account, list[Proposal]]:
    world = make_world()
    with played_with_service(world, People.APPROVE, Mode.LIVE, **told) as (service, _):
        return account_of(service, world.plan.day, world.ledger), service.list_proposals(world.plan.day)
