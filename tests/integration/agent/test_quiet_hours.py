"""Quiet hours hold a message back, not the case: it waits in the outbox for the morning."""

from datetime import UTC, datetime, timedelta

from agent.relay import relay_due
from factories import make_effect
from forestall.domain.vocabulary import Channel, OutboxState
from tools.channels import RecordingChannel

NIGHT = datetime(2026, 3, 2, 21, 30, tzinfo=UTC)  # as it is in Lisbon in winter
MORNING = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
PAYLOAD = {"stop_id": "S001", "time_zone": "Europe/Lisbon"}


def text(key, **fields):
    return make_effect(key, payload=PAYLOAD, expires_at=MORNING + timedelta(hours=2), **fields)


def relay_at(field, instant, *effects):
    with field.service.store.write() as uow:
        uow.outbox.add(list(effects))
    field.go_to(instant)
    channel = RecordingChannel()
    relay_due(field.service._work, dict.fromkeys(Channel, channel), 60)
    with field.service.store.read() as uow:
        return channel, uow.outbox.list_after(0)


def test_a_message_in_quiet_hours_waits_for_the_morning(field):
    channel, [row] = relay_at(field, NIGHT, text("t1"))
    assert channel.delivered == {}
    assert (row.state, row.effect.not_before) == (OutboxState.PENDING, MORNING)
    assert row.detail["policy_ids"] == ["guardrail.quiet_hours"]
    channel, [row] = relay_at(field, MORNING)
    assert list(channel.delivered) == ["t1"]


def test_what_drivers_get_does_not_wait(field):
    channel, _ = relay_at(field, NIGHT, text("d1", channel=Channel.DRIVER), text("t1"))
    assert list(channel.delivered) == ["d1"]


def test_a_message_that_is_of_no_use_in_the_morning_is_never_sent(field):
    effect = make_effect("t1", payload=PAYLOAD, expires_at=NIGHT + timedelta(hours=1))
    relay_at(field, NIGHT, effect)
    channel, [row] = relay_at(field, MORNING)
    assert channel.delivered == {}
    assert row.state is OutboxState.EXPIRED
