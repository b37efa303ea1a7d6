"""From pydantic's errors to our problems: a place a person can find, what is wrong there, what would mend it."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from forestall.errors import BadInput, Problem

MAX_PROBLEMS = 1000  # listed; the message always says how many there are

Path = tuple[int | str, ...]
PlaceOf = Callable[[Path], str]

_REMEDIES: Mapping[str, str] = {
    "missing": "add it",
    "extra_forbidden": "remove it, or check its spelling against the documented fields",
    "finite_number": "give a finite number, not NaN or infinity",
    "float_parsing": "give a number",
    "float_type": "give a number",
    "int_parsing": "give a whole number",
    "int_type": "give a whole number",
    "int_from_float": "give a whole number",
    "bool_parsing": "write true or false",
    "bool_type": "write true or false",
    "string_type": "give a text in quotes",
    "string_too_short": "fill it in, or leave the field out if it is optional",
    "string_too_long": "shorten it",
    "string_unicode": "use valid Unicode text",
    "list_type": "give a list in [ ]",
    "dict_type": "give an object in { }",
    "model_type": "give an object in { }",
    "model_attributes_type": "give an object in { }",
    "greater_than": "give a value within the range",
    "greater_than_equal": "give a value within the range",
    "less_than_equal": "give a value within the range",
}


def dotted(path: Path) -> str:
    """``("stops", 17, "window", "closes_at")`` as ``stops[17].window.closes_at``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text or "document"


def problems_of(error: ValidationError, prefix: Path, place_of: PlaceOf = dotted) -> list[Problem]:
    """Every fault of one validation, each at its place under ``prefix``."""
    return [_problem(detail, prefix, place_of) for detail in error.errors(include_url=False, include_input=False)]


def _problem(detail: ErrorDetails, prefix: Path, place_of: PlaceOf) -> Problem:
    context = detail.get("ctx", {})
    return Problem(
        place=place_of(prefix + detail["loc"]),
        message=_message(detail, context),
        remedy=str(context.get("remedy") or _remedy(detail["type"], context)),
    )


def _message(detail: ErrorDetails, context: Mapping[str, object]) -> str:
    if "remedy" in context:  # one of ours; pydantic's own rendering fills in braces that the input held
        return str(context["message"])
    if detail["type"] == "missing":
        return "a required field is absent"
    if detail["type"] == "extra_forbidden":
        return "an unknown field"
    return detail["msg"][:1].lower() + detail["msg"][1:]


def _remedy(kind: str, context: Mapping[str, object]) -> str:
    if kind in {"enum", "literal_error"}:
        return f"use one of {context.get('expected')}"
    return _REMEDIES.get(kind, "see the documented format")


def refuse(what: str, problems: Sequence[Problem]) -> BadInput:
    """The error for a document with faults: at most MAX_PROBLEMS of them, and their total in the message."""
    total = len(problems)
    count = "1 problem" if total == 1 else f"{total:,} problems"
    shown = "" if total <= MAX_PROBLEMS else f", the first {MAX_PROBLEMS:,} are listed"
    return BadInput(f"{what} was not taken: {count}{shown}", problems[:MAX_PROBLEMS])


def raise_if_any(what: str, problems: Iterable[Problem]) -> None:
    """Raise BadInput with all of ``problems``, if there are any."""
    found = list(problems)
    if found:
        raise refuse(what, found)
