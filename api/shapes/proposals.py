"""What was proposed for a case, how it was judged, and what policy said."""

from datetime import datetime
from typing import Any

from pydantic import Field

from api.shapes.common import Shape
from forestall.domain.vocabulary import Advice, Autonomy


class StopEffectShape(Shape):
    stop_id: str
    p_miss_before: float
    p_miss_after: float


class JudgementShape(Shape):
    """Before and after are a paired comparison over the same random draws. Losses in price units."""

    loss_before: float
    loss_after: float
    gain: float
    misses_before: float
    misses_after: float
    travel_delta_s: float
    stops_moved: int
    places_changed: int = Field(description="Stops that stay on their route at another place")
    effects: list[StopEffectShape]


class CandidateShape(Shape):
    id: str
    tool: str
    rank: int | None
    is_chosen: bool
    lost_because: str | None
    cost_cents: int
    actions: list[dict[str, Any]]
    route_changes: list[dict[str, Any]]
    notices: list[dict[str, Any]]
    package_moves: list[dict[str, Any]]
    read_set: dict[str, int]
    solver: dict[str, Any]
    judgement: JudgementShape | None
    worse_off: list[str] = Field(description="Stops whose P(miss) this would raise by a point or more")
    better_off: list[str] = Field(description="Stops whose P(miss) this would lower by a point or more")
    messages: int = Field(description="Customers this would write to")
    reversible_until: datetime | None = Field(
        description="When the first driver is expected to have acted upon it; null where no route changes"
    )
    is_advice: bool = Field(description="Shown to people, never carried out by the service")


class GateShape(Shape):
    autonomy: Autonomy
    words: str
    policy_ids: list[str] = Field(description="The deciding policies")
    why: list[str] = Field(description="The policies' own words")
    policy_version: str = Field(description="Hash of the policy files")
    veto_minutes: int | None


class DeclineShape(Shape):
    tool: str
    rule: str
    values: dict[str, Any]
    words: str


class DoNothingShape(Shape):
    """What every candidate was held against, over the routes of the widest one."""

    misses: float
    loss: float
    words: str


class ModelNoteShape(Shape):
    """Written by a language model to the dispatcher, and shown to nobody else. A draft that nobody has checked."""

    model: str
    text: str = Field(description="Two sentences at most, plain text")
    advice: Advice = Field(description="What became of the order it gave the plans")
    words: str
    letters: dict[str, str] = Field(description="By what it calls them: the ids of the candidates it was asked about")


class ProposalShape(Shape):
    plan_rev: int
    made_at: datetime
    snapshot_id: str
    planner: str
    model: str
    seed: int
    samples: int
    chosen: str | None
    edited_from: str | None = Field(description="Of a person's own version: the candidate that was recommended")
    gate: GateShape | None
    model_note: ModelNoteShape | None = None
    do_nothing: DoNothingShape | None
    candidates: list[CandidateShape] = Field(description="Best first")
    declined: list[DeclineShape] = Field(description="Tools that had nothing to offer, and why")
