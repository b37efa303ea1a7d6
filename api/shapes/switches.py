"""Switches as the interface shows and takes them."""

from datetime import datetime

from pydantic import ConfigDict, Field

from api.shapes.common import Shape, Text
from forestall.domain.vocabulary import Position, SwitchScope


class SwitchShape(Shape):
    scope: SwitchScope
    subject: str = Field(description="The hub or the tool; empty for the whole installation")
    position: Position
    at: datetime
    by: str
    why: str


class SwitchesShape(Shape):
    base: Position = Field(description="What the process's own settings say; a switch can only bind further")
    switches: list[SwitchShape]


class SetSwitchShape(Shape):
    """Stop, bind or release something. It is in force when the answer comes."""

    model_config = ConfigDict(extra="forbid")
    scope: SwitchScope = Field(description="TENANT is the whole installation")
    subject: Text = Field(default="", max_length=200, description="A hub's id or a tool's name; empty for TENANT")
    position: Position = Field(
        default=Position.STOP,
        description="STOP: nothing starts. SHADOW: decided and never done. SUGGEST: a person decides. RUN: by policy.",
    )
    by: Text = Field(min_length=1, max_length=200, description="Who sets it")
    why: Text = Field(min_length=1, max_length=2_000)
