"""``forestall eval-scenarios``: play the stories and say which do not end as they should."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from forestall.errors import BadInput, Problem

if TYPE_CHECKING:
    from evals.scenarios.suite import Outcome

_NEEDED = "pydantic_evals"  # of the development environment alone: nothing of the service needs it


def eval_scenarios(
    names: Annotated[
        list[str] | None, typer.Argument(help="Only stories whose name contains this, or of this theme.")
    ] = None,
    trials: Annotated[int, typer.Option(help="How often each is played, with other luck each time.", min=1)] = 1,
    turned_off: Annotated[
        bool, typer.Option("--turned-off", help="Leave out what each story turns on: now every one should fail.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout and nothing else.")] = False,
) -> None:
    """Play the scenario suite and compare the final database state of each story with what it should be."""
    try:
        from evals.scenarios.suite import choose_stories, pass_hat_k, run_stories
    except ModuleNotFoundError as missing:
        if missing.name != _NEEDED:
            raise
        problem = Problem(_NEEDED, "is not installed", "install the development dependencies (requirements.lock)")
        raise BadInput("The scenario suite can't run.", [problem]) from missing
    chosen = choose_stories(names or ())
    if not chosen:
        problem = Problem("names", f"no story is called {' or '.join(names or ())}", "leave it out to see all names")
        raise BadInput("There is nothing to play.", [problem])
    outcomes = run_stories(chosen, trials, turned_off=turned_off)
    as_should = [outcome for outcome in outcomes if (outcome.passes == 0 if turned_off else outcome.passed)]
    hat = {str(k): round(pass_hat_k(outcomes, k), 4) for k in range(1, trials + 1)}
    if as_json:
        body = {
            "scenarios": [
                {
                    "name": one.story.name,
                    "theme": one.story.theme,
                    "text": one.story.text,
                    "passed": one.passed,
                    "trials": one.trials,
                    "passes": one.passes,
                    "differences": list(one.faults),
                }
                for one in outcomes
            ],
            "count": len(outcomes),
            "passed": sum(one.passed for one in outcomes),
            "trials": trials,
            "turned_off": turned_off,
            "pass_hat_k": hat,
        }
        sys.stdout.write(json.dumps(body) + "\n")
    else:
        _print(Console(), outcomes, hat)
    if len(as_should) < len(outcomes):
        raise typer.Exit(1)


def _print(console: Console, outcomes: "Sequence[Outcome]", hat: Mapping[str, float]) -> None:
    theme = ""
    for one in outcomes:
        if one.story.theme != theme:
            theme = one.story.theme
            console.print(f"\n[bold]{theme}[/bold]")
        console.print(f"  {'ok  ' if one.passed else 'FAIL'} {one.story.name} ({one.passes} of {one.trials})")
        for fault in one.faults:
            console.print(f"       {fault}", markup=False, highlight=False)
    console.print(f"\n{sum(one.passed for one in outcomes)} of {len(outcomes)} stories end as they should;", end=" ")
    console.print(", ".join(f"pass^{k} {value:.3f}" for k, value in hat.items()))
