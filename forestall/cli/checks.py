"""``forestall policy test`` and ``forestall audit verify``: proofs an operator can ask for."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from forestall.cli.output import BAD_INPUT, FAILED, print_json

JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


def verify_audit(as_json: JsonOption = False) -> None:
    """Recompute the audit log's chain of hashes; exit code 2 when a record does not follow from the one before."""
    from forestall.cli.parts import open_store, read_settings

    with open_store(read_settings()) as (store, _), store.read() as uow:
        bad = uow.audit.verify()
    if as_json:
        print_json({"sound": bad is None, "first_bad_seq": bad})
    else:
        print("sound" if bad is None else f"record {bad} does not follow from the one before it")
    if bad is not None:
        raise typer.Exit(BAD_INPUT)


def run_policy_examples(
    file: Annotated[
        Path | None, typer.Argument(help="YAML file of examples; default: the ones that come with the policies.")
    ] = None,
    policies: Annotated[
        str, typer.Option("--policies", help="active, a folder with an autonomy.cedar, or a kept version's id.")
    ] = "active",
    as_json: JsonOption = False,
) -> None:
    """Ask the policies in force every example's question; exit code 1 when an answer is not the one expected."""
    from agent.policy_life import find_texts
    from forestall.cli.parts import open_store, read_settings
    from policies.examples import BUILT_IN_EXAMPLES, read_examples, run_examples
    from policies.gate import Gate

    settings = read_settings()
    with open_store(settings) as (store, _), store.read() as uow:
        texts = find_texts(uow, policies, settings.policy_dir)
    outcomes = run_examples(Gate(texts), read_examples(file or BUILT_IN_EXAMPLES))
    wrong = [outcome for outcome in outcomes if outcome.mismatch]
    if as_json:
        print_json({"examples": len(outcomes), "wrong": [asdict(outcome) for outcome in wrong]})
    else:
        for outcome in outcomes:
            print(f"{'WRONG' if outcome.mismatch else 'ok   '} {outcome.story}: {outcome.said}")
            if outcome.mismatch:
                print(f"      {outcome.mismatch}")
        print(f"{len(outcomes)} examples, {len(wrong)} wrong")
    if wrong:
        raise typer.Exit(FAILED)
