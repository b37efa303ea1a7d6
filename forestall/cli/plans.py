"""``forestall import``: a day's plan from a file."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from forestall.cli.output import print_json


def import_plan(
    file: Annotated[
        Path,
        typer.Argument(
            help="JSON plan, folder of CSV files, or VRPLIB file (.vrp, .txt, .gz) with its .sol beside it."
        ),
    ],
    day: Annotated[str | None, typer.Option(help="Id of the day; default: the file's name.")] = None,
    spares: Annotated[int, typer.Option(min=0, max=50, help="VRPLIB: spare vehicles waiting at the hub.")] = 1,
    time_scale: Annotated[
        float,
        typer.Option(min=0.001, help="VRPLIB: seconds per unit of the file, for horizons that are not in seconds."),
    ] = 1.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the receipt as JSON.")] = False,
) -> None:
    """Take a day's plan from FILE into the configured database, whole or not at all; every fault is listed."""
    from forestall.cli.parts import open_store, read_settings
    from forestall.intake import Intake, read_plan_file

    plan = read_plan_file(file, day=day, spares=spares, time_scale=time_scale)
    with open_store(read_settings()) as (store, clock):
        receipt = Intake(store, clock).put_plan(plan)
    if as_json:
        print_json(
            {
                "day": receipt.day,
                "digest": receipt.digest,
                "outcome": receipt.outcome,
                "counts": dict(receipt.counts),
                "warnings": [asdict(warning) for warning in receipt.warnings],
                "replayed": receipt.replayed,
            }
        )
        return
    print(f"{receipt.day}: {receipt.outcome} ({', '.join(f'{n} {kind}' for kind, n in receipt.counts.items())})")
    for warning in receipt.warnings:
        print(f"  note: {warning.place}: {warning.message}; {warning.remedy}")
