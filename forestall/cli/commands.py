"""The commands by name; each module below holds the functions of one concern."""

from collections.abc import Callable

import typer

from forestall.cli import (
    cases,
    checks,
    constraints,
    database,
    overrides,
    plans,
    plays,
    policies,
    risk,
    server,
    show_settings,
    switches,
    travel,
)


def make_app() -> typer.Typer:
    """The whole command line."""
    app = typer.Typer(
        name="forestall",
        help="Forecasts which delivery promises will be broken, and acts before they are.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    app.command("serve")(server.serve)
    app.command("import")(plans.import_plan)
    plays.add_to(app)
    app.add_typer(_group("case", "Look at cases.", show=cases.show_case, list=cases.list_cases))
    app.add_typer(policies.make_group(), name="policy")
    app.add_typer(_group("overrides", "Learn from people's decisions.", report=overrides.report_overrides))
    app.add_typer(_group("audit", "Check the audit log.", verify=checks.verify_audit))
    app.add_typer(_group("db", "Look after the database.", migrate=database.migrate))
    app.add_typer(_group("travel", "Travel times.", fit=travel.fit))
    app.command("constraints")(constraints.list_constraints)
    app.add_typer(risk.make_group())
    app.add_typer(switches.make_group(), name="switch")
    app.command("settings")(show_settings.show_settings)
    return app


def _group(name: str, text: str, **commands: Callable[..., None]) -> typer.Typer:
    group = typer.Typer(name=name, help=text, no_args_is_help=True)
    for command, function in commands.items():
        group.command(command)(function)
    return group
