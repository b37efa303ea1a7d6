"""The JSON interface's addresses as rows for a page, read from the OpenAPI document."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Operation:
    method: str
    path: str
    group: str
    summary: str
    text: str
    parameters: tuple[str, ...]


def list_operations(document: Mapping[str, Any]) -> list[Operation]:
    """Every operation, in the document's order."""
    return [
        Operation(
            method=method.upper(),
            path=path,
            group=operation.get("tags", ["other"])[0],
            summary=operation.get("summary", ""),
            text=operation.get("description", ""),
            parameters=tuple(parameter["name"] for parameter in operation.get("parameters", ())),
        )
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]
