"""``forestall case``: what a case is about and everything that was decided on it, for a person at a terminal."""

from typing import Annotated

import typer

from forestall.cli.output import print_json, print_rows


def show_case(
    case_id: Annotated[str, typer.Argument(metavar="ID", help="The case's id, as `case list` shows it.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print the trace as JSON.")] = False,
) -> None:
    """Show the whole trace of a case: what was known, offered, judged, allowed, answered, done and sent."""
    from agent.trace import build_trace
    from agent.trace_text import render_trace_text
    from forestall.cli.parts import open_store, read_settings
    from forestall.domain.ids import CaseId

    with open_store(read_settings()) as (store, _), store.read() as uow:
        trace = build_trace(uow, CaseId(case_id))
    if as_json:
        print_json(trace)
        return
    print(render_trace_text(trace))


def list_cases(
    day: Annotated[str | None, typer.Option(help="Only cases of this day.")] = None,
    waiting: Annotated[bool, typer.Option("--waiting", help="Only cases that wait for a person.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=5_000)] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print the cases as JSON.")] = False,
) -> None:
    """List cases, newest first."""
    from agent import wording
    from agent.trace import describe_case
    from forestall.cli.parts import open_store, read_settings
    from forestall.domain.vocabulary import CaseStatus

    statuses = [status for status in CaseStatus if status.is_waiting] if waiting else None
    with open_store(read_settings()) as (store, _), store.read() as uow:
        cases = uow.cases.list(statuses=statuses, day=day, limit=limit)
    if as_json:
        print_json({"cases": [describe_case(case) for case in cases]})
        return
    print_rows(
        ("id", "opened", "status", "cause"),
        [
            (
                case.id,
                wording.as_instant(case.opened_at),
                wording.CASE_STATUSES[case.status],
                wording.describe_cause(case),
            )
            for case in cases
        ],
    )
