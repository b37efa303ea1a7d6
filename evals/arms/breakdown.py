"""What an operations room does about a broken van: it calls the nearest one that has room."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from evals.arms.board import Board, Round
from evals.arms.desk import Desk
from evals.arms.estimate import best_order, best_place, free_from, is_reachable
from forestall.domain.ids import StopId, VehicleId
from forestall.domain.network import Location
from forestall.domain.orders import Window
from forestall.domain.routes import Stop
from forestall.domain.vocabulary import ActionKind, StopKind
from optimizer.repair.meetings import HAND_OVER_PER_PACKAGE_S, HAND_OVER_S


def send_help(board: Board, desk: Desk, broken: Round, now: float) -> None:
    """The nearest vehicle with room takes what it has room for, the next nearest the rest, until nobody is left.

    Goods under way are fetched where the van stands; those that have not left the hub are given out there. What it was
    itself to fetch from another wreck is to be fetched from there by somebody else.
    """
    for wreck in _give_back(board, desk, broken):
        send_help(board, desk, wreck, now)
    for helper in nearest_first(board, broken, now):
        stops = _what_fits(desk, helper, broken.ahead)
        if stops and broken.has_left:
            _rescue(board, desk, broken, helper, stops, now)
        elif stops and helper.is_at_hub and helper.route.hub_id == broken.route.hub_id:
            _give_out(board, desk, helper, stops, now)
        else:
            continue
        taken = {stop.id for stop in stops}
        broken.ahead = [stop for stop in broken.ahead if stop.id not in taken]


def _give_back(board: Board, desk: Desk, broken: Round) -> list[Round]:
    """Goods that it did not come to fetch are where they were; gives the broken vehicles that hold them."""
    holders = []
    for meeting in [stop for stop in broken.ahead if stop.kind is StopKind.TRANSFER]:
        holder = next(one for one in board.rounds.values() if one.vehicle.id == meeting.transfer_from)
        left = [stop for stop in broken.ahead if not set(meeting.package_ids).isdisjoint(desk.packages_of([stop]))]
        broken.ahead = [stop for stop in broken.ahead if stop not in left and stop is not meeting]
        holder.ahead = [*holder.ahead, *left]
        holders.append(holder)
    return holders


def nearest_first(board: Board, broken: Round, now: float) -> list[Round]:
    """Who can be called, by how soon he could be there; with goods at the hub, those of the hub who have not left."""
    reached: list[tuple[float, str, Round]] = []
    for one in board.rounds.values():
        if one is not broken and is_reachable(one) and not (one.is_at_hub and not broken.has_left and one.has_left):
            start = free_from(board, one, now)
            reached.append((start.at + board.roads.base_s(start.place, broken.here), one.route.id, one))
    return [one for _, _, one in sorted(reached, key=lambda entry: entry[:2])]


def _what_fits(desk: Desk, helper: Round, stops: Sequence[Stop]) -> list[Stop]:
    """In the order in which they were to be driven."""
    taken: list[Stop] = []
    for stop in stops:
        if stop.order_id is not None and desk.may_take(helper, stop) and desk.has_room(helper, [*taken, stop]):
            taken.append(stop)
    return taken


def _rescue(board: Board, desk: Desk, broken: Round, helper: Round, stops: Sequence[Stop], now: float) -> None:
    meeting = _meeting(desk, broken, helper, stops, now)
    helper.ahead = [*helper.ahead, *stops]
    desk.give(helper, best_order(board, helper, now, first=[meeting]), now)
    desk.done[ActionKind.RESCUE_TRANSFER] += 1


def _meeting(desk: Desk, broken: Round, helper: Round, stops: Sequence[Stop], now: float) -> Stop:
    packages = desk.packages_of(stops)
    until = datetime.fromtimestamp(helper.shift_end, UTC)
    return Stop(
        id=StopId(f"X-{broken.vehicle.id}-{helper.vehicle.id}-{helper.plan_version + 1}"),
        route_id=helper.route.id,
        sequence=0,
        location=Location(broken.here.id, broken.here.lat, broken.here.lon),
        window=Window(datetime.fromtimestamp(now, UTC), max(until, datetime.fromtimestamp(now, UTC))),
        service_s=HAND_OVER_S + HAND_OVER_PER_PACKAGE_S * len(packages),
        kind=StopKind.TRANSFER,
        package_ids=tuple(packages),
        transfer_from=VehicleId(broken.vehicle.id),
    )


def _give_out(board: Board, desk: Desk, helper: Round, stops: Sequence[Stop], now: float) -> None:
    for stop in stops:
        helper.ahead = best_place(board, helper, stop, now)[1]
    desk.give(helper, helper.ahead, now)
    desk.done[ActionKind.REASSIGN] += len(stops)


def list_wrecks(board: Board, seen: set[str]) -> Iterator[Round]:
    """The broken vehicles that nobody has looked after yet; each is named once."""
    for route_id in board.broken:
        if route_id not in seen:
            seen.add(route_id)
            yield board.rounds[route_id]
