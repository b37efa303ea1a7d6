"""Effects: what leaves the house after a commit, as rows of the outbox."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from forestall.domain.ids import CaseId, DecisionId, HubId
from forestall.domain.vocabulary import Channel, OutboxState, Tool


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing to send, exactly once as far as the receiving side allows.

    ``key`` is unique for ever: ``case:plan_rev:action:subject``, never an attempt number. ``recipient_id`` names a
    contact, driver, vehicle or carrier; the address is looked up when it is sent. ``body`` is the rendered text
    (empty for structured payloads); ``payload`` the JSON the receiver gets. ``hub_id`` and ``tool`` say which switches
    hold it back; where they are not given, the outbox takes the case's hub, and the tool that writes to the channel.
    """

    key: str
    channel: Channel
    recipient_id: str
    template: str
    payload: Mapping[str, object]
    not_before: datetime
    expires_at: datetime
    body: str = ""
    case_id: CaseId | None = None
    decision_id: DecisionId | None = None
    hub_id: HubId | None = None
    tool: Tool | None = None


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """An effect with its life: ``seq`` orders rows, ``fence`` tells a lease holder from one that was presumed dead."""

    seq: int
    effect: Effect
    state: OutboxState
    created_at: datetime
    attempts: int = 0
    fence: int = 0
    leased_until: datetime | None = None
    settled_at: datetime | None = None
    detail: Mapping[str, object] = field(default_factory=dict)
