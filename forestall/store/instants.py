"""Instants as text: aware UTC, fixed width, so that the order of the text is the order of time."""

from datetime import UTC, datetime


def as_utc(instant: datetime) -> datetime:
    """The same instant in UTC; a naive one is a ValueError, because nobody can say when it was."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} names no time zone")
    return instant if instant.tzinfo is UTC else instant.astimezone(UTC)


def to_text(instant: datetime) -> str:
    """Like ``2026-03-02T06:00:00.000000Z``: always 27 characters."""
    if instant.tzinfo is not UTC:
        instant = as_utc(instant)
    return instant.isoformat(timespec="microseconds")[:-6] + "Z"


def from_text(text: str) -> datetime:
    """The inverse of ``to_text``."""
    return datetime.fromisoformat(text)
