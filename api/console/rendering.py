"""Templates and the few filters they use; everything is escaped unless a filter made it."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import jinja2
from fastapi import Request
from fastapi.templating import Jinja2Templates
from markupsafe import Markup
from starlette.responses import Response

from agent import wording

CONSOLE_DIR = Path(__file__).parent


def make_templates() -> Jinja2Templates:
    """The template environment; a name a template misspells is an error, not a blank."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(CONSOLE_DIR / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        clock=show_clock, percent=wording.as_percent, duration=wording.as_duration, money=wording.as_money, ids=show_ids
    )
    return Jinja2Templates(env=environment)


def render(
    request: Request,
    name: str,
    context: Mapping[str, object],
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The page ``name``, filled."""
    templates = request.app.state.templates
    assert isinstance(templates, Jinja2Templates)
    return templates.TemplateResponse(request, name, dict(context), status, headers)


def show_clock(instant: datetime | str | None, zone: tzinfo | str = "UTC") -> Markup | str:
    """``14:05`` in the zone, with the full instant for machines and on hovering; a dash for None."""
    if instant is None:
        return "–"
    moment = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
    local = moment.astimezone(ZoneInfo(zone) if isinstance(zone, str) else zone)
    full = local.isoformat(timespec="seconds")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(full, full, local.strftime("%H:%M"))


def show_ids(ids: list[str], noun: str) -> str:
    return wording.join_ids(ids, noun) or "–"
