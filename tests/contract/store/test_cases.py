from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from factories import DAY, at, make_case, make_proposal
from forestall.domain.ids import CaseId
from forestall.domain.vocabulary import CaseStatus
from forestall.errors import Conflict, NotFound
from forestall.store import Store

CASE = CaseId("case-1")


def test_a_case_comes_back_as_it_was_opened(store: Store) -> None:
    case = make_case(evidence={"p_late": 0.7, "stops": ["S001"]}, act_by=at(90), quiet_since=at(61))
    with store.write() as uow:
        uow.cases.add(case)
    with store.read() as uow:
        assert uow.cases.get(CASE) == case
        assert uow.cases.find_active(case.fingerprint) == case
        assert uow.cases.find(CaseId("case-2")) is None
        with pytest.raises(NotFound):
            uow.cases.get(CaseId("case-2"))


def test_one_root_cause_has_one_live_case(store: Store) -> None:
    with store.write() as uow:
        uow.cases.add(make_case("case-1", fingerprint="same"))
        with pytest.raises(Conflict) as caught:
            uow.cases.add(make_case("case-2", fingerprint="same"))
        assert caught.value.details == {"case_id": "case-1"}
        uow.cases.save(replace(uow.cases.get(CASE), status=CaseStatus.RESOLVED, revision=2, closed_at=at(70)))
        uow.cases.add(make_case("case-2", fingerprint="same"))
        assert uow.cases.get(CaseId("case-2")).status is CaseStatus.OPEN


def test_a_case_is_saved_on_the_revision_before(store: Store) -> None:
    with store.write() as uow:
        uow.cases.add(make_case())
        uow.cases.save(replace(make_case(), status=CaseStatus.PROPOSED, revision=2))
    with pytest.raises(Conflict) as caught, store.write() as uow:
        uow.cases.save(replace(make_case(), status=CaseStatus.EXPIRED, revision=2))
    assert caught.value.details == {"case_id": "case-1", "revision": 2, "status": "PROPOSED"}


def test_of_many_savers_of_one_revision_one_wins(store: Store) -> None:
    with store.write() as uow:
        uow.cases.add(make_case())

    def save(number: int) -> bool:
        try:
            with store.write() as uow:
                uow.cases.save(replace(make_case(), severity=float(number), revision=2))
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(save, range(24))) == 1


def test_cases_are_listed_newest_first_by_status_and_day(store: Store) -> None:
    with store.write() as uow:
        for number in range(4):
            status = CaseStatus.RESOLVED if number == 1 else CaseStatus.OPEN
            uow.cases.add(make_case(f"case-{number}", opened_at=at(number), status=status))
        uow.cases.add(make_case("elsewhere", day="another day"))
        assert [case.id for case in uow.cases.list(day=DAY)] == ["case-3", "case-2", "case-1", "case-0"]
        assert [case.id for case in uow.cases.list({CaseStatus.RESOLVED})] == ["case-1"]
        assert [case.id for case in uow.cases.list(day=DAY, limit=2)] == ["case-3", "case-2"]
        assert uow.cases.list([]) == []
        assert [case.id for case in uow.cases.list_active(DAY)] == ["case-3", "case-2", "case-0"]
        assert uow.cases.find_active("fingerprint of case-1") is None


def test_proposals_are_kept_by_plan_revision(store: Store) -> None:
    first, second = make_proposal(plan_rev=1), make_proposal(plan_rev=2, chosen=None, gate=None)
    with store.write() as uow:
        uow.cases.add(make_case())
        assert uow.proposals.find_latest(CASE) is None
        uow.proposals.add(second)
        uow.proposals.add(first)
        assert uow.proposals.list(CASE) == [first, second]
        assert uow.proposals.find_latest(CASE) == second
        assert uow.proposals.get(CASE, 1) == first
        with pytest.raises(NotFound):
            uow.proposals.get(CASE, 3)


def test_a_plan_revision_is_proposed_once(store: Store) -> None:
    with store.write() as uow:
        uow.cases.add(make_case())
        uow.proposals.add(make_proposal())
    with pytest.raises(Conflict), store.write() as uow:
        uow.proposals.add(make_proposal(planner="another"))
