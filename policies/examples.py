"""Operations' own examples of what policy must say, run against the policies in force."""

from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from forestall.domain.vocabulary import Autonomy
from forestall.errors import BadInput, Problem
from policies.gate import Gate
from policies.question import PlanQuestion

BUILT_IN_EXAMPLES = Path(__file__).parent / "examples.yaml"


class Example(BaseModel):
    """One story and what policy must say of it; ``because`` names a policy that must be among the deciding ones."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    story: str
    plan: PlanQuestion
    expect: Autonomy
    planner: str = "rules"
    because: str | None = None
    veto_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """``said`` is what policy answered; ``mismatch`` is empty when it is what the example expects."""

    story: str
    said: str
    mismatch: str


def read_examples(file: Path = BUILT_IN_EXAMPLES) -> list[Example]:
    """The examples of a YAML file.

    Raises:
        BadInput: not a list, or an example with faults; each is named by its number and field.
    """
    rows = yaml.safe_load(file.read_text(encoding="utf-8"))
    if not isinstance(rows, list):
        raise BadInput(
            "the examples can't be read", [Problem(str(file), "is no list", "begin each example with - story:")]
        )
    examples: list[Example] = []
    problems: list[Problem] = []
    for number, row in enumerate(rows, start=1):
        try:
            examples.append(Example.model_validate(row))
        except ValidationError as error:
            problems += [
                Problem(f"example {number}: {'.'.join(map(str, e['loc']))}", e["msg"], "see policies/examples.yaml")
                for e in error.errors()
            ]
    if problems:
        raise BadInput("some examples are not valid; none was run", problems)
    return examples


def run_examples(gate: Gate, examples: list[Example]) -> list[Outcome]:
    """Ask the gate each example's question."""
    return [_run(gate, example) for example in examples]


def _run(gate: Gate, example: Example) -> Outcome:
    verdict = gate.ask(example.planner, "H1", example.plan)
    said = f"{verdict.autonomy.value} by {', '.join(verdict.policy_ids) or 'no policy'}"
    mismatches = []
    if verdict.autonomy is not example.expect:
        mismatches.append(f"expected {example.expect.value}")
    if example.because is not None and example.because not in verdict.policy_ids:
        mismatches.append(f"expected it because of {example.because}")
    if example.veto_minutes is not None and verdict.veto_minutes != example.veto_minutes:
        mismatches.append(f"expected {example.veto_minutes} minutes for a veto, not {verdict.veto_minutes}")
    return Outcome(example.story, said, "; ".join(mismatches))
