"""An operations room with fixed rules: three alarms, and nothing is done before a promise is broken."""

from dataclasses import dataclass, field

from evals.arms.board import Board, Round, Whereabouts
from evals.arms.breakdown import list_wrecks, send_help
from evals.arms.desk import Desk
from evals.arms.estimate import best_order, free_from, worth_of
from evals.roads import Place, crow_fly_m, point_between
from forestall.domain.ids import LocationId, RouteId, StopId
from forestall.domain.routes import Stop
from forestall.domain.vocabulary import ActionKind

LATE_DEPARTURE_S = 15 * 60.0
STOPPED_S = 30 * 60.0
OFF_ROUTE_M = 500.0


@dataclass(slots=True)
class Reactive:
    """Watches departures, standing vans and their way; acts on a route once one of its stops is late, and on a
    breakdown once it is reported.

    Then a late route is put into the best of a few plain orders, and the customer is told. ``alarms`` keeps, stop by
    stop, when its route first raised one of the three alarms.
    """

    board: Board
    desk: Desk
    alarms: dict[StopId, float] = field(default_factory=dict)
    _late: set[StopId] = field(default_factory=set)
    _wrecks: set[str] = field(default_factory=set)

    def look(self, now: float) -> None:
        """Everything reported is on the board; do what the rules say."""
        for one in self.board.rounds.values():
            if self._is_alarming(one, now):
                self._raise(one, now)
        for wreck in list_wrecks(self.board, self._wrecks):
            send_help(self.board, self.desk, wreck, now)
        for route_id, stops in self._newly_late(now).items():
            self._act(self.board.rounds[route_id], stops, now)
        self.desk.send()

    # the three alarms

    def _is_alarming(self, one: Round, now: float) -> bool:
        if one.is_at_hub:
            return bool(one.ahead) and now > one.route.departs_at.timestamp() + LATE_DEPARTURE_S
        return one.whereabouts is Whereabouts.OUT and (self._is_standing(one, now) or self._is_astray(one))

    def _is_standing(self, one: Round, now: float) -> bool:
        """Seen in one place for long, and not at a stop."""
        seen = one.position
        if seen is None or seen.standing_since is None or one.arrived_at is not None:
            return False
        return now - seen.standing_since.timestamp() > STOPPED_S

    def _is_astray(self, one: Round) -> bool:
        """Further from the straight way to his next stop than the rule allows."""
        if one.position is None or one.bound is None or one.left_at is None or one.arrived_at is not None:
            return False
        if one.position.at.timestamp() <= one.left_at:
            return False
        spot = Place(LocationId("seen"), one.position.lat, one.position.lon)
        return _metres_off(spot, one.here, self.board.place_of(one.bound)) > OFF_ROUTE_M

    def _raise(self, one: Round, now: float) -> None:
        for stop in [*([one.bound] if one.bound else []), *one.ahead]:
            self.alarms.setdefault(stop.id, now)

    # what is done

    def _newly_late(self, now: float) -> dict[RouteId, list[Stop]]:
        """Stops whose promise has run out with nobody there, by the route they are on; each is named once."""
        late: dict[RouteId, list[Stop]] = {}
        for one in self.board.rounds.values():
            for stop in [*([one.bound] if one.bound else []), *one.ahead]:
                is_late = self.board.due.get(stop.id, now) < now and stop.id not in self.board.arrived
                if is_late and stop.id not in self._late:
                    late.setdefault(one.route.id, []).append(stop)
                    self._late.add(stop.id)
        return late

    def _act(self, one: Round, late: list[Stop], now: float) -> None:
        if one.whereabouts in (Whereabouts.AT_HUB, Whereabouts.OUT):
            order = best_order(self.board, one, now)
            start = free_from(self.board, one, now)
            as_is = worth_of(self.board, start, one.ahead, one.shift_end)
            if worth_of(self.board, start, order, one.shift_end) < as_is:
                self.desk.give(one, order, now)
                self.desk.done[ActionKind.RESEQUENCE] += 1
        for stop in late:
            self.desk.tell_late(stop, now)


def _metres_off(spot: Place, start: Place, end: Place) -> float:
    """From the straight line between two places, which over a city's distances is looked for in steps."""
    steps = 20
    line = (point_between(start, end, step / steps) for step in range(steps + 1))
    nearest = min(crow_fly_m(spot, Place(spot.id, lat, lon)) for lat, lon in line)
    gap = crow_fly_m(start, end) / steps / 2
    return max(0.0, nearest - gap)
