"""The stories as a ``pydantic-evals`` dataset: each is a case, each aspect of its final state an evaluator.

How a service forecasts is a matter of luck (its seed), so stories can be played several times with other luck; pass^k
says how often k playings in a row would all end as they should.
"""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from math import comb

from pydantic_evals import Case, Dataset
from pydantic_evals.evaluators import EvaluationReason, Evaluator, EvaluatorContext

from evals.scenarios import stories as stories
from evals.scenarios.expectation import ASPECTS, Expected, differences
from evals.scenarios.story import STORIES, Ending, Story, play


@dataclass(frozen=True, slots=True)
class Playing:
    """One playing of a story: the inputs of a case."""

    story: str
    seed: int
    without: tuple[str, ...] = ()


@dataclass
class EndsAsExpected(Evaluator[Playing, Ending, Expected]):
    """Compares every aspect of the database with what the story says; each is an assertion of its own."""

    def evaluate(self, ctx: EvaluatorContext[Playing, Ending, Expected]) -> dict[str, EvaluationReason]:
        expected = STORIES[ctx.inputs.story].expected
        found = {aspect: differences(aspect, expected, ctx.output.state, ctx.output.noted) for aspect in ASPECTS}
        return {aspect: EvaluationReason(not faults, "; ".join(faults) or None) for aspect, faults in found.items()}


@dataclass(frozen=True, slots=True)
class Outcome:
    """A story's playings: how many ended as expected, and what was different in those that did not."""

    story: Story
    trials: int
    passes: int
    faults: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        return self.passes == self.trials


def choose_stories(names: Collection[str] = ()) -> list[Story]:
    """The stories whose name or theme contains one of ``names``; all without any."""
    return [
        one
        for one in STORIES.values()
        if not names or any(name.lower() in one.name.lower() or name.lower() == one.theme for name in names)
    ]


def make_dataset(
    chosen: Sequence[Story], trials: int = 1, *, turned_off: bool = False
) -> Dataset[Playing, Ending, Expected]:
    """Each story under the seeds 1 to ``trials``; ``turned_off`` leaves out what it turns on."""
    cases: list[Case[Playing, Ending, Expected]] = [
        Case(
            name=f"{one.name} [{seed}]",
            inputs=Playing(one.name, seed, (one.turns_on,) if turned_off else ()),
            metadata=one.expected,
        )
        for one in chosen
        for seed in range(1, trials + 1)
    ]
    return Dataset(name="scenarios", cases=cases, evaluators=[EndsAsExpected()])


def run_stories(chosen: Sequence[Story], trials: int = 1, *, turned_off: bool = False) -> list[Outcome]:
    """Play the stories one after another and judge how they end. A playing that can't go on counts as failed."""
    dataset = make_dataset(chosen, trials, turned_off=turned_off)
    report = asyncio.run(dataset.evaluate(_play, max_concurrency=1, progress=False))
    passes = dict.fromkeys((one.name for one in chosen), 0)
    faults: dict[str, list[str]] = {one.name: [] for one in chosen}
    for case in report.cases:
        wrong = [f"{name}: {found.reason}" for name, found in case.assertions.items() if not found.value]
        wrong += [f"{failure.name}: {failure.error_message}" for failure in case.evaluator_failures]
        passes[case.inputs.story] += not wrong
        faults[case.inputs.story] += wrong
    for failure in report.failures:
        faults[failure.inputs.story].append(failure.error_message)
    return [Outcome(one, trials, passes[one.name], tuple(dict.fromkeys(faults[one.name]))) for one in chosen]


def pass_hat_k(outcomes: Sequence[Outcome], k: int) -> float:
    """The mean over stories of C(c, k)/C(n, k), c of n playings passed: the chance that k of them, drawn at random
    without putting back, all passed.

    Raises:
        ValueError: there are no stories, or a story was played fewer than k times.
    """
    if not outcomes or any(outcome.trials < k for outcome in outcomes):
        raise ValueError(f"pass^{k} needs stories that were played {k} times or more")
    return sum(comb(outcome.passes, k) / comb(outcome.trials, k) for outcome in outcomes) / len(outcomes)


def _play(playing: Playing) -> Ending:
    return play(STORIES[playing.story], playing.seed, playing.without)
