"""``forestall risk``: the life of the risk model: train, evaluate, promote, watch for drift, report."""

import sys
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forestall.cli.output import FAILED, print_json, print_rows

if TYPE_CHECKING:
    from agent.learning.contest import Contest
    from forestall.domain.ids import ModelId
    from forestall.domain.vocabulary import ModelKind
    from forestall.store import UnitOfWork

AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="As known then, UTC. [default: now]"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on stdout and nothing else.")]
ModelArgument = Annotated[
    str | None, typer.Argument(metavar="[MODEL]", help="Its id; without one, the kind's newest challenger.")
]


class _Kind(StrEnum):
    """What a model foretells, as a word of the command line."""

    LATE = "late"
    FAILED = "failed"

    @property
    def model_kind(self) -> "ModelKind":
        from forestall.domain.vocabulary import ModelKind

        return ModelKind[self.name]


KindOption = Annotated[_Kind, typer.Option("--kind", help="What it foretells: late stops or failed first attempts.")]


def make_group() -> typer.Typer:
    """The commands; without one, the state of things is shown."""
    group = typer.Typer(name="risk", help="Train, judge and put in force the risk model.", invoke_without_command=True)
    group.callback()(show_risk)
    for name, command in (
        ("train", train), ("evaluate", evaluate), ("promote", promote), ("drift", show_drift), ("report", report),
    ):  # fmt: skip
        group.command(name)(command)
    return group


def show_risk(context: typer.Context, as_json: JsonOption = False) -> None:
    """Train, judge and put in force the risk model. Without a command: which model is in force, and all there are."""
    if context.invoked_subcommand is not None:
        return
    from agent.learning.kinds import WORDS
    from agent.learning.report import describe_drift, describe_in_force, describe_model, list_in_force, say_standing
    from forestall.cli.parts import open_store, read_settings

    with open_store(read_settings()) as (store, _), store.read() as uow:
        in_force, models, drift = list_in_force(uow), uow.models.list_all(), uow.drift.list_states()
    if as_json:
        print_json(
            {
                "in_force": describe_in_force(in_force),
                "models": [describe_model(model) for model in models],
                "drift": [describe_drift(state) for state in drift],
            }
        )
        return
    print(say_standing(in_force, drift))
    print_rows(
        ("model", "foretells", "status", "trained", "scores", "why"),
        [
            (m.id, WORDS[m.kind], m.status.value, _minute(m.trained_at), m.trained_on.get("scores"), m.why or "-")
            for m in models
        ],
    )


def train(
    kind: KindOption = _Kind.LATE,
    hold_out: Annotated[int, typer.Option(min=0, help="Newest labelled days kept for judging.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the training.")] = 1,
    as_of: AsOf = None,
    as_json: JsonOption = False,
) -> None:
    """Train a challenger on the labelled days but the newest; what was acted on is left out.

    Late stops and failed first attempts have a model each, trained, judged and put in force apart.
    """
    from agent.learning.report import describe_model
    from agent.learning.training import train_challenger
    from forestall.cli.parts import open_store, read_settings

    with open_store(read_settings()) as (store, clock):
        model = train_challenger(store, _instant(as_of) or clock.now(), hold_out, seed, _say, kind.model_kind)
    if as_json:
        print_json(describe_model(model))
        return
    print(f"{model.id} is trained on {model.trained_on['scores']} scores of {len(_days(model.trained_on))} days")
    print(f"it is a challenger: `forestall risk evaluate {model.id}`, then `forestall risk promote {model.id}`")


def evaluate(
    model: ModelArgument = None,
    kind: KindOption = _Kind.LATE,
    as_of: AsOf = None,
    as_json: JsonOption = False,
) -> None:
    """Judge a challenger beside the model in force and the cold start, on the newest days none of them has seen."""
    from agent.learning.contest import hold_contest
    from agent.learning.training import MOST_SCORES, describe_contest
    from forestall.cli.parts import open_store, read_settings

    with open_store(read_settings()) as (store, clock), store.read() as uow:
        challenger = uow.models.get(_named(uow, model, kind))
        _say(f"judging {challenger.id}")
        contest = hold_contest(uow, challenger, _instant(as_of) or clock.now(), MOST_SCORES)
    if as_json:
        print_json(describe_contest(contest))
        return
    _print_contest(contest)


def promote(
    model: ModelArgument = None,
    kind: KindOption = _Kind.LATE,
    by: Annotated[str, typer.Option(help="Who decides this, for the record.")] = "command line",
    as_of: AsOf = None,
    as_json: JsonOption = False,
) -> None:
    """Put a model in force if its log loss is better and its ECE no worse on untouched days; exit code 1 if not."""
    from agent.learning.training import describe_contest
    from agent.learning.training import promote as promote_model
    from forestall.cli.parts import open_store, read_settings

    with open_store(read_settings()) as (store, clock):
        with store.read() as uow:
            model_id = _named(uow, model, kind)
        _say(f"judging {model_id}")
        contest = promote_model(store, model_id, by, _instant(as_of) or clock.now())
    if as_json:
        print_json({"promoted": not contest.objections, **describe_contest(contest)})
    else:
        _print_contest(contest)
        print("not promoted" if contest.objections else "promoted: the service uses it from its next step on")
    if contest.objections:
        raise typer.Exit(FAILED)


def show_drift(
    check: Annotated[bool, typer.Option("--check", help="Label and judge now, as the service does by itself.")] = False,
    as_of: AsOf = None,
    as_json: JsonOption = False,
) -> None:
    """Show how each hub's forecast stands against its band, by lead time."""
    from agent.learning.report import describe_drift, lead_words
    from forestall.bootstrap import make_learning
    from forestall.cli.parts import open_store, read_settings

    settings = read_settings()
    with open_store(settings) as (store, clock):
        if check:
            make_learning(settings, store).run(_instant(as_of) or clock.now())
        with store.read() as uow:
            states = uow.drift.list_states()
    if as_json:
        print_json({"states": [describe_drift(state) for state in states]})
        return
    print_rows(
        ("hub", "ahead", "stands", "since", "ece", "at most", "held", "at least", "stops"),
        [
            (
                state.hub_id,
                lead_words(state.lead_min),
                "DRIFTING" if state.is_drifting else "calibrated",
                _minute(state.since),
                f"{state.ece:.4f}",
                f"{state.ece_limit:.4f}",
                "-" if state.coverage is None else f"{state.coverage:.3f}",
                "-" if state.coverage_limit is None else f"{state.coverage_limit:.3f}",
                state.n,
            )
            for state in states
        ],
    )


def report(
    html: Annotated[Path | None, typer.Option(help="Write the page to this file.", dir_okay=False)] = None,
    as_of: AsOf = None,
    as_json: JsonOption = False,
) -> None:
    """Say how often what was forecast came true, per hub and lead time; as a page with diagrams, or as JSON."""
    from agent.learning.diagram import render_page
    from agent.learning.drift import watch_of
    from agent.learning.report import describe_report, lead_words, read_report, say_standing
    from forestall.cli.parts import open_store, read_settings

    settings = read_settings()
    with open_store(settings) as (store, clock), store.read() as uow:
        found = read_report(uow, watch_of(settings), _instant(as_of) or clock.now())
    if html is not None:
        html.write_text(render_page(found), encoding="utf-8")
        _say(f"written to {html}")
    if as_json:
        print_json(describe_report(found))
        return
    print(say_standing(found.in_force, found.drift))
    print_rows(
        ("hub", "ahead", "ece", "at most", "held", "stops"),
        [
            (
                one.hub_id or "all",
                lead_words(one.lead_min),
                f"{one.standing.ece:.4f}",
                f"{one.standing.ece_limit:.4f}",
                "-" if one.standing.coverage is None else f"{one.standing.coverage:.3f}",
                one.standing.n,
            )
            for one in found.diagrams
        ],
    )


def _named(uow: "UnitOfWork", model: str | None, kind: _Kind) -> "ModelId":
    """The id given, else that of the kind's newest challenger. NotFound when there is none."""
    from forestall.domain.ids import ModelId
    from forestall.domain.vocabulary import ModelStatus
    from forestall.errors import NotFound

    if model is not None:
        return ModelId(model)
    challengers = [one for one in uow.models.list_all(kind.model_kind) if one.status is ModelStatus.CHALLENGER]
    if not challengers:
        raise NotFound(f"there is no challenger; train one with `forestall risk train --kind {kind}`")
    return challengers[0].id


def _print_contest(contest: "Contest") -> None:
    print(f"on {', '.join(contest.days)}: {contest.scores} scores, {contest.censored} censored")
    rows = [
        (f"{contest.challenger_id} (challenger)", contest.challenger),
        *([(f"{contest.active_id} (in force)", contest.active)] if contest.active else []),
        ("cold start", contest.cold_start),
    ]
    print_rows(
        ("", "log loss", "ece", "auc", "brier skill"),
        [
            (name, *("-" if x is None else f"{x:.4f}" for x in (m.log_loss, m.ece, m.auc, m.brier_skill)))
            for name, m in rows
        ],
    )
    for objection in contest.objections:
        print(f"no: {objection}")


def _days(trained_on: object) -> list[object]:
    assert isinstance(trained_on, dict)
    return list(trained_on["days"])


def _instant(as_of: datetime | None) -> datetime | None:
    return None if as_of is None else as_of.replace(tzinfo=UTC)


def _minute(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%d %H:%M")


def _say(text: str) -> None:
    """Progress, beside the output."""
    print(text, file=sys.stderr)
