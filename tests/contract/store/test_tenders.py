from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from factories import DAY, START, at, make_case, make_plan
from forestall.domain.ids import CarrierId, CaseId, HubId, RouteId, StopId, TenderId
from forestall.domain.tenders import Tender, tender_id_of
from forestall.domain.vocabulary import TenderStatus
from forestall.errors import Conflict
from forestall.store import Store
from forestall.store.picture import content_id

CASE = CaseId("case-1")
TENDER = Tender(
    tender_id_of(CASE, 1), CASE, 1, DAY, HubId("H1"), CarrierId("GIG"), (StopId("S001"), StopId("S002")),
    (RouteId("R01"),), 240, at(60), at(70),
)  # fmt: skip


@pytest.fixture
def tendered(store: Store) -> Store:
    with store.write() as uow:
        uow.plans.put(make_plan(DAY))
        uow.cases.add(make_case())
        uow.tenders.add(TENDER)
    return store


def test_a_tender_is_kept_whole(tendered: Store) -> None:
    with tendered.read() as uow:
        assert uow.tenders.find(TENDER.id) == TENDER
        assert uow.tenders.find(TenderId("none")) is None
        assert uow.tenders.list_for_case(CASE) == uow.tenders.list_of_day(DAY) == [TENDER]


def test_a_plan_revision_makes_one_tender(tendered: Store) -> None:
    with pytest.raises(Conflict), tendered.write() as uow:
        uow.tenders.add(TENDER)


def test_one_of_two_answers_at_once_stands(tendered: Store) -> None:
    def say(status: TenderStatus) -> bool:
        with tendered.write() as uow:
            return uow.tenders.answer(TENDER.id, status, at(65))

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(say, [TenderStatus.ACCEPTED, TenderStatus.DECLINED])) == [False, True]


def test_it_waits_to_be_settled_once_answered_or_past_its_deadline(tendered: Store) -> None:
    with tendered.write() as uow:
        assert uow.tenders.list_unsettled(at(70)) == []
        assert uow.tenders.list_unsettled(at(71)) == [TENDER]
        uow.tenders.answer(TENDER.id, TenderStatus.ACCEPTED, at(65))
        [answered] = uow.tenders.list_unsettled(at(66))
        assert answered == replace(TENDER, status=TenderStatus.ACCEPTED, answered_at=at(65))
        assert not uow.tenders.settle(TENDER, TenderStatus.SILENT)
        assert uow.tenders.settle(answered, TenderStatus.ACCEPTED)
        assert not uow.tenders.settle(answered, TenderStatus.ACCEPTED)
        assert uow.tenders.list_unsettled(at(90)) == []


def test_a_snapshot_holds_the_days_tenders_under_its_hash(tendered: Store) -> None:
    with tendered.write() as uow:
        before = uow.state.load_snapshot(DAY, START)
        uow.tenders.answer(TENDER.id, TenderStatus.DECLINED, at(65))
        after = uow.state.load_snapshot(DAY, START)
        uow.snapshots.keep(after)
    assert before.tenders == (TENDER,)
    assert before.id != after.id == content_id(after)
    with tendered.read() as uow:
        assert uow.snapshots.get(after.id) == after


def test_a_day_that_is_removed_takes_its_tenders_along(tendered: Store) -> None:
    with tendered.write() as uow:
        uow.plans.remove(DAY)
        assert uow.tenders.list_of_day(DAY) == []
