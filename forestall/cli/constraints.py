"""``forestall constraints``: what plans must keep and what they are charged for, from the registry."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from forestall.cli.output import print_json, print_rows

if TYPE_CHECKING:  # imported when it is asked for: see ``forestall.cli``
    from optimizer.repair.constraints import Constraint

_OPENING = """\
# Constraints

What a plan must keep and what it is charged for. Printed from `optimizer/repair/constraints.py` by
`forestall constraints --markdown`; a test says when this page is stale.

A **hard** constraint is never broken by a plan on offer: two checkers that share nothing with the engines see to it
(`optimizer/repair/check.py` for plans in the street, `optimizer/repair/evaluation.py` for the solvers' small problems).
A **soft** one may be broken at its price, for each unit and a standard promise; a second of driving costs {travel}.
The code is what records keep as the reason why a vehicle could not have a stop.
"""


def list_constraints(
    as_markdown: Annotated[bool, typer.Option("--markdown", help="Print docs/constraints.md.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout and nothing else.")] = False,
) -> None:
    """List every constraint of the repair with its unit, price and exclusion code."""
    from optimizer.repair.constraints import CONSTRAINTS

    if as_json:
        print_json({"constraints": [_as_row(one) for one in CONSTRAINTS]})
    elif as_markdown:
        print(constraints_page(), end="")
    else:
        rows = [_as_row(one) for one in CONSTRAINTS]
        shown = ("code", "name", "kind", "price", "unit")
        print_rows(shown, [["" if row[key] is None else row[key] for key in shown] for row in rows])


def constraints_page() -> str:
    """docs/constraints.md, whole."""
    from optimizer.prices import Prices
    from optimizer.repair.constraints import CONSTRAINTS, Kind

    parts = [_OPENING.format(travel=f"{Prices().travel_per_s:g}")]
    for kind, heading in ((Kind.HARD, "Hard"), (Kind.SOFT, "Soft")):
        columns = ("code", "name", "unit", *(("price",) if kind is Kind.SOFT else ()), "what a dispatcher is told")
        rows = [_page_row(one) for one in CONSTRAINTS if one.kind is kind]
        parts.append(f"## {heading}\n\n{_markdown_table(columns, rows)}")
    tested = "Each is broken on purpose, and caught, by the test of its name in `{file}`.\n"
    return "\n".join([*parts, tested.format(file=CONSTRAINTS[0].test.partition("::")[0])])


def _markdown_table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    columns = list(columns)
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _page_row(one: "Constraint") -> list[str]:
    row = _as_row(one)
    price = [f"{row['price']:g}"] if row["price"] is not None else []
    return [str(one.code), f"`{one.name}`", one.unit, *price, one.sentence]


def _as_row(one: "Constraint") -> Mapping[str, object]:
    from optimizer.prices import Prices

    return {
        "name": one.name,
        "code": one.code,
        "kind": one.kind.value,
        "unit": one.unit,
        "price": None if one.price is None else one.price(Prices()),
        "sentence": one.sentence,
        "reported_as": sorted({*one.faults, *one.violations}),
        "test": one.test,
    }
