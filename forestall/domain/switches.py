"""Switches: how far the service may go, set by people for the whole installation, a hub or a tool."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from forestall.domain.ids import HubId
from forestall.domain.vocabulary import Mode, Position, SwitchScope, Tool

# From free to bound: where several switches apply, the most bound one counts.
_ORDER = (Position.RUN, Position.SUGGEST, Position.SHADOW, Position.STOP)
_NOTHING_LEAVES = frozenset({Position.SHADOW, Position.STOP})
_POSITIONS = {Mode.LIVE: Position.RUN, Mode.SUGGEST: Position.SUGGEST, Mode.SHADOW: Position.SHADOW}


@dataclass(frozen=True, slots=True)
class Switch:
    """``subject`` names the hub or the tool; it is empty for the whole installation (the tenant)."""

    scope: SwitchScope
    subject: str
    position: Position
    at: datetime
    by: str
    why: str


@dataclass(frozen=True, slots=True)
class Switchboard:
    """All switches as they stood at one reading. ``base`` is what the process's own settings say."""

    base: Position = Position.RUN
    switches: tuple[Switch, ...] = ()

    def position_for(self, hub_ids: Iterable[HubId], tools: Iterable[Tool]) -> Position:
        """The most bound position of all that concerns a plan of these tools in these hubs."""
        hubs, used = frozenset(hub_ids), frozenset(tool.value for tool in tools)
        concerned = {self.base}
        for switch in self.switches:
            is_meant = {
                SwitchScope.TENANT: True,
                SwitchScope.HUB: switch.subject in hubs,
                SwitchScope.TOOL: switch.subject in used,
            }[switch.scope]
            if is_meant:
                concerned.add(switch.position)
        return max(concerned, key=_ORDER.index)

    def holds(self, hub_id: HubId | None, tool: Tool | None) -> bool:
        """Whether an effect of that hub and tool may not start now."""
        hubs, tools = [hub_id] if hub_id else [], [tool] if tool else []
        return self.position_for(hubs, tools) in _NOTHING_LEAVES

    @property
    def holds_all(self) -> bool:
        """Whether no effect at all may start."""
        return self.holds(None, None)

    def held_subjects(self, scope: SwitchScope) -> tuple[str, ...]:
        """The hubs, or the tools, whose effects may not start."""
        return tuple(s.subject for s in self.switches if s.scope is scope and s.position in _NOTHING_LEAVES)


def base_position(mode: Mode, kill_switch: bool) -> Position:
    """What a process's settings amount to."""
    return Position.STOP if kill_switch else _POSITIONS[mode]
