"""The examples of docs/input.md are taken as they stand there."""

import re
from datetime import timedelta
from pathlib import Path

from factories import START
from forestall.domain.vocabulary import EventType, FailureReason
from forestall.intake.advice import advise
from forestall.intake.csvplan import COLUMNS
from forestall.intake.documents import LISTS
from forestall.intake.events import parse_events
from forestall.intake.plan import parse_plan

TEXT = (Path(__file__).parents[3] / "docs" / "input.md").read_text(encoding="utf-8")
PLAN, EVENTS = re.findall(r"```json\n(.*?)```", TEXT, flags=re.DOTALL)


def test_plan_example_is_taken_without_warnings() -> None:
    plan = parse_plan(PLAN, "2026-03-02")
    assert (len(plan.stops), advise(plan)) == (1, ())


def test_event_example_is_taken() -> None:
    assert [event.type for event in parse_events(EVENTS, START + timedelta(minutes=91))] == ["departed", "position"]


def test_every_field_column_type_and_reason_is_documented() -> None:
    names = {field for model in LISTS.values() for field in model.model_fields}
    names |= {column for columns in COLUMNS.values() for column in columns}
    names |= {*LISTS, *EventType, *FailureReason}
    assert {name for name in names if name not in TEXT} == set()
