"""What a language model is told of a case, and what it may answer: facts and letters, no names and nobody's words."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from string import ascii_uppercase
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from forestall.domain.actions import Candidate, Judgement
from forestall.domain.cases import Case
from forestall.domain.ids import CandidateId

# As many as there are letters; the best ones, for what comes after them is never chosen.
MOST_OPTIONS = len(ascii_uppercase)
LONGEST_NOTE = 300
SENTENCES = 2

TASK = (
    "You help a delivery dispatcher choose among repair plans. Every plan in `options` is feasible and allowed, and"
    " has been simulated. Order all their letters, the best first: keep the most promises, then disturb the fewest"
    " people, then cost and driving. Add a note of at most two sentences that says what speaks for the first."
)


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    order: list[str]
    note: str = Field(max_length=2_000)


@dataclass(frozen=True, slots=True)
class Brief:
    """One question. ``letters`` are what the options are called in it; ``text`` is all the model learns of them."""

    text: str
    letters: Mapping[str, CandidateId]

    @property
    def schema(self) -> dict[str, Any]:
        """JSON schema of the answer, made for this question: no letter but these can be in it."""
        count = len(self.letters)
        order = {
            "type": "array",
            "items": {"type": "string", "enum": sorted(self.letters)},
            "minItems": count,
            "maxItems": count,
        }
        return {
            "title": "Ranking",
            "description": "The options' letters, best first, and a note to the dispatcher.",
            "type": "object",
            "properties": {"order": order, "note": {"type": "string", "maxLength": LONGEST_NOTE}},
            "required": ["order", "note"],
            "additionalProperties": False,
        }

    def read(self, answer: str) -> tuple[tuple[CandidateId, ...], str]:
        """The order and the note that an answer gives. ValueError, saying why, for anything but what was asked for."""
        try:
            said = _Answer.model_validate_json(answer)
        except ValidationError as error:
            raise ValueError(f"not the form asked for ({error.error_count()} faults)") from error
        if sorted(said.order) != sorted(self.letters):
            raise ValueError("not every option exactly once")
        return tuple(self.letters[letter] for letter in said.order), _shortened(said.note)


def write_brief(
    case: Case, options: Sequence[Candidate], judgements: Mapping[CandidateId, Judgement], now: datetime
) -> Brief:
    """The question about these options (at most ``MOST_OPTIONS``), given in any order.

    Letters go by the options' ids, so that none tells what the rules think of it.
    """
    named = dict(zip(ascii_uppercase, sorted(options, key=lambda option: option.id), strict=False))
    document = {
        "case": {
            "cause": case.kind.value,
            "stops": len(case.stop_ids),
            "promises_expected_to_break": round(case.severity, 2),
            "minutes_to_act": None if case.act_by is None else round((case.act_by - now).total_seconds() / 60),
        },
        "options": {letter: _facts(option, judgements[option.id]) for letter, option in named.items()},
    }
    return Brief(json.dumps(document, sort_keys=True), {letter: option.id for letter, option in named.items()})


def _facts(option: Candidate, judgement: Judgement) -> dict[str, object]:
    return {
        "actions": sorted({kind.value for kind in option.kinds}),
        "broken_before": round(judgement.misses_before, 2),
        "broken_after": round(judgement.misses_after, 2),
        "stops_changing_vehicle": judgement.stops_moved,
        "stops_made_worse": sum(effect.is_worse for effect in judgement.effects),
        "routes_changed": len(option.route_changes),
        "extra_driving_minutes": round(judgement.travel_delta_s / 60),
        "cost_cents": option.cost_cents,
        "waits_for_a_carrier": option.tender is not None,
    }


def _shortened(note: str) -> str:
    """Two sentences of plain text in one line, whatever was sent."""
    line = " ".join("".join(c if c.isprintable() else " " for c in note).split())[:LONGEST_NOTE]
    ends = [i for i in range(len(line)) if line[i] in ".!?" and (i + 1 == len(line) or line[i + 1] == " ")]
    return line if len(ends) <= SENTENCES else line[: ends[SENTENCES - 1] + 1]
