from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from factories import START, at, make_effect
from forestall.domain.ids import CaseId, DecisionId, HubId
from forestall.domain.vocabulary import Channel, OutboxState, Tool
from forestall.store import Store

CASE = CaseId("case-1")


def add(store: Store, *keys: str, **fields: object) -> int:
    with store.write() as uow:
        return uow.outbox.add([make_effect(key, **fields) for key in keys])


def test_an_effect_is_added_as_pending_and_comes_back(store: Store) -> None:
    effect = make_effect(
        case_id=CASE, decision_id=DecisionId("d1"), body="On its way", payload={"eta": [1, 2]},
        hub_id=HubId("H1"), tool=Tool.REROUTE,
    )  # fmt: skip
    with store.write() as uow:
        assert uow.outbox.add([effect]) == 1
        (row,) = uow.outbox.list_after()
        assert row.effect == effect
        assert (row.state, row.attempts, row.fence, row.created_at) == (OutboxState.PENDING, 0, 0, START)
        assert uow.outbox.list_for_case(CASE) == [row]


def test_a_key_is_sent_once_for_ever(store: Store) -> None:
    assert add(store, "a", "b") == 2
    assert add(store, "b", "c", "c") == 1
    assert add(store) == 0
    with store.read() as uow:
        assert [row.effect.key for row in uow.outbox.list_after()] == ["a", "b", "c"]


def test_only_what_is_due_is_claimed_the_oldest_first(store: Store) -> None:
    add(store, "later", not_before=at(120))
    add(store, "first", "second", "third", not_before=at(60))
    with store.write() as uow:
        assert [row.effect.key for row in uow.outbox.claim(at(60), 30, limit=2)] == ["first", "second"]
        claimed = uow.outbox.claim(at(60), 30, limit=9)
        assert [(row.effect.key, row.state, row.attempts, row.fence) for row in claimed] == [
            ("third", OutboxState.SENDING, 1, 1)
        ]
        assert claimed[0].leased_until == at(60.5)
        assert uow.outbox.claim(at(60), 30, limit=9) == []


def test_a_row_whose_sender_died_is_given_to_another_who_alone_can_settle_it(store: Store) -> None:
    add(store, "a")
    with store.write() as uow:
        (dead,) = uow.outbox.claim(at(60), 30, limit=1)
        (alive,) = uow.outbox.claim(at(61), 30, limit=1)
        assert (alive.fence, alive.attempts) == (2, 2)
        assert not uow.outbox.settle(dead.seq, dead.fence, OutboxState.SENT, {}, at(61))
        assert uow.outbox.settle(alive.seq, alive.fence, OutboxState.SENT, {"sid": "SM1"}, at(61))
        assert not uow.outbox.settle(alive.seq, alive.fence, OutboxState.FAILED, {}, at(62))
        (row,) = uow.outbox.list_after()
        assert (row.state, row.detail, row.settled_at, row.leased_until) == (
            OutboxState.SENT,
            {"sid": "SM1"},
            at(61),
            None,
        )


def test_a_row_given_back_is_claimed_again(store: Store) -> None:
    add(store, "a")
    with store.write() as uow:
        (row,) = uow.outbox.claim(at(60), 30, limit=1)
        assert uow.outbox.settle(row.seq, row.fence, OutboxState.PENDING, {"error": "busy"}, at(60))
        (again,) = uow.outbox.claim(at(60), 30, limit=1)
        assert (again.attempts, again.settled_at) == (2, None)


def test_cancelling_spares_what_is_being_sent(store: Store) -> None:
    add(store, "a", "b", "c", case_id=CASE)
    add(store, "other", case_id=CaseId("case-2"))
    with store.write() as uow:
        (sending,) = uow.outbox.claim(at(60), 30, limit=1)
        assert uow.outbox.cancel_pending(CASE) == 2
        states = {row.effect.key: row.state for row in uow.outbox.list_after()}
        assert states == {
            sending.effect.key: OutboxState.SENDING,
            "b": OutboxState.CANCELLED,
            "c": OutboxState.CANCELLED,
            "other": OutboxState.PENDING,
        }
        assert uow.outbox.count_by_state() == {
            OutboxState.SENDING: 1,
            OutboxState.CANCELLED: 2,
            OutboxState.PENDING: 1,
        }


def test_rows_are_listed_from_a_cursor_and_by_channel(store: Store) -> None:
    add(store, "a", "b", "c")
    add(store, "d", channel=Channel.DRIVER)
    with store.read() as uow:
        (first,) = uow.outbox.list_after(limit=1)
        assert [row.effect.key for row in uow.outbox.list_after(first.seq, limit=2)] == ["b", "c"]
        assert [row.effect.key for row in uow.outbox.list_after(channel=Channel.DRIVER)] == ["d"]


def test_two_claimers_never_get_the_same_row(store: Store) -> None:
    add(store, *[f"key {n}" for n in range(120)])

    def claim_all() -> list[int]:
        mine: list[int] = []
        while True:
            with store.write() as uow:
                rows = uow.outbox.claim(at(60), 60, limit=7)
            if not rows:
                return mine
            mine += [row.seq for row in rows]

    with ThreadPoolExecutor(6) as pool:
        claimed = [seq for task in [pool.submit(claim_all) for _ in range(6)] for seq in task.result()]
    assert len(claimed) == len(set(claimed)) == 120


def test_a_lease_ends_at_its_end(store: Store) -> None:
    add(store, "a", not_before=START)
    with store.write() as uow:
        uow.outbox.claim(START, 30, limit=1)
        assert uow.outbox.claim(START + timedelta(seconds=29), 30, limit=1) == []
        assert len(uow.outbox.claim(START + timedelta(seconds=30), 30, limit=1)) == 1
