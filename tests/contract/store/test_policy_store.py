"""Versions of the policies and switches, as every database keeps them."""

from dataclasses import replace

import pytest

from factories import START, at, make_effect
from forestall.domain.ids import HubId, PolicyVersionId
from forestall.domain.policies import PolicyVersion
from forestall.domain.switches import Switch, Switchboard
from forestall.domain.vocabulary import PolicyStatus, Position, SwitchScope, Tool
from forestall.errors import Conflict, NotFound
from forestall.store import Store

FIRST = PolicyVersion(PolicyVersionId("v1"), "own", "all", "schema", PolicyStatus.DRAFT, "ann", START)
SECOND = replace(FIRST, id=PolicyVersionId("v2"), drafted_at=at(1))
STOP_HUB = Switch(SwitchScope.HUB, "H1", Position.STOP, START, "ann", "a drill")


def test_a_version_is_kept_whole_and_once(store: Store) -> None:
    with store.write() as uow:
        uow.policies.add(FIRST)
        assert uow.policies.get(FIRST.id) == FIRST
    with pytest.raises(Conflict), store.write() as uow:
        uow.policies.add(FIRST)
    with pytest.raises(NotFound), store.read() as uow:
        uow.policies.get(SECOND.id)


def test_one_version_is_in_force_and_the_one_before_it_is_retired(store: Store) -> None:
    with store.write() as uow:
        for minute, version in enumerate((FIRST, SECOND), start=2):
            uow.policies.add(version)
            uow.policies.activate(version.id, at(minute), "bob", "better")
    with store.read() as uow:
        assert uow.policies.find_active_id() == SECOND.id
        assert [version.id for version in uow.policies.list_retired()] == [FIRST.id]
        assert [version.id for version in uow.policies.list()] == [SECOND.id, FIRST.id]


def test_only_a_draft_is_marked_as_tried(store: Store) -> None:
    with store.write() as uow:
        uow.policies.add(FIRST)
        uow.policies.mark_shadowed(FIRST.id)
        assert uow.policies.get(FIRST.id).status is PolicyStatus.SHADOW
        uow.policies.activate(FIRST.id, at(1), "bob", "")
        uow.policies.mark_shadowed(FIRST.id)
        assert uow.policies.get(FIRST.id).status is PolicyStatus.ACTIVE


def test_a_switch_is_one_row_that_holds_where_it_stands_now(store: Store) -> None:
    released = replace(STOP_HUB, position=Position.RUN, by="bob", at=at(5))
    with store.write() as uow:
        uow.switches.put(STOP_HUB)
        uow.switches.put(released)
        assert uow.switches.list() == [released]


def test_what_is_held_back_is_not_claimed_and_what_is_not_goes(store: Store) -> None:
    with store.write() as uow:
        uow.outbox.add(
            [
                make_effect("held", hub_id=HubId("H1"), tool=Tool.REROUTE),
                make_effect("free", hub_id=HubId("H2"), tool=Tool.REROUTE),
            ]
        )
        claimed = uow.outbox.claim(at(61), 30, 10, Switchboard(switches=(STOP_HUB,)))
        assert [row.effect.key for row in claimed] == ["free"]
        assert uow.outbox.claim(at(61), 30, 10, Switchboard(base=Position.STOP)) == []


def test_a_row_that_was_given_back_is_claimed_from_its_new_time_on(store: Store) -> None:
    with store.write() as uow:
        uow.outbox.add([make_effect("a")])
        [row] = uow.outbox.claim(at(61), 30, 10)
        assert uow.outbox.give_back(row.seq, row.fence, at(90), {"waits_for": "morning"})
        assert not uow.outbox.give_back(row.seq, row.fence, at(95), {})  # no longer ours
        assert uow.outbox.claim(at(89), 30, 10) == []
        [again] = uow.outbox.claim(at(90), 30, 10)
        assert again.detail == {"waits_for": "morning"}
