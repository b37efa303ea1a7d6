"""Routes, stops, their forecasts, and the messages that went out."""

from datetime import datetime
from typing import Any

from pydantic import Field

from api.shapes.common import LocationShape, Shape, WindowShape
from forestall.domain.vocabulary import Channel, OutboxState, RouteStatus, StopKind, StopStatus


class ContributionShape(Shape):
    cause: str
    p_late: float = Field(description="How much of P(late) this adds")
    values: dict[str, float]
    words: str


class ForecastShape(Shape):
    """What happens if nobody intervenes. ETAs are service starts at 10, 50 and 90 %."""

    p_late: float
    p_failed: float
    p_miss: float
    eta_p10: datetime
    eta_p50: datetime
    eta_p90: datetime
    expected_lateness_s: float
    reasons: list[ContributionShape] = Field(description="Where P(late) is worth explaining, the largest first")
    p_undone: float = Field(description="P(never attempted on the day), a part of P(late)")
    p_ordinary: float = Field(description="What an ordinary day would leave; with the reasons it adds up to P(late)")


class RouteForecastShape(Shape):
    """What becomes of the route if nobody intervenes, as last forecast."""

    p_hours_breach: float = Field(description="P(more driving or duty than the driver's hours of service allow)")
    p_shift_overrun: float = Field(description="P(back at the hub after the shift's end)")
    p_not_ready: float = Field(description="P(load ready after the planned departure)")
    finish_p50: datetime | None = Field(description="Back at the hub; None when it won't come back by itself")
    words: str


class StopShape(Shape):
    id: str
    route_id: str
    sequence: int
    kind: StopKind
    status: StopStatus
    status_words: str
    order_id: str | None
    location: LocationShape
    window: WindowShape
    service_s: float
    departed_at: datetime | None
    arrived_at: datetime | None
    finished_at: datetime | None
    forecast: ForecastShape | None = Field(description="None when the stop is done, or was never forecast")


class RouteShape(Shape):
    id: str
    day: str
    hub_id: str
    vehicle_id: str
    driver_id: str | None
    status: RouteStatus
    is_spare: bool
    version: int = Field(description="Rises with every change of state or plan")
    plan_version: int = Field(description="Rises when the plan sent to the driver changes")
    acknowledged_version: int = Field(description="The newest plan version the driver confirmed")
    departs_at: datetime
    departed_at: datetime | None
    stops_total: int
    stops_done: int
    expected_late: float = Field(description="Sum of P(late) over the open stops")
    worst_p_late: float


class RouteDetailShape(RouteShape):
    forecast: RouteForecastShape | None = Field(description="None once nothing is left to do, or before any forecast")
    stops: list[StopShape]


class RoutesShape(Shape):
    day: str
    routes: list[RouteShape]


class EffectShape(Shape):
    """One message to a driver, customer or carrier."""

    seq: int
    key: str = Field(description="Unique for ever; a receiver that has seen it may skip the row")
    channel: Channel
    recipient_id: str
    template: str
    body: str = Field(description="The rendered text; empty for structured payloads")
    payload: dict[str, Any]
    state: OutboxState = Field(description="dry_run: rendered and shown, not really sent")
    created_at: datetime
    case_id: str | None


class EffectsShape(Shape):
    effects: list[EffectShape]
    next: str = Field(description="Hand it back as `after` to read on; opaque")
