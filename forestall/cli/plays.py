"""The commands of evals, handed on to it; it is slow to import, so only when one is called."""

from collections.abc import Callable

import typer

_HANDED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def add_to(app: typer.Typer) -> None:
    """Mount the commands; their options are read, and their ``--help`` answered, by evals."""
    app.command("simulate", context_settings=_HANDED_ON)(simulate)
    app.command("simulate-all", context_settings=_HANDED_ON)(simulate_all)
    app.command("bench", context_settings=_HANDED_ON)(bench)
    app.command("demo", context_settings=_HANDED_ON)(demo)


def simulate(context: typer.Context) -> None:
    """Play a day against the service in virtual time, and print the outcome."""
    from evals.cli import simulate as play

    _hand_on(play, context)


def simulate_all(context: typer.Context) -> None:
    """Play every day of a folder under several seeds, doing nothing and with the service, and print one table."""
    from evals.cli import simulate_all as play

    _hand_on(play, context)


def bench(context: typer.Context) -> None:
    """Measure the engines, each beside a baseline in the same run."""
    from evals.cli import bench as play

    _hand_on(play, context)


def demo(context: typer.Context) -> None:
    """Play a built-in city's day against a running server at 60 times real time, and print the address."""
    from evals.cli import demo as play

    _hand_on(play, context)


def _hand_on(play: Callable[..., None], context: typer.Context) -> None:
    command = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    command.command(context.info_name)(play)
    command(context.args, prog_name=context.command_path)
