"""``forestall serve``: the HTTP surface and the scheduler in one process."""

from typing import Annotated

import typer


def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; default: the setting.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port; 0 picks a free one.")] = None,
    access_log: Annotated[bool, typer.Option("--access-log", help="Log every request.")] = False,
) -> None:
    """Bring the database up to date, then serve the API and the pages until stopped (Ctrl-C or SIGTERM)."""
    from forestall.cli.parts import read_settings
    from forestall.cli.serving import run_server

    given = {"host": host, "port": port}
    settings = read_settings().model_copy(update={name: value for name, value in given.items() if value is not None})
    run_server(settings, access_log)
