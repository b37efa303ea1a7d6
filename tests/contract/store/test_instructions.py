from dataclasses import replace

import pytest

from factories import DAY, at, make_instruction, make_plan
from forestall.domain.ids import CaseId, RouteId
from forestall.domain.vocabulary import Channel, InstructionStatus
from forestall.errors import Conflict
from forestall.store import Store
from forestall.store.picture import content_id

R1 = RouteId("R01")
FIRST = make_instruction()
SECOND = replace(FIRST, plan_version=3, told_at=at(62), answer_by=at(67), next_at=at(67))


@pytest.fixture
def told(store: Store) -> Store:
    with store.write() as uow:
        uow.plans.put(make_plan(DAY))
        uow.instructions.add([FIRST, SECOND])
    return store


def test_an_instruction_is_kept_whole(told: Store) -> None:
    with told.read() as uow:
        assert uow.instructions.list_unconfirmed(R1) == [FIRST, SECOND]
        assert uow.instructions.list_for_case(CaseId("case-1")) == [FIRST, SECOND]


def test_a_plan_version_is_told_once(told: Store) -> None:
    with pytest.raises(Conflict), told.write() as uow:
        uow.instructions.add([FIRST])


def test_who_confirms_a_plan_has_confirmed_those_before_it_and_none_after(told: Store) -> None:
    with told.write() as uow:
        assert uow.instructions.acknowledge(R1, 2, at(63)) == 1
        assert uow.instructions.acknowledge(R1, 2, at(64)) == 0
        assert uow.instructions.list_unconfirmed(R1) == [SECOND]
        [first, _] = uow.instructions.list_for_case(CaseId("case-1"))
        assert (first.status, first.settled_at) == (InstructionStatus.ACKNOWLEDGED, at(63))


def test_one_is_due_when_its_next_channel_is_and_never_once_settled_or_with_a_person(told: Store) -> None:
    with told.write() as uow:
        assert uow.instructions.list_due(at(64)) == []
        assert uow.instructions.list_due(at(65)) == [FIRST]
        uow.instructions.put_off(R1, Channel.VOICE, at(70), None)
        assert [one.channel for one in uow.instructions.list_due(at(70))] == [Channel.VOICE, Channel.VOICE]
        uow.instructions.put_off(R1, Channel.VOICE, None, at(70))
        assert uow.instructions.list_due(at(700)) == []


def test_a_snapshot_holds_what_is_unconfirmed_and_its_id_speaks_of_it(told: Store) -> None:
    with told.read() as uow:
        before = uow.state.load_snapshot(DAY, at(64))
    with told.write() as uow:
        uow.instructions.drop(R1, at(64))
    with told.read() as uow:
        after = uow.state.load_snapshot(DAY, at(64))
    assert (before.instructions, after.instructions) == ((FIRST, SECOND), ())
    assert before.id == content_id(before) != after.id == content_id(after)


def test_a_day_that_is_removed_takes_its_instructions_along(told: Store) -> None:
    with told.write() as uow:
        uow.plans.remove(DAY)
    with told.read() as uow:
        assert uow.instructions.list_for_case(CaseId("case-1")) == []
