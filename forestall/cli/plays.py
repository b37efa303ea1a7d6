"""The commands of evals, handed on to it; it is slow to import, so only when one is called."""

from collections.abc import Callable
from importlib import import_module

import typer

# ``forestall bench NAME``: where its function is, and what it measures; a benchmark joins with one line here.
_BENCHES = {
    "advisor": ("evals.bench_advisor:bench_advisor", "That a language model, however bad, does no harm to a day."),
    "city": ("evals.cli:bench_city", "Measure the engines on the city's day, each beside a baseline in the same run."),
    "growth": (
        "evals.bench_growth:bench_growth",
        "How the repair's cost grows, and how long it stalls the event loop.",
    ),
    "repair": ("evals.bench_repair:bench_repair", "Repair seeded disruptions of real days, engines side by side."),
    "learning": ("evals.learning_bench:bench_learning", "Measure the risk model's life over many labelled scores."),
    "forecast": ("evals.forecast_cli:bench_forecast", "How right forecasts are on simulated days that nobody alters."),
    "resolve": (
        "evals.bench_resolve:bench_resolve",
        "From an event to the committed action, 300 stops a hub.",
    ),
    "sweep": ("evals.bench_sweep:bench_sweep", "Measure a sweep of a made-up state: CPU seconds, memory, a what-if."),
    "risk": ("evals.risk_bench.command:bench_risk", "Judge the learned layer on real records, beside the baselines."),
}
_HANDED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def add_to(app: typer.Typer) -> None:
    """Mount the commands; their options are read, and their ``--help`` answered, by evals."""
    app.command("simulate", context_settings=_HANDED_ON)(simulate)
    app.command("eval", context_settings=_HANDED_ON)(evaluate)
    app.command("eval-scenarios", context_settings=_HANDED_ON)(eval_scenarios)
    app.add_typer(_benches())
    app.command("rehearse", context_settings=_HANDED_ON)(rehearse)
    app.command("demo", context_settings=_HANDED_ON)(demo)


def simulate(context: typer.Context) -> None:
    """Play a day against the service in virtual time, and print the outcome."""
    from evals.cli import simulate as play

    _hand_on(play, context)


def evaluate(context: typer.Context) -> None:
    """Play many days under several seeds and arms, and tell what acting saved and cost, with intervals."""
    from evals.evaluation.command import evaluate as play

    _hand_on(play, context)


def eval_scenarios(context: typer.Context) -> None:
    """Play the scenario suite: named situations, each with the database state it must end in."""
    from evals.scenarios.command import eval_scenarios as play

    _hand_on(play, context)


def rehearse(context: typer.Context) -> None:
    """Play days one after another into the configured database, watched and never acted on, for the risk model."""
    from evals.cli import rehearse as play

    _hand_on(play, context)


def demo(context: typer.Context) -> None:
    """Play a built-in city's day against a running server at 60 times real time, and print the address."""
    from evals.cli import demo as play

    _hand_on(play, context)


def _benches() -> typer.Typer:
    group = typer.Typer(
        name="bench", help="Measure, each thing beside a baseline in the same run.", no_args_is_help=True
    )
    for name, (place, text) in _BENCHES.items():
        group.command(name, help=text, context_settings=_HANDED_ON)(_bench(place))
    return group


def _bench(place: str) -> Callable[[typer.Context], None]:
    module, function = place.split(":")

    def run(context: typer.Context) -> None:
        _hand_on(getattr(import_module(module), function), context)

    return run


def _hand_on(play: Callable[..., None], context: typer.Context) -> None:
    command = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
    command.command(context.info_name)(play)
    command(context.args, prog_name=context.command_path)
