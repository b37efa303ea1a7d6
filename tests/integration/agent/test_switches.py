"""Switches: what they stop does not start, not even when it was decided before; released, it goes on."""

import pytest

from agent.relay import relay_due
from agent.switching import set_switch
from factories import at, make_case, make_effect
from forestall.domain.switches import Switch
from forestall.domain.vocabulary import CaseStatus, Channel, OutboxState, Position, SwitchScope, Tool, Verdict
from forestall.errors import BadInput
from tools.channels import Delivery


def switch(field, position, scope=SwitchScope.TENANT, subject=""):
    with field.service.store.write() as uow:
        set_switch(uow, Switch(scope, subject, position, field.clock.now(), "ann", "a drill"))


def verdicts(field):
    with field.service.store.read() as uow:
        return [decision.verdict for case in field.cases for decision in uow.decisions.list_for_case(case.id)]


def states(field):
    return [effect["state"] for effect in field.effects]


@pytest.mark.parametrize(
    ("scope", "subject"), [(SwitchScope.TENANT, ""), (SwitchScope.HUB, "H1"), (SwitchScope.TOOL, "reassign")]
)
def test_a_stopped_thing_is_not_planned_into_action(field, scope, subject):
    field.begin()
    switch(field, Position.STOP, scope, subject)
    field.break_down()
    field.tick_at(41)
    assert field.effects == []
    assert Verdict.AUTOMATIC not in verdicts(field)


def test_another_hubs_switch_changes_nothing(field):
    field.begin()
    with field.service.store.write() as uow:
        uow.switches.put(Switch(SwitchScope.HUB, "H9", Position.STOP, at(1), "ann", "elsewhere"))
    field.break_down()
    field.tick_at(41)
    assert verdicts(field) == [Verdict.AUTOMATIC]


def test_what_a_switch_stops_between_check_and_commit_is_not_applied(field, monkeypatch):
    field.begin()
    field.break_down()
    from agent.steps import carry_out

    ask_again = carry_out.require_still_allowed

    def someone_is_quicker(work, uow, *rest):
        uow.switches.put(Switch(SwitchScope.TENANT, "", Position.STOP, work.clock.now(), "ann", "now"))
        return ask_again(work, uow, *rest)

    monkeypatch.setattr(carry_out, "require_still_allowed", someone_is_quicker)
    field.tick_at(41)
    assert Verdict.AUTOMATIC not in verdicts(field)
    assert field.effects == []


class SwitchesOffAfterTheFirst:
    """A channel during whose first delivery somebody pulls the switch."""

    def __init__(self, field):
        self.field, self.keys = field, []

    def deliver(self, effect):
        self.keys.append(effect.key)
        switch(self.field, Position.STOP)
        return Delivery(OutboxState.SENT, {})


def add_effects(field, *effects):
    with field.service.store.write() as uow:
        uow.cases.add(make_case())
        uow.outbox.add(list(effects))


def test_the_switch_is_looked_at_before_each_effect(field):
    field.begin()
    add_effects(field, *(make_effect(f"e{n}") for n in range(3)))
    field.go_to(at(61))
    channel = SwitchesOffAfterTheFirst(field)
    relay_due(field.service._work, {Channel.SMS: channel}, 60)
    assert channel.keys == ["e0"]
    assert states(field) == [OutboxState.SENT, OutboxState.PENDING, OutboxState.PENDING]


def test_what_waited_goes_when_the_switch_is_released(field):
    field.begin()
    add_effects(field, make_effect("e1"))
    switch(field, Position.STOP)
    field.tick_at(61)
    assert states(field) == [OutboxState.PENDING]
    switch(field, Position.RUN)
    field.tick_at(62)
    assert states(field) == [OutboxState.DRY_RUN]


def test_a_stopped_hub_or_tool_holds_back_its_own_effects_only(field):
    field.begin()
    add_effects(
        field,
        make_effect("of the hub", case_id="case-1"),  # the case is the hub's
        make_effect("of the tool", channel=Channel.DRIVER, hub_id="H2", tool=Tool.REROUTE),
        make_effect("free", channel=Channel.DRIVER, hub_id="H2", tool=Tool.REASSIGN),
    )
    switch(field, Position.STOP, SwitchScope.HUB, "H1")
    switch(field, Position.STOP, SwitchScope.TOOL, "reroute")
    field.tick_at(61)
    assert states(field) == [OutboxState.PENDING, OutboxState.PENDING, OutboxState.DRY_RUN]


def test_a_hub_in_shadow_decides_and_never_acts(field):
    field.begin()
    switch(field, Position.SHADOW, SwitchScope.HUB, "H1")
    field.break_down()
    field.tick_at(41)
    assert verdicts(field) == [Verdict.SHADOWED]
    assert field.effects == []


def test_a_hub_in_suggest_asks_before_everything(field):
    field.begin()
    switch(field, Position.SUGGEST, SwitchScope.HUB, "H1")
    field.break_down()
    field.tick_at(41)
    assert [case.status for case in field.cases] == [CaseStatus.AWAITING_APPROVAL]


def test_who_set_a_switch_and_why_is_on_record(field):
    field.begin()
    switch(field, Position.STOP, SwitchScope.HUB, "H1")
    with field.service.store.read() as uow:
        [record] = uow.audit.list(subject="switch:HUB:H1")
    assert record.kind == "switch.set"
    assert (record.body["by"], record.body["why"], record.body["position"]) == ("ann", "a drill", "STOP")


@pytest.mark.parametrize(
    ("scope", "subject"), [(SwitchScope.HUB, "H7"), (SwitchScope.TOOL, "hammer"), (SwitchScope.TENANT, "me")]
)
def test_a_switch_of_something_unknown_is_refused(field, scope, subject):
    field.begin()
    with pytest.raises(BadInput) as refused:
        switch(field, Position.STOP, scope, subject)
    assert [problem.place for problem in refused.value.problems] == ["subject"]
