"""The stream of effects: in order, each once, and none skipped when rows settle out of order."""

from datetime import timedelta

import pytest


@pytest.fixture
def outbox(planned, small):
    class Outbox:
        def add(self, *keys, **changes):
            with planned.service.store.write() as uow:
                uow.outbox.add([small.make_effect(key, **changes) for key in keys])

        def settle(self, later=timedelta(0)):
            small.settle(planned.service.store, small.NOW + later)

        def read(self, after="0", **query):
            body = planned.client.get("/v1/effects", params={"after": after, **query}).json()
            return [effect["key"] for effect in body["effects"]], body["next"]

    return Outbox()


def test_nothing_is_shown_before_it_has_gone_out(outbox):
    outbox.add("a")
    keys, after = outbox.read()
    assert keys == []
    outbox.settle()
    assert outbox.read(after)[0] == ["a"]


def test_each_row_is_read_once(outbox):
    outbox.add("a", "b")
    outbox.settle()
    keys, after = outbox.read()
    assert (keys, outbox.read(after)[0]) == (["a", "b"], [])


def test_a_row_held_back_is_shown_when_it_goes_although_later_ones_went_before(outbox, small):
    outbox.add("tomorrow", not_before=small.NOW + timedelta(hours=3))
    outbox.add("now")
    outbox.settle()
    keys, after = outbox.read()
    assert keys == ["now"]
    assert outbox.read(after)[0] == []
    outbox.settle(later=timedelta(hours=4))
    keys, after = outbox.read(after)
    assert keys == ["tomorrow"]
    assert outbox.read(after)[0] == []


def test_many_rows_held_back_among_others_all_come_when_they_go(outbox, small):
    later = small.NOW + timedelta(hours=3)
    for number in range(60):
        outbox.add(f"{number:02d}", not_before=later if number % 3 == 0 or number > 40 else small.NOW)
    outbox.settle()
    first, after = outbox.read()
    outbox.settle(later=timedelta(hours=4))
    second, after = outbox.read(after)
    assert sorted(first + second) == [f"{number:02d}" for number in range(60)]
    assert after.isdecimal()


def test_pages_join_without_gap_or_overlap(outbox):
    outbox.add(*"abcdefg")
    outbox.settle()
    seen, after = [], "0"
    for _ in range(4):
        keys, after = outbox.read(after, limit=2)
        seen += keys
    assert seen == list("abcdefg")


def test_a_plain_number_is_a_cursor_too(outbox):
    outbox.add("a", "b")
    outbox.settle()
    first = outbox.read(limit=1)[1]
    assert first.isdecimal()
    assert outbox.read(first)[0] == ["b"]


def test_a_channel_can_be_read_alone(outbox, small):
    outbox.add("text")
    outbox.add("instruction", channel="driver")
    outbox.settle()
    assert outbox.read(channel="driver")[0] == ["instruction"]
