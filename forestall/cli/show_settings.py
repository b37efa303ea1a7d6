"""``forestall settings``: every setting, what it means, and what it is set to here."""

from typing import Annotated
from urllib.parse import urlsplit, urlunsplit

import typer

from forestall.cli.output import print_json


def show_settings(
    as_json: Annotated[bool, typer.Option("--json", help="Print the settings as JSON.")] = False,
) -> None:
    """List every setting with its meaning and present value; secrets are masked."""
    from forestall.cli.parts import read_settings

    settings = read_settings()
    fields = type(settings).model_fields
    values = {name: _shown(name, getattr(settings, name)) for name in fields}
    if as_json:
        print_json(
            {
                name: {"value": values[name], "variable": _variable(name), "description": field.description}
                for name, field in fields.items()
            }
        )
        return
    for name, field in fields.items():
        print(f"{_variable(name)} = {values[name] if values[name] is not None else '(not set)'}")
        print(f"    {field.description}")


def masked_url(url: str) -> str:
    """The database's address without its password."""
    parts = urlsplit(url)
    if parts.password is None:
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", ":***@")))


def _variable(name: str) -> str:
    return f"FORESTALL_{name.upper()}"


def _shown(name: str, value: object) -> str | None:
    if value is None:
        return None
    return masked_url(str(value)) if name == "database_url" else str(value)
