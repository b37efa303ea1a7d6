"""What every answer is built from, and the one shape of errors."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]
"""Text that every database can keep: PostgreSQL has no NUL character."""


class Shape(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ProblemShape(Shape):
    """One fault in the input."""

    place: str = Field(description="Where, for example stops[17].window.closes_at")
    message: str
    remedy: str = Field(description="What would mend it")


class ErrorShape(Shape):
    """Every error, on every address. Some carry more fields, for example the present state after a conflict."""

    model_config = ConfigDict(extra="allow")
    error: str = Field(description="The kind: BadInput, TooLarge, NotFound, Conflict, StalePlan, ...")
    message: str
    problems: list[ProblemShape] | None = Field(default=None, description="All faults found (BadInput, TooLarge)")


class WindowShape(Shape):
    opens_at: datetime
    closes_at: datetime


class LocationShape(Shape):
    id: str
    lat: float
    lon: float


ERRORS: dict[int | str, dict[str, Any]] = {
    code: {"model": ErrorShape, "description": text}
    for code, text in (
        (404, "There is no such thing here"),
        (409, "The state has moved on, or another person was faster; the present state is in the body"),
        (413, "The body is larger than this service takes"),
        (415, "The body is not JSON"),
        (422, "The input has faults; all of them are listed and nothing was taken"),
    )
}
