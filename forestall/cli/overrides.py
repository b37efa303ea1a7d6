"""``forestall overrides``: what became of it where people decided otherwise than was proposed."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from forestall.cli.output import print_json, print_rows

_HEADINGS = ("by", "", "cases", "right", "even", "wrong", "kept", "as proposed", "gained a case (95 %)")


def report_overrides(
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only overrides decided on or after this day, UTC.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout and nothing else.")] = False,
) -> None:
    """Report how often people were right to decide otherwise, and which rules that speaks for.

    Each override is scored both ways once its day is known: the plan that was proposed and what was done instead,
    driven under the same legs, visits and hold-ups. A suggested rule is a text to take over; nothing changes by itself.
    """
    from agent.overrides.report import describe_overrides_report, read_overrides_report, rows_of
    from forestall.cli.parts import open_store, read_settings

    with open_store(read_settings()) as (store, clock), store.read() as uow:
        report = read_overrides_report(uow, clock.now(), since.replace(tzinfo=UTC) if since else None)
    if as_json:
        print_json(describe_overrides_report(report))
        return
    if report.all is None:
        print(f"no override has been scored yet; {report.unscored} wait for their day to end")
        return
    print_rows(_HEADINGS, rows_of(report))
    waiting, words = report.unscored, report.without_routes
    print(f"{waiting} more wait for their day to end, {words} were about messages alone")
    if not report.suggestions:
        print(f"no rule is suggested: {report.tested} groups with cases enough were tested, none stands out")
    for one in report.suggestions:
        print(f"\n{one.says} (p {one.p_value:.4f} among {report.tested} tests)")
        print(one.cedar or "")
