"""An operations room that gives whatever looks late to the nearest driver with room."""

from dataclasses import dataclass, field

from evals.arms.board import Board, Round, Whereabouts
from evals.arms.breakdown import list_wrecks, send_help
from evals.arms.desk import Desk
from evals.arms.estimate import begins, best_place, free_from
from forestall.domain.ids import StopId
from forestall.domain.routes import Stop
from forestall.domain.vocabulary import ActionKind, StopKind


@dataclass(slots=True)
class Greedy:
    """Reckons by expected times what will be late. Each such stop goes, once, to the nearest driver who has room and is
    expected to make it; whom that makes late is not looked at.

    Custody leaves it two kinds of driver: while the goods are at the hub, those of the hub who have not left; once they
    are aboard, the one who has them, who is to do it sooner. Goods of a broken van go to the nearest van with room.
    """

    board: Board
    desk: Desk
    alarms: dict[StopId, float] = field(default_factory=dict)
    _tried: set[StopId] = field(default_factory=set)
    _wrecks: set[str] = field(default_factory=set)

    def look(self, now: float) -> None:
        """Everything reported is on the board; do what the rule says."""
        for wreck in list_wrecks(self.board, self._wrecks):
            send_help(self.board, self.desk, wreck, now)
        for one in list(self.board.rounds.values()):
            if one.whereabouts in (Whereabouts.AT_HUB, Whereabouts.OUT):
                for stop in self._at_risk(one, now):
                    self._give_to_nearest(one, stop, now)
        self.desk.send()

    def _at_risk(self, one: Round, now: float) -> list[Stop]:
        """Expected late, found out for the first time."""
        instants = begins(self.board, free_from(self.board, one, now), one.ahead, one.shift_end)
        found = []
        for stop, begun in zip(one.ahead, instants, strict=True):
            if stop.kind is StopKind.DELIVERY and begun > self.board.due[stop.id] and stop.id not in self._tried:
                self._tried.add(stop.id)
                self.alarms[stop.id] = now
                found.append(stop)
        return found

    def _give_to_nearest(self, giver: Round, stop: Stop, now: float) -> None:
        for taker in self._nearest_first(giver, stop):
            stops = best_place(self.board, taker, stop, now)[1]
            instants = begins(self.board, free_from(self.board, taker, now, [stop]), stops, taker.shift_end)
            if instants[stops.index(stop)] <= self.board.due[stop.id]:
                self._give(giver, taker, stops, stop, now)
                return
        self.desk.tell_late(stop, now)

    def _nearest_first(self, giver: Round, stop: Stop) -> list[Round]:
        """By how near to the stop they come anyway."""
        takers = [giver]
        if giver.is_at_hub and not self.desk.is_to_be_fetched(giver, stop):
            takers += [one for one in self.board.rounds.values() if self._can_take(giver, one, stop)]
        return sorted(takers, key=lambda one: (self._distance_s(one, stop), one.route.id))

    def _can_take(self, giver: Round, taker: Round, stop: Stop) -> bool:
        same_hub = taker.route.hub_id == giver.route.hub_id
        is_free = taker is not giver and taker.is_at_hub and same_hub
        return is_free and self.desk.may_take(taker, stop) and self.desk.has_room(taker, [stop])

    def _distance_s(self, one: Round, stop: Stop) -> float:
        places = [one.here, *(self.board.place_of(other) for other in one.ahead if other.id != stop.id)]
        return min(self.board.roads.base_s(place, self.board.place_of(stop)) for place in places)

    def _give(self, giver: Round, taker: Round, stops: list[Stop], stop: Stop, now: float) -> None:
        if taker is giver:
            if stops != giver.ahead:
                self.desk.give(giver, stops, now)
                self.desk.done[ActionKind.RESEQUENCE] += 1
            return
        self.desk.give(giver, [other for other in giver.ahead if other.id != stop.id], now)
        self.desk.give(taker, stops, now)
        self.desk.done[ActionKind.REASSIGN] += 1
