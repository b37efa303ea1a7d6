"""How far the service may go: the kill switch and its milder positions, by installation, hub and tool."""

from fastapi import APIRouter, Depends

from agent.switching import read_board
from agent.switching import set_switch as put_switch
from api.dependencies import ServiceDep, require_json
from api.shapes.common import ERRORS
from api.shapes.switches import SetSwitchShape, SwitchesShape, SwitchShape
from forestall.domain.switches import Switch

router = APIRouter(prefix="/v1/switches", tags=["switches"], responses=ERRORS)


@router.get("")
def list_switches(service: ServiceDep) -> SwitchesShape:
    """Every switch that was ever set, with who set it last and why."""
    with service.store.read() as uow:
        return SwitchesShape.model_validate(read_board(uow, service.settings.mode, service.settings.kill_switch))


@router.post("", dependencies=[Depends(require_json)])
def set_switch(wanted: SetSwitchShape, service: ServiceDep) -> SwitchShape:
    """Set one switch. Once this answers, what it stops does not start: no plan, no commit, no effect already decided.

    422 when the hub or the tool is not known. What waited goes on when the switch is released, unless it has expired.
    """
    switch = Switch(wanted.scope, wanted.subject, wanted.position, service.clock.now(), wanted.by, wanted.why)
    with service.store.write() as uow:
        put_switch(uow, switch)
    return SwitchShape.model_validate(switch)
