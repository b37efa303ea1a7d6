"""Setting a switch: checked, on record with who and why, in force from the commit on."""

from forestall.domain.ids import HubId
from forestall.domain.switches import Switch, Switchboard, base_position
from forestall.domain.vocabulary import Mode, SwitchScope, Tool
from forestall.errors import BadInput, Problem
from forestall.store import UnitOfWork


def set_switch(uow: UnitOfWork, switch: Switch) -> None:
    """Put the switch where ``switch`` says. When this unit has committed, nothing it stops is carried out any more.

    Raises:
        BadInput: the hub or the tool is not known, or it is not said who sets it and why.
    """
    problems = [*_unsigned(switch), *_unknown_subject(uow, switch)]
    if problems:
        raise BadInput("The switch was not set.", problems)
    uow.hold_counts()  # whoever is applying a plan ends first
    uow.switches.put(switch)
    body = {"scope": switch.scope.value, "subject": switch.subject, "position": switch.position.value}
    uow.audit.append(switch.at, "switch.set", subject_of(switch), {**body, "by": switch.by, "why": switch.why})


def read_board(uow: UnitOfWork, mode: Mode, kill_switch: bool) -> Switchboard:
    """Where every switch stands, as this transaction sees it, with what the process's own settings say."""
    return Switchboard(base_position(mode, kill_switch), tuple(uow.switches.list()))


def subject_of(switch: Switch) -> str:
    """What the audit records of a switch are about."""
    return f"switch:{switch.scope.value}" + (f":{switch.subject}" if switch.subject else "")


def _unsigned(switch: Switch) -> list[Problem]:
    said = (("by", switch.by, "say who sets it"), ("why", switch.why, "say why, in a few words"))
    return [Problem(field, "is empty", remedy) for field, text, remedy in said if not text.strip()]


def _unknown_subject(uow: UnitOfWork, switch: Switch) -> list[Problem]:
    match switch.scope:
        case SwitchScope.TENANT:
            is_known, remedy = switch.subject == "", "leave it out: TENANT is the whole installation"
        case SwitchScope.HUB:
            is_known, remedy = _is_hub(uow, HubId(switch.subject)), "name a hub of a plan that was taken in"
        case SwitchScope.TOOL:
            is_known, remedy = switch.subject in set(Tool), f"one of {', '.join(tool.value for tool in Tool)}"
    return [] if is_known else [Problem("subject", f"{switch.subject!r} is not known", remedy)]


def _is_hub(uow: UnitOfWork, hub_id: HubId) -> bool:
    return any(hub_id in uow.state.list_hub_ids(day) for day in uow.plans.list_days())
