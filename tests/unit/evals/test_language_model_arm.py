"""The arm with a language model is that model's, or it is no run at all."""

from dataclasses import replace

import pytest

from evals.arms import Arm, play
from evals.arms.playing import require_recorded
from evals.city import build_city
from evals.profile import load_profile
from factories import make_proposal
from forestall.domain.decisions import Consultation
from forestall.domain.vocabulary import Advice
from forestall.errors import BadInput


def talk(fault):
    return Consultation("recorded:x", "hash", "{}", {}, "", 0, 1, Advice.FELL_BACK, fault)


def test_without_a_model_or_recorded_answers_the_arm_is_refused(monkeypatch):
    monkeypatch.delenv("FORESTALL_LLM_MODEL", raising=False)
    monkeypatch.delenv("FORESTALL_LLM_TRACES", raising=False)
    with pytest.raises(BadInput) as refusal:
        play(build_city(1, customers=8), Arm.FORESTALL_LLM, 1, load_profile())
    assert refusal.value.problems[0].place == "FORESTALL_LLM_TRACES"


def test_a_replay_that_lacks_an_answer_fails_and_says_how_many():
    proposals = [
        make_proposal(),
        replace(make_proposal(), consultation=talk("recorded:x: this question was never recorded")),
        replace(make_proposal(), consultation=talk("no answer within 3 s")),
    ]
    with pytest.raises(BadInput) as refusal:
        require_recorded(proposals)
    assert refusal.value.problems[0].message == "lacks 1 of the 2 questions of this day"


def test_a_failure_that_was_recorded_is_an_answer_like_any_other():
    require_recorded([replace(make_proposal(), consultation=talk("no answer within 3 s"))])
