"""The questions put to policy: one candidate, one message, in the words of the schema."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class PlanQuestion:
    """Facts about one candidate. Money in cents, shares in basis points, times in whole minutes."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - how pydantic reads it from examples: no unknown fact

    kinds: frozenset[str]
    case_kind: str
    mode: str = "LIVE"
    kill_switch: bool = False
    stops_moved: int = 0
    stops_affected: int = 0
    stops_harmed: int = 0
    misses_avoided_bp: int = 0
    added_cost_cents: int = 0
    added_travel_minutes: int = 0
    crosses_carrier: bool = False
    brings_home: bool = False
    giver_at_work: bool = True
    receiver_contract_active: bool = True
    receiver_has_room: bool = True
    messages: int = 0
    messages_in_quiet_hours: int = 0
    max_messages_to_one_stop_today: int = 0
    max_messages_to_one_customer_today: int = 0
    rescues_by_driver_today: int = 0
    actions_in_hub_last_hour: int = 0
    added_cost_in_hub_last_hour_cents: int = 0
    stops_in_hub: int = 0
    uses_worker_profile: bool = False
    data_age_minutes: int = 0
    forecast_drifting: bool = False

    def as_context(self) -> dict[str, object]:
        """The Cedar context: the same facts under the schema's names."""
        facts = {_camel(name): value for name, value in asdict(self).items()}
        return {**facts, "kinds": sorted(self.kinds)}

    @classmethod
    def from_context(cls, facts: Mapping[str, object]) -> "PlanQuestion":
        """The question that was put as ``facts``. Facts that came to the schema later have their harmless default;
        ones that have left it are left out."""
        known = {field.name: facts[_camel(field.name)] for field in fields(cls) if _camel(field.name) in facts}
        return TypeAdapter(cls).validate_python(known)


@dataclass(frozen=True, slots=True)
class MessageQuestion:
    """Facts about one message to a customer that is about to leave."""

    channel: str
    template: str
    in_quiet_hours: bool

    def as_context(self) -> dict[str, object]:
        """The Cedar context: the same facts under the schema's names."""
        return {_camel(name): value for name, value in asdict(self).items()}


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)
