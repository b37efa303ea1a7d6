"""Hub groups: hubs joined by links are seen, forecast and planned together; all others alone."""

from collections.abc import Iterable

from forestall.domain.ids import HubId
from forestall.domain.network import HubLink


def group_hubs(hub_ids: Iterable[HubId], links: Iterable[HubLink]) -> list[tuple[HubId, ...]]:
    """The connected components of the link graph, each sorted, in order of their first hub."""
    group_of: dict[HubId, set[HubId]] = {hub_id: {hub_id} for hub_id in hub_ids}
    for link in links:
        joined = group_of[link.from_hub] | group_of[link.to_hub]
        for hub_id in joined:
            group_of[hub_id] = joined
    return sorted({tuple(sorted(group)) for group in group_of.values()})
