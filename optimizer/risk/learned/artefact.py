"""A trained model as text: JSON with the hash of its content, so that what is loaded is what was trained."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from forestall.errors import BadInput, Problem

FORMAT = 1
_RETRAIN = "train the model anew (the one in force stays)"


def write_artefact(kind: str, columns: tuple[str, ...], content: Mapping[str, Any]) -> str:
    """The text of a model of that kind over those input columns. Equal content, equal text."""
    body = {"format": FORMAT, "kind": kind, "columns": list(columns), "content": content}
    return _canonical({"sha256": _digest(body), "body": body})


def digest_of(text: str) -> str:
    """The hash a model's text carries (hex); it names the model."""
    return str(json.loads(text)["sha256"])


def read_artefact(text: str, kind: str, columns: tuple[str, ...] | None = None) -> tuple[tuple[str, ...], Any]:
    """The input columns and the content of a model's text; given ``columns``, they must be its own.

    Raises BadInput when it is no such model, was altered, is of another format, or was trained on other columns.
    """
    try:
        whole = json.loads(text)
        body, digest = whole["body"], whole["sha256"]
        found = tuple(body["columns"])
    except (ValueError, TypeError, KeyError):
        raise _refusal("text", "is not a model of ours", "give the text exactly as it was written") from None
    if digest != _digest(body):
        raise _refusal("sha256", "does not fit the content: the text was altered or cut", "restore the file as written")
    if body.get("format") != FORMAT:
        raise _refusal("format", f"is {body.get('format')!r}, this version reads {FORMAT}", _RETRAIN)
    if body.get("kind") != kind:
        raise _refusal("kind", f"is {body.get('kind')!r}, expected {kind!r}", "give the other file")
    if columns is not None and found != columns:
        odd = sorted(set(found) ^ set(columns)) or ["their order"]
        raise _refusal("columns", f"differ from what this version computes ({', '.join(odd)})", _RETRAIN)
    return found, body["content"]


def _refusal(place: str, message: str, remedy: str) -> BadInput:
    return BadInput("The model cannot be used.", [Problem(place, message, remedy)])


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(_canonical(body).encode()).hexdigest()


def _canonical(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
