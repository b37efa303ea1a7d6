"""One tree of errors, each with its HTTP status; the docstring is the default message.

ForestallError 500
├── BadInput 422            (carries every problem found, not just the first)
│   └── TooLarge 413
├── NotFound 404
├── Conflict 409            (the world, or another person, was faster; carries the present state)
│   └── StalePlan 409
├── Forbidden 403
└── Unavailable 503
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault in the input: where it is, what is wrong, and what would mend it."""

    place: str
    message: str
    remedy: str


class ForestallError(Exception):
    """Something went wrong inside Forestall."""

    status = 500

    def __init__(self, message: str | None = None, **details: object) -> None:
        self.message = message or (type(self).__doc__ or "").strip()
        self.details: Mapping[str, object] = details
        super().__init__(self.message)

    def as_body(self) -> dict[str, object]:
        """The JSON body every interface shows for this error."""
        return {"error": type(self).__name__, "message": self.message, **self.details}


class BadInput(ForestallError):
    """The input has faults; nothing of it was taken."""

    status = 422

    def __init__(self, message: str | None = None, problems: Iterable[Problem] = ()) -> None:
        self.problems = tuple(problems)
        super().__init__(message, problems=[asdict(p) for p in self.problems])


class TooLarge(BadInput):
    """The input is larger than this service takes in one piece."""

    status = 413


class NotFound(ForestallError):
    """There is no such thing here."""

    status = 404


class Conflict(ForestallError):
    """The state has moved on; look again before you act."""

    status = 409


class StalePlan(Conflict):
    """A route changed after this plan was made, so the plan was not applied."""


class Forbidden(ForestallError):
    """Policy does not allow this."""

    status = 403


class Unavailable(ForestallError):
    """A part this needs is not answering; nothing was lost, try again."""

    status = 503
