from dataclasses import replace

import pytest

from factories import DAY, at, make_case, make_decision, make_override, make_plan
from forestall.domain.ids import CaseId
from forestall.domain.vocabulary import Verdict
from forestall.store import Store

NOES = {Verdict.REJECTED, Verdict.VETOED}


@pytest.fixture
def decided(store: Store) -> Store:
    with store.write() as uow:
        uow.plans.put(make_plan(DAY))
        uow.cases.add(make_case("case-1"))
        uow.decisions.add(make_decision("d1", verdict=Verdict.REJECTED, actor="ann", candidate_id=None))
        uow.decisions.add(make_decision("d2", verdict=Verdict.VETOED, actor="bob", candidate_id=None, at=at(64)))
        uow.decisions.add(make_decision("d3", verdict=Verdict.AUTOMATIC))
    return store


SCORE = make_override("d1", case_id=CaseId("case-1"))


def test_a_score_is_kept_whole_and_once(decided: Store) -> None:
    with decided.write() as uow:
        uow.overrides.add([SCORE])
        uow.overrides.add([replace(SCORE, kept_done=0)])
    with decided.read() as uow:
        assert uow.overrides.list() == [SCORE]
        assert uow.overrides.find(SCORE.decision_id) == SCORE


def test_what_has_no_score_is_listed_by_day(decided: Store) -> None:
    with decided.write() as uow:
        assert [one.id for one in uow.overrides.list_unscored(NOES)[DAY]] == ["d1", "d2"]
        uow.overrides.add([SCORE])
        assert [one.id for one in uow.overrides.list_unscored(NOES)[DAY]] == ["d2"]


def test_a_day_that_is_gone_waits_for_no_score(decided: Store) -> None:
    with decided.write() as uow:
        uow.plans.remove(DAY)
        assert uow.overrides.list_unscored(NOES) == {}


def test_scores_are_found_by_when_it_was_decided(decided: Store) -> None:
    with decided.write() as uow:
        uow.overrides.add([SCORE])
        assert uow.overrides.list(since=at(60), until=at(61)) == [SCORE]
        assert uow.overrides.list(since=at(61)) == uow.overrides.list(until=at(60)) == []


def test_people_are_counted_and_not_named(decided: Store) -> None:
    with decided.write() as uow:
        uow.overrides.add([SCORE, replace(SCORE, decision_id="d2"), make_override("d3", role="admin")])
        assert [uow.overrides.count_people(role) for role in ("dispatcher", "admin", "auditor")] == [2, 1, 0]
