"""What people send when they act on a case or a stop: who they are, and perhaps for whom and how long they looked."""

from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, ConfigDict, Field

from agent.people.hand import Hand
from api.shapes.cases import CaseShape, DecisionShape
from api.shapes.common import ErrorShape, Shape, Text
from forestall.domain.vocabulary import OverrideReason

_MOST_AT_ONCE = 200


class HandShape(Shape):
    """Whose hand it is."""

    model_config = ConfigDict(extra="forbid")
    by: Text = Field(min_length=1, max_length=200, description="Who acts")
    on_behalf_of: Text | None = Field(
        default=None, min_length=1, max_length=200, description="For whom, if for another"
    )
    shown_at: AwareDatetime | None = Field(default=None, description="When the case was shown to them")
    seen_ms: int | None = Field(
        default=None, ge=0, le=86_400_000, description="For how long they had it before their eyes, milliseconds"
    )
    note: Text = Field(default="", max_length=2_000)

    def hand(self) -> Hand:
        """The hand, in the role that everybody has as long as there is no login."""
        return Hand(
            self.by, on_behalf_of=self.on_behalf_of, shown_at=self.shown_at, seen_ms=self.seen_ms, note=self.note
        )


class AnswerShape(HandShape):
    """A person's answer to a waiting case."""

    interrupt_id: Text = Field(max_length=200, description="Which question: from the case's open approval")
    verdict: Literal["approve", "veto", "reject"]
    reason: OverrideReason | None = Field(default=None, description="Why, for a veto or a rejection")


class OneOfManyShape(Shape):
    model_config = ConfigDict(extra="forbid")
    case_id: Text = Field(max_length=200)
    interrupt_id: Text = Field(max_length=200)
    verdict: Literal["approve", "veto", "reject"] = "approve"
    reason: OverrideReason | None = None


class ManyAnswersShape(HandShape):
    """Answers to several waiting cases by one person."""

    answers: list[OneOfManyShape] = Field(min_length=1, max_length=_MOST_AT_ONCE)


class AnswerResultShape(Shape):
    case_id: str
    interrupt_id: str
    status: int = Field(description="As if it had been sent alone: 200, 403, 404, 409 or 422")
    case: CaseShape | None = Field(description="The case, where the answer was taken")
    error: ErrorShape | None = Field(description="Why not, where it was not; after a conflict with the present state")


class AnswerResultsShape(Shape):
    results: list[AnswerResultShape] = Field(description="One for each answer, in their order")


class EditShape(HandShape):
    """A version of one's own, instead of the plan revision that was seen."""

    plan_rev: int = Field(ge=1, description="The plan revision asked about")
    candidate_id: Text | None = Field(
        default=None, max_length=200, description="Which of its candidates; without it, the recommended one"
    )
    leave_out: list[Text] = Field(
        default_factory=list, max_length=500, description="Stops that stay with the vehicle they have now"
    )
    order: dict[str, list[Text]] = Field(
        default_factory=dict, description="By route: stops that come in this order among themselves"
    )
    reason: OverrideReason = Field(default=OverrideReason.OTHER, description="Why")


class CareShape(HandShape):
    """An act on the case as it was seen."""

    revision: int = Field(ge=1, description="The case's revision as shown; another one by now gets 409")


class AssignShape(CareShape):
    to: Text | None = Field(description="The new owner; null for nobody", min_length=1, max_length=200)


class SnoozeShape(CareShape):
    until: AwareDatetime | None = Field(default=None, description="Until when; without it, until the hub closes")
    wake_at_severity: float | None = Field(
        default=None, gt=0, le=1e6, description="Sooner, when its severity reaches this"
    )
    wake_before_window_s: float | None = Field(
        default=None,
        gt=0,
        le=7 * 86_400,
        description="Sooner, when a window of its stops closes within so many seconds",
    )


class MergeShape(CareShape):
    into: Text = Field(max_length=200, description="The case that goes on in its place")


class UndoShape(HandShape):
    decision_id: Text | None = Field(
        default=None, max_length=200, description="Which decision; without it, the case's last that changed a route"
    )
    reason: OverrideReason | None = None


class UndoneShape(Shape):
    case: CaseShape
    decision: DecisionShape = Field(description="The compensating decision")


class WayBackShape(Shape):
    decision_id: str
    is_possible: bool
    undoable_until: datetime | None = Field(description="When the first driver is expected to have passed it")
    kept: dict[str, str] = Field(description="Stops that would stay as they are, with what keeps them, in words")
    why_not: str | None = Field(description="In words, where nothing can be undone")
    undone_by: str | None


class WaysBackShape(Shape):
    decisions: list[WayBackShape] = Field(description="The case's decisions that changed routes, the first one first")


class ConfirmShape(HandShape):
    """A driver has read his plan; the person who reached him says so for him."""

    plan_version: int = Field(ge=1, description="The version he has read; one that is not the newest gets 409")


class ConfirmedRouteShape(Shape):
    id: str
    driver_id: str | None = Field(description="For whom it was confirmed")
    plan_version: int
    acknowledged_version: int = Field(description="The newest plan version the driver confirmed")


class PinnedStopShape(Shape):
    id: str
    route_id: str
    pinned: bool
