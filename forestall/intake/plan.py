"""A day's plan: from its document to the domain, whole or not at all, and back."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, cast

from pydantic import ValidationError
from pydantic_core import from_json

from forestall.domain.network import Hub
from forestall.domain.orders import Custody, Order
from forestall.domain.plan import DayPlan
from forestall.domain.vocabulary import HolderKind
from forestall.errors import BadInput, Problem
from forestall.intake.checks import check
from forestall.intake.documents import LISTS, PackageDoc
from forestall.intake.draft import Draft
from forestall.intake.fields import Document
from forestall.intake.matrix import read_matrix
from forestall.intake.problems import PlaceOf, dotted, problems_of, raise_if_any
from forestall.intake.writing import write_plan

FORMAT = "forestall.plan/1"
_LONGEST_DAY = 128
_HEAD = {"format", "day", "matrix"}
# Stands in where the hub that would hold a package can't be told; such a plan is always refused.
_NOWHERE = Custody(HolderKind.HUB, "", datetime(1970, 1, 1, tzinfo=UTC))


def parse_plan(document: bytes | str | Mapping[str, object], day: str, place_of: PlaceOf = dotted) -> DayPlan:
    """The plan in ``document`` (JSON text, or what it decodes to) for ``day``.

    Raises BadInput with every problem found; ``place_of`` renders their places for another source format.
    """
    what = f"the plan of {day}"
    content = _decode(document, what)
    lists = {name: _read_list(content.get(name), name, model, place_of) for name, model in LISTS.items()}
    problems = _head_problems(content, day)
    problems += [problem for rows in lists.values() for problem in rows.problems]
    draft = _draft(day, lists)
    if content.get("matrix") is not None:
        matrix, faults = read_matrix(content["matrix"], place_of)
        draft = replace(draft, matrix=matrix)
        problems += faults
    problems += [Problem(place_of(f.path), f.message, f.remedy) for f in check(draft)]
    raise_if_any(what, problems)
    return with_digest(_plan(draft))


def check_plan(plan: DayPlan) -> None:
    """Hold a plan that was built in the program to the same rules; raises BadInput with every problem."""
    problems = [Problem(dotted(f.path), f.message, f.remedy) for f in check(Draft.of(plan))]
    raise_if_any(f"the plan of {plan.day}", problems)


def plan_document(plan: DayPlan) -> dict[str, object]:
    """The JSON-able document of a plan that has not begun: ``parse_plan`` of it gives the plan back."""
    return {"format": FORMAT, **write_plan(plan)}


def plan_digest(plan: DayPlan) -> str:
    """SHA-256 of the plan's content. The order of its lists does not count, nor does the format it came in."""
    content = write_plan(plan)
    for name in LISTS:
        rows = cast(list[dict[str, object]], content[name])
        content[name] = sorted(json.dumps(row, sort_keys=True) for row in rows)
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def with_digest(plan: DayPlan) -> DayPlan:
    """The plan carrying the digest of its content."""
    return replace(plan, digest=plan_digest(plan))


def _decode(document: bytes | str | Mapping[str, object], what: str) -> Mapping[str, object]:
    if isinstance(document, bytes | str):
        try:
            document = from_json(document)
        except ValueError as error:  # also too deeply nested, or not UTF-8
            problem = Problem("document", f"not JSON: {error}", "send one JSON object, encoded as UTF-8")
            raise BadInput(f"{what} was not taken: 1 problem", [problem]) from None
    if not isinstance(document, Mapping):
        problem = Problem("document", "not a JSON object", "send one object with the lists of the plan")
        raise BadInput(f"{what} was not taken: 1 problem", [problem])
    return document


def _head_problems(content: Mapping[str, object], day: str) -> list[Problem]:
    problems = []
    if not day or len(day) > _LONGEST_DAY or not day.isprintable() or day != day.strip():
        problems.append(Problem("day", "not a name for a day", f"use 1 to {_LONGEST_DAY} printable characters"))
    if content.get("format", FORMAT) != FORMAT:
        problems.append(Problem("format", "a format that is not known here", f"write {FORMAT}, or leave it out"))
    if content.get("day", day) != day:
        problems.append(Problem("day", f"the document is of another day than {day}", "send it to its own day"))
    for name in content:
        if name not in _HEAD and name not in LISTS:
            remedy = f"remove it, or check its spelling; the lists are {', '.join(LISTS)} and matrix"
            problems.append(Problem(str(name), "an unknown field", remedy))
    return problems


@dataclass(frozen=True)
class _Rows:
    """A list as read: well-formed rows by index, and the faults and ids of the others."""

    good: Mapping[int, Document]
    problems: Sequence[Problem]
    malformed: frozenset[str]


def _read_list(raw: object, name: str, model: type[Document], place_of: PlaceOf) -> _Rows:
    if raw is None:
        return _Rows({}, (), frozenset())
    if not isinstance(raw, Sequence) or isinstance(raw, str | bytes):
        return _Rows({}, [Problem(place_of((name,)), "not a list", "give a list in [ ]")], frozenset())
    good, problems, malformed = {}, [], set()
    for index, row in enumerate(raw):
        try:
            good[index] = model.model_validate(row)
        except ValidationError as error:
            problems += problems_of(error, (name, index), place_of)
            if isinstance(row, Mapping) and isinstance(row.get("id"), str):
                malformed.add(row["id"])
    return _Rows(good, problems, frozenset(malformed))


def _draft(day: str, lists: Mapping[str, _Rows]) -> Draft:
    def built(name: str, *further: object) -> dict[int, Any]:
        # Every model but the two below builds itself from its own fields alone.
        return {index: cast(Any, row).build(*further) for index, row in lists[name].good.items()}

    hubs, orders = built("hubs"), built("orders")
    return Draft(
        day=day,
        hubs=hubs,
        links=built("links"),
        carriers=built("carriers"),
        contacts=built("contacts"),
        vehicles=built("vehicles"),
        drivers=built("drivers"),
        orders=orders,
        packages=_packages(lists["packages"], hubs, orders),
        routes=built("routes", day),
        stops=built("stops"),
        malformed={name: rows.malformed for name, rows in lists.items()},
    )


def _packages(rows: _Rows, hubs: Mapping[int, Hub], orders: Mapping[int, Order]) -> dict[int, Any]:
    """Packages, each at its order's hub since that opened unless its row says otherwise."""
    opened = {hub.id: Custody(HolderKind.HUB, hub.id, hub.opens_at) for hub in hubs.values()}
    at_hub = {order.id: opened.get(order.hub_id, _NOWHERE) for order in orders.values()}
    packages = {}
    for index, row in rows.good.items():
        document = cast(PackageDoc, row)
        packages[index] = document.build(at_hub.get(cast(Any, document.order_id), _NOWHERE))
    return packages


def _plan(draft: Draft) -> DayPlan:
    return DayPlan(
        day=draft.day,
        digest="",
        hubs=tuple(draft.hubs.values()),
        links=tuple(draft.links.values()),
        carriers=tuple(draft.carriers.values()),
        contacts=tuple(draft.contacts.values()),
        vehicles=tuple(draft.vehicles.values()),
        drivers=tuple(draft.drivers.values()),
        orders=tuple(draft.orders.values()),
        packages=tuple(draft.packages.values()),
        routes=tuple(draft.routes.values()),
        stops=tuple(draft.stops.values()),
        matrix=draft.matrix,
    )
