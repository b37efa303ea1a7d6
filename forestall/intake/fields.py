"""The kinds of field our documents are made of; each refuses bad input with what would mend it.

A refusal is a pydantic error whose context carries ``remedy``; ``problems.py`` turns it into a Problem.
"""

import math
import re
from datetime import UTC, datetime
from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, StringConstraints
from pydantic_core import PydanticCustomError

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_WEBHOOK = re.compile(r"https?://[^\s/]+\S*")

# Far above any real day, and below what a 32-bit database column holds.
MAX_COUNT = 1_000_000_000


def refusal(kind: str, message: str, remedy: str) -> PydanticCustomError:
    """A pydantic error that says what is wrong and what would mend it."""
    return PydanticCustomError(kind, "{message}", {"message": message, "remedy": remedy})


class Document(BaseModel):
    """The base of everything read from outside: unknown fields are refused, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _check_id(value: str) -> str:
    if _CONTROL.search(value) or value != value.strip():
        raise refusal("id", "an id with blanks around it or control characters in it", "use plain printable text")
    return value


def _check_text(value: str) -> str:
    if _CONTROL.search(value):
        raise refusal("text", "control characters in a text", "remove line breaks, tabs and other control characters")
    return value


def _check_prose(value: str) -> str:
    if "\x00" in value:
        raise refusal("text", "a NUL character in a text", "remove it")
    return value


def _read_time(value: object) -> datetime:
    """An ISO 8601 text with a zone, or an aware datetime, as UTC."""
    if isinstance(value, str):
        value = _parse_iso(value)
    if not isinstance(value, datetime):
        raise refusal("time", f"not a time but {type(value).__name__}", "write ISO 8601, as 2026-03-02T06:00:00Z")
    if value.utcoffset() is None:
        raise refusal("zone", "a time without a zone", "end it in Z or an offset such as +01:00")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise refusal("time", "a time outside the calendar", "give a time within the day that is planned") from None


def _parse_iso(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise refusal("time", f"{text[:40]!r} is not a time", "write ISO 8601, as 2026-03-02T06:00:00Z") from None


def _write_time(value: datetime) -> str:
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _refuse_bool(value: object) -> object:
    if isinstance(value, bool):
        raise refusal("number", "true or false where a number belongs", "give a number")
    return value


def _check_size(value: dict[str, float]) -> dict[str, float]:
    for dimension, amount in value.items():
        _check_id(dimension)
        if not math.isfinite(amount) or amount < 0:
            raise refusal("size", f"{dimension} is {amount}", "give each dimension a number of 0 or more")
    return value


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _check_time_zone(value: str) -> str:
    if value not in _time_zones():
        raise refusal("time_zone", f"no time zone is called {value[:40]!r}", "use an IANA name such as Europe/Lisbon")
    return value


def _match(pattern: re.Pattern[str], kind: str, remedy: str) -> AfterValidator:
    def check(value: str) -> str:
        if not pattern.fullmatch(value):
            raise refusal(kind, f"{value[:60]!r} is not a {kind}", remedy)
        return value

    return AfterValidator(check)


Id = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(_check_id)]
Text = Annotated[str, Field(max_length=400), AfterValidator(_check_text)]
# What people write: lines and all.
Prose = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000), AfterValidator(_check_prose)]
Time = Annotated[datetime, BeforeValidator(_read_time), PlainSerializer(_write_time, return_type=str, when_used="json")]
Number = Annotated[float, BeforeValidator(_refuse_bool), Field(allow_inf_nan=False)]
Seconds = Annotated[Number, Field(ge=0)]
Span = Annotated[Number, Field(gt=0)]
Count = Annotated[int, BeforeValidator(_refuse_bool), Field(ge=0, le=MAX_COUNT)]
Lat = Annotated[Number, Field(ge=-90, le=90)]
Lon = Annotated[Number, Field(ge=-180, le=180)]
Sizes = Annotated[dict[str, Annotated[float, BeforeValidator(_refuse_bool)]], AfterValidator(_check_size)]
TimeZone = Annotated[str, AfterValidator(_check_time_zone)]
Phone = Annotated[str, _match(_E164, "phone number", "write it in E.164 form, as +351912345678")]
Email = Annotated[str, Field(max_length=254), _match(_EMAIL, "email address", "write name@domain")]
Webhook = Annotated[str, Field(max_length=2000), _match(_WEBHOOK, "web address", "start it with https://")]
