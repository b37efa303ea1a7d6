"""Where every package really is. Nobody can hand over what he does not hold."""

from collections.abc import Callable, Iterable, Mapping

from forestall.domain.ids import HubId, OrderId, PackageId, VehicleId
from forestall.domain.plan import DayPlan
from forestall.domain.vocabulary import HolderKind

SHUTTLE_HANDLING_S = 15 * 60.0  # in at one dock and out at the other

Holder = tuple[HolderKind, str]


class Goods:
    """``available`` is when a package can leave its hub (Unix seconds); packages not named there can at any time.

    ``astray`` are packages that a vehicle took along because its driver had not read that they go with another.
    """

    def __init__(self, plan: DayPlan) -> None:
        self._holder: dict[PackageId, Holder] = {p.id: (p.custody.kind, p.custody.holder_id) for p in plan.packages}
        self._size: dict[PackageId, Mapping[str, float]] = {p.id: p.size for p in plan.packages}
        self._available: dict[PackageId, float] = {
            p.id: p.available_at.timestamp() for p in plan.packages if p.available_at is not None
        }
        self._links = {(link.from_hub, link.to_hub): link.duration_s for link in plan.links}
        self._of_order: dict[OrderId, list[PackageId]] = {}
        for package in plan.packages:
            self._of_order.setdefault(package.order_id, []).append(package.id)
        self.astray: set[PackageId] = set()
        self._coming: dict[VehicleId, set[PackageId]] = {}
        self._waiting_at: dict[HubId, list[Callable[[float], None]]] = {}

    def packages_of(self, order_id: OrderId) -> list[PackageId]:
        return self._of_order.get(order_id, [])

    def holder_of(self, package_id: PackageId) -> Holder:
        return self._holder[package_id]

    def is_aboard(self, package_id: PackageId, vehicle_id: VehicleId) -> bool:
        return self._holder.get(package_id) == (HolderKind.VEHICLE, vehicle_id)

    def is_at_hub(self, package_id: PackageId, hub_id: HubId) -> bool:
        return self._holder.get(package_id) == (HolderKind.HUB, hub_id)

    def list_aboard(self, vehicle_id: VehicleId) -> list[PackageId]:
        return [package for package, holder in self._holder.items() if holder == (HolderKind.VEHICLE, vehicle_id)]

    def list_at_hub(self, hub_id: HubId) -> list[PackageId]:
        return [package for package, holder in self._holder.items() if holder == (HolderKind.HUB, hub_id)]

    def add(self, order_id: OrderId, package_id: PackageId, size: Mapping[str, float], hub_id: HubId) -> None:
        """A package that no plan named has come to the hub."""
        self._of_order.setdefault(order_id, []).append(package_id)
        self._size[package_id] = size
        self._holder[package_id] = (HolderKind.HUB, hub_id)

    def link_s(self, package_id: PackageId, hub_id: HubId) -> float | None:
        """How long a shuttle takes to bring the package to ``hub_id`` from the hub it is at; None without a link."""
        kind, holder_id = self._holder[package_id]
        return self._links.get((HubId(holder_id), hub_id)) if kind is HolderKind.HUB else None

    def load_of(self, package_ids: Iterable[PackageId]) -> dict[str, float]:
        """Total size by dimension."""
        total: dict[str, float] = {}
        for package_id in package_ids:
            for dimension, amount in self._size[package_id].items():
                total[dimension] = total.get(dimension, 0.0) + amount
        return total

    def delay(self, package_ids: Iterable[PackageId], until: float) -> None:
        """The hub can't hand these out before ``until``."""
        for package_id in package_ids:
            self._available[package_id] = max(until, self._available.get(package_id, until))

    def ready_at(self, package_ids: Iterable[PackageId], hub_id: HubId) -> float:
        """When the hub has handed out the last of these that it holds; 0 when nothing holds them up."""
        return max((self._available.get(p, 0.0) for p in package_ids if self.is_at_hub(p, hub_id)), default=0.0)

    def ship(self, package_ids: Iterable[PackageId], hub_id: HubId, now: float) -> None:
        """Packages at a linked hub are brought to ``hub_id`` by the next shuttle; others stay where they are."""
        for package_id in package_ids:
            takes_s = self.link_s(package_id, hub_id)
            if takes_s is not None:
                leaves = max(now, self._available.get(package_id, now))
                self._available[package_id] = leaves + takes_s + SHUTTLE_HANDLING_S
                self._holder[package_id] = (HolderKind.HUB, hub_id)

    def load(self, package_ids: Iterable[PackageId], hub_id: HubId, vehicle_id: VehicleId) -> None:
        """A vehicle leaves its hub with those of these packages that are there."""
        self._move(package_ids, (HolderKind.HUB, hub_id), (HolderKind.VEHICLE, vehicle_id))

    def hand_over(self, package_ids: Iterable[PackageId], giver: VehicleId, taker: VehicleId) -> int:
        """How many packages changed vehicles."""
        return self._move(package_ids, (HolderKind.VEHICLE, giver), (HolderKind.VEHICLE, taker))

    def are_awaited(self, package_ids: Iterable[PackageId]) -> bool:
        """Whether a vehicle is to bring some of these back to its hub, and has them."""
        wanted = set(package_ids)
        return any(
            self.is_aboard(package, giver) for giver, coming in self._coming.items() for package in wanted & coming
        )

    def announce(self, giver: VehicleId, package_ids: Iterable[PackageId], hub_id: HubId, now: float) -> None:
        """From now on the vehicle is to bring exactly these back; whoever waits at the hub looks again."""
        coming = set(package_ids)
        if coming != self._coming.get(giver, set()):
            self._coming[giver] = coming
            self._look_again(hub_id, now)

    def call_when_brought(self, hub_id: HubId, call: Callable[[float], None]) -> None:
        """Have ``call`` told whenever what comes back to the hub, or has come, is not what it was."""
        self._waiting_at.setdefault(hub_id, []).append(call)

    def hand_in(self, package_ids: Iterable[PackageId], giver: VehicleId, hub_id: HubId, now: float) -> None:
        """A vehicle has brought packages back."""
        self._move(package_ids, (HolderKind.VEHICLE, giver), (HolderKind.HUB, hub_id))
        self._look_again(hub_id, now)

    def _look_again(self, hub_id: HubId, now: float) -> None:
        for call in self._waiting_at.get(hub_id, []):
            call(now)

    def deliver(self, order_id: OrderId) -> None:
        for package_id in self.packages_of(order_id):
            self._holder[package_id] = (HolderKind.CUSTOMER, order_id)

    def _move(self, package_ids: Iterable[PackageId], giver: Holder, taker: Holder) -> int:
        moved = [package for package in package_ids if self._holder.get(package) == giver]
        self._holder.update(dict.fromkeys(moved, taker))
        return len(moved)
