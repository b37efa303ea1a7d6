"""``forestall travel fit``: travel times refitted to the legs that were driven."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from forestall.cli.output import print_json
from forestall.errors import BadInput, Problem


def fit(
    out: Annotated[
        Path | None, typer.Option(help="Write the fitted travel times here, for FORESTALL_TRAVEL_FILE.")
    ] = None,
    days: Annotated[
        list[str] | None, typer.Option("--day", help="Days to learn from; may be repeated. [every day kept]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Refit speeds by distance, hour and part of town to the finished legs of the configured database.

    What it prints beside the fit is how the present travel times and the fitted ones do on the newest 30 % of the
    legs, fitted on the others.
    """
    from forestall.bootstrap import map_travel
    from forestall.cli.parts import open_store, read_settings
    from optimizer.travel.actuals import finished_legs
    from optimizer.travel.document import to_document
    from optimizer.travel.fit import fit_travel

    settings = read_settings()
    with open_store(settings) as (store, clock), store.read() as uow:
        known = uow.plans.list_days()
        if unknown := sorted(set(days or ()) - set(known)):
            raise BadInput("A day is not in the database.", [_unknown(day, known) for day in unknown])
        legs = [leg for day in days or known for leg in finished_legs(uow.state.load_snapshot(day, clock.now()))]
    fitted = fit_travel(legs, map_travel(settings))
    about = {
        "days": list(days or known),
        "legs": fitted.legs,
        "left_out": fitted.left_out,
        "before": asdict(fitted.before),
        "after": asdict(fitted.after),
    }
    if out is not None:
        out.write_text(to_document(fitted.travel, about), encoding="utf-8")
    bands = [{"up_to_m": top if top != float("inf") else None, "m_s": speed} for top, speed in fitted.travel.bands]
    if as_json:
        print_json({**about, "bands": bands, "hours": fitted.travel.hours.by_hour, "file": str(out) if out else None})
        return
    print(f"{fitted.legs} legs fitted, {fitted.left_out} left out")
    for name, quality in (("present", fitted.before), ("fitted", fitted.after)):
        print(f"{name}: median error {quality.median_error:.1%}, bias {quality.bias:+.1%}, {quality.legs} unseen legs")
    for band in bands:
        print(f"  up to {band['up_to_m'] or 'any'} m: {band['m_s']:.1f} m/s")
    if out is not None:
        print(f"written to {out}; set FORESTALL_TRAVEL_FILE to it")


def _unknown(day: str, known: list[str]) -> Problem:
    return Problem(f"--day {day}", "no such day", f"choose of {', '.join(known) or 'none: import a plan first'}")
