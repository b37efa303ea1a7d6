"""Receipts for what feeds send."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from api.shapes.common import ProblemShape, Shape
from forestall.domain.vocabulary import EventOutcome


class PlanReceiptShape(Shape):
    day: str
    digest: str = Field(description="Hash of the plan's content; the same plan twice has the same digest")
    outcome: Literal["created", "unchanged", "replaced"]
    counts: dict[str, int] = Field(description="How many of each kind were taken")
    warnings: list[ProblemShape] = Field(description="What is odd about the plan, and was taken all the same")
    replayed: int = Field(description="Events that had waited for something this plan names, and were applied now")


class EventResultShape(Shape):
    source: str
    id: str
    outcome: EventOutcome = Field(description="PARKED: it names something unknown; it is kept and reported")
    duplicate: bool = Field(description="The pair (source, id) was known before; nothing happened this time")
    detail: str


class EventsReceiptShape(Shape):
    accepted: int
    duplicates: int
    parked: int
    results: list[EventResultShape]


class ParkedEventShape(Shape):
    source: str
    id: str
    type: str
    subject: str
    occurred_at: datetime
    received_at: datetime
    data: dict[str, Any]
    detail: str = Field(description="Why it could not be applied")


class ParkedShape(Shape):
    events: list[ParkedEventShape]
