"""``forestall switch``: stop the service, a hub or a tool, and let it go on."""

from typing import Annotated

import typer

from forestall.cli.output import print_json, print_rows
from forestall.domain.vocabulary import Position, SwitchScope

ScopeArgument = Annotated[SwitchScope, typer.Argument(case_sensitive=False, help="tenant, hub or tool.")]
SubjectArgument = Annotated[str, typer.Argument(help="The hub's id or the tool's name; nothing for tenant.")]
ByOption = Annotated[str, typer.Option("--by", help="Who sets it.")]
WhyOption = Annotated[str, typer.Option("--why", help="Why, for the record.")]


def make_group() -> typer.Typer:
    """The commands under ``forestall switch``."""
    group = typer.Typer(help="Stop the service, a hub or a tool, and let it go on.", no_args_is_help=True)
    group.command("set")(set_switch)
    group.command("list")(list_switches)
    return group


def set_switch(
    position: Annotated[Position, typer.Argument(case_sensitive=False, help="stop, shadow, suggest or run.")],
    scope: ScopeArgument,
    by: ByOption,
    why: WhyOption,
    subject: SubjectArgument = "",
) -> None:
    """Set a switch; every running process goes by it from its next commit and its next effect on."""
    from agent.switching import set_switch as put
    from forestall.cli.parts import open_store, read_settings
    from forestall.domain.switches import Switch

    with open_store(read_settings()) as (store, clock), store.write() as uow:
        put(uow, Switch(scope, subject, position, clock.now(), by, why))
    print(f"{scope.value}{f' {subject}' if subject else ''} stands at {position.value}")


def list_switches(as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False) -> None:
    """Every switch that was ever set, with who set it last and why."""
    from agent.wording import as_instant
    from forestall.cli.parts import open_store, read_settings

    with open_store(read_settings()) as (store, _), store.read() as uow:
        switches = uow.switches.list()
    if as_json:
        from agent.trace import as_object

        print_json({"switches": [as_object(switch) for switch in switches]})
        return
    print_rows(
        ("scope", "subject", "position", "since", "by", "why"),
        [(s.scope.value, s.subject or "–", s.position.value, as_instant(s.at), s.by, s.why) for s in switches],
    )
