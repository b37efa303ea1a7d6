"""What people decided otherwise is scored both ways once its day is known, on both databases."""

import json

from typer.testing import CliRunner

from agent.overrides.report import describe_overrides_report, read_overrides_report
from factories import make_plan
from field import Field
from forestall.cli.commands import make_app
from forestall.domain.overrides import OverrideScore
from forestall.domain.vocabulary import CaseKind, OverrideReason, Verdict


def refused_rescue(field: Field) -> None:
    """People decide all. A breakdown at 40 asks whether the spare may fetch the goods; the dispatcher says no at 42."""
    field.restart(mode="SUGGEST")
    field.begin(make_plan(route_count=1, stops_each=4))
    field.break_down()
    field.tick_at(41)
    [case] = field.cases
    with field.service.store.read() as uow:
        question = uow.approvals.find_open(case.id)
    field.service.answer(
        case.id, question.interrupt_id, "reject", by="ann", reason=OverrideReason.LOCAL_KNOWLEDGE, note="I know better"
    )
    field.tick_at(43)


def scores(field: Field) -> list[OverrideScore]:
    with field.service.store.read() as uow:
        return uow.overrides.list()


def end_the_day(field: Field) -> None:
    """Six hours after the hub has closed nothing more can come of it."""
    field.tick_at(720 + 6 * 60 + 1)


def test_a_refusal_is_scored_when_the_day_is_known_and_not_before(field):
    refused_rescue(field)
    field.tick_at(300)
    assert scores(field) == []
    end_the_day(field)
    [score] = [one for one in scores(field) if one.reason is OverrideReason.LOCAL_KNOWLEDGE]
    assert (score.verdict, score.case_kind) == (Verdict.REJECTED, CaseKind.VEHICLE_BREAKDOWN)
    assert score.role == "dispatcher"
    assert "RESCUE_TRANSFER" in score.kinds


def test_a_rescue_that_was_refused_would_have_kept_what_was_lost(field):
    refused_rescue(field)
    end_the_day(field)
    [score] = [one for one in scores(field) if one.verdict is Verdict.REJECTED]
    assert (score.stops, score.kept_done, score.kept_proposed, score.kept_really) == (4, 0, 4, 0)


def test_a_question_that_nobody_answered_is_an_override_by_nobody(field):
    field.restart(mode="SUGGEST")
    field.begin(make_plan(route_count=1, stops_each=4))
    field.break_down()
    for minute in range(41, 200, 10):
        field.tick_at(minute)
    end_the_day(field)
    lapsed = [one for one in scores(field) if one.verdict is Verdict.EXPIRED]
    assert lapsed
    assert {one.role for one in lapsed} == {""}


def test_scoring_again_changes_nothing(field):
    refused_rescue(field)
    end_the_day(field)
    before = scores(field)
    field.restart(mode="SUGGEST")
    field.tick_at(720 + 8 * 60)
    assert scores(field) == before != []


def test_what_went_as_proposed_is_no_override(field):
    field.begin()
    field.break_down()
    field.tick_at(41)
    end_the_day(field)
    assert not [one for one in scores(field) if one.verdict is not Verdict.EXPIRED]


def test_the_report_counts_and_suggests_nothing_from_one_case(field):
    refused_rescue(field)
    end_the_day(field)
    with field.service.store.read() as uow:
        report = describe_overrides_report(read_overrides_report(uow, field.clock.now()))
    assert report["suggestions"] == []
    assert report["by_reason"]["LOCAL_KNOWLEDGE"]["wrong"] == 1
    assert report["by_case_kind"]["VEHICLE_BREAKDOWN"]["kept_proposed"] >= 4
    assert "ann" not in json.dumps(report)


def test_a_role_that_one_person_fills_is_not_told_apart(field):
    refused_rescue(field)
    end_the_day(field)
    with field.service.store.read() as uow:
        report = read_overrides_report(uow, field.clock.now())
    assert "dispatcher" not in report.by["role"]


def test_the_command_prints_one_json_object(field, monkeypatch):
    refused_rescue(field)
    end_the_day(field)
    monkeypatch.setenv("FORESTALL_DATABASE_URL", field.service.store.url)
    monkeypatch.setenv("FORESTALL_CLOCK_START", field.clock.now().isoformat())
    shown = CliRunner().invoke(make_app(), ["overrides", "report", "--json"])
    assert json.loads(shown.stdout)["all"]["overrides"] >= 1
    table = CliRunner().invoke(make_app(), ["overrides", "report"])
    assert "LOCAL_KNOWLEDGE" in table.stdout
