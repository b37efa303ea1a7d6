"""``forestall policy``: examples, differences, trial on the record, and what is in force."""

import re
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from forestall.cli.checks import run_policy_examples
from forestall.cli.output import print_json, print_rows
from forestall.errors import BadInput, Problem

JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
ByOption = Annotated[str, typer.Option("--by", help="Who does this, for the record.")]
_NAMED = "`active`, a folder with an autonomy.cedar, or the id of a kept version."
_UNITS = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}
_SPAN = re.compile(r"(\d+)([dhm])")


def make_group() -> typer.Typer:
    """The commands under ``forestall policy``."""
    group = typer.Typer(help="Check the policies, and put others in force.", no_args_is_help=True)
    group.command("test")(run_policy_examples)
    group.command("status")(show_status)
    group.command("draft")(draft_version)
    group.command("diff")(show_difference)
    group.command("shadow")(shadow_version)
    group.command("promote")(promote_version)
    return group


def show_status(as_json: JsonOption = False) -> None:
    """Which policies are in force, and every version there is."""
    from agent.policy_life import ACTIVE, find_texts
    from agent.wording import as_instant
    from forestall.cli.parts import open_store, read_settings

    settings = read_settings()
    with open_store(settings) as (store, _), store.read() as uow:
        in_force, versions = find_texts(uow, ACTIVE, settings.policy_dir).version, uow.policies.list()
    if as_json:
        from agent.trace import as_object

        texts = {"own", "policies", "schema"}
        rows = [{k: v for k, v in as_object(one).items() if k not in texts} for one in versions]
        print_json({"in_force": in_force, "versions": rows})
        return
    print(f"in force: {in_force}{'' if versions else ' (from files; no version was ever put in force)'}")
    print_rows(
        ("version", "status", "author", "drafted", "decided", "by", "why"),
        [
            (
                one.id,
                one.status.value,
                one.author,
                as_instant(one.drafted_at),
                as_instant(one.decided_at) if one.decided_at else "–",
                one.decided_by or "–",
                one.why or "–",
            )
            for one in versions
        ],
    )


def draft_version(
    folder: Annotated[Path, typer.Argument(help="A folder with an autonomy.cedar.", exists=True, file_okay=False)],
    by: ByOption,
    as_json: JsonOption = False,
) -> None:
    """Keep a folder's policies as a draft, once they are valid, and print the version's id."""
    from agent.policy_life import draft
    from forestall.cli.parts import open_store, read_settings

    with open_store(read_settings()) as (store, clock), store.write() as uow:
        version = draft(uow, folder, by, clock.now())
    if as_json:
        print_json({"version": version.id, "status": version.status.value})
    else:
        print(version.id)


def show_difference(
    old: Annotated[str, typer.Argument(help=_NAMED)],
    new: Annotated[str, typer.Argument(help=_NAMED)],
    as_json: JsonOption = False,
) -> None:
    """What changes from OLD to NEW, policy by policy."""
    from agent.policy_life import find_texts
    from forestall.cli.parts import open_store, read_settings
    from policies.comparison import compare
    from policies.gate import Gate

    settings = read_settings()
    with open_store(settings) as (store, _), store.read() as uow:
        before, after = (find_texts(uow, name, settings.policy_dir) for name in (old, new))
    for texts in (before, after):
        Gate(texts)  # only valid policies can be told apart
    found = compare(before, after)
    if as_json:
        print_json({"old": before.version, "new": after.version, **asdict(found)})
        return
    for word, names in (("added", found.added), ("removed", found.removed), ("changed", found.changed)):
        for name in names:
            print(f"{word}: {name}")
    print("\n".join(found.lines) or "no difference")


def shadow_version(
    name: Annotated[str, typer.Argument(metavar="NEW", help=_NAMED)],
    since: Annotated[str, typer.Option(help="How far back: 30d, 12h, 90m.")] = "30d",
    as_json: JsonOption = False,
) -> None:
    """Put recorded questions to other policies: how many plans would be treated otherwise, and which."""
    from agent.policy_life import find_texts, shadow, try_on_record
    from forestall.cli.parts import open_store, read_settings

    settings, span = read_settings(), _read_span(since)
    with open_store(settings) as (store, clock), store.write() as uow:
        texts, start = find_texts(uow, name, settings.policy_dir), clock.now() - span
        kept = next((one for one in uow.policies.list() if one.id == texts.version), None)
        result = try_on_record(uow, texts, start) if kept is None else shadow(uow, kept.id, start, clock.now())
    if as_json:
        print_json({"version": texts.version, "since": start.isoformat(), **asdict(result)})
        return
    print(f"{texts.version} changes {len(result.changes)} of {result.asked} plans since {start.isoformat()}")
    if result.unrecorded:
        print(f"{result.unrecorded} further plans were made before questions were kept")
    for one in result.changes:
        print(f"{one.case_id} plan {one.plan_rev}: {one.was.value} > {one.becomes.value} ({', '.join(one.policy_ids)})")


def promote_version(
    version: Annotated[str, typer.Argument(help="The id of a kept version that was tried on the record.")],
    by: ByOption,
    why: Annotated[str, typer.Option("--why", help="Why, for the record.")],
    as_json: JsonOption = False,
) -> None:
    """Put a version in force; running services take it over by themselves. Its author can't do this."""
    from agent.policy_life import promote
    from forestall.cli.parts import open_store, read_settings
    from forestall.domain.ids import PolicyVersionId

    with open_store(read_settings()) as (store, clock), store.write() as uow:
        done = promote(uow, PolicyVersionId(version), by, why, clock.now())
    if as_json:
        print_json({"version": done.id, "status": done.status.value})
    else:
        print(f"{done.id} is in force")


def _read_span(text: str) -> timedelta:
    found = _SPAN.fullmatch(text)
    if found is None:
        problem = Problem("--since", f"{text!r} is no span of time", "write for example 30d, 12h or 90m")
        raise BadInput("The span can't be read.", [problem])
    return int(found[1]) * _UNITS[found[2]]
