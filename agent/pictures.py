"""Pictures: a snapshot with its travel times and forecast, taken once and shared while nothing has changed."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from forestall.domain.believed import believed
from forestall.domain.forecast import Forecast
from forestall.domain.ids import HubId
from forestall.domain.snapshot import HubSnapshot
from forestall.store import UnitOfWork
from optimizer.problem import FleetProblem
from optimizer.repair import Repairer
from optimizer.travel import HaversineTravel, MatrixTravel, TravelTimes


@dataclass(frozen=True, slots=True)
class Picture:
    """What is known of some hubs at one instant, and what the forecast makes of it: of the plans as drivers have heard
    of them (``believed``)."""

    snapshot: HubSnapshot
    travel: TravelTimes
    forecast: Forecast


class Scorer(Protocol):
    """A forecaster, or what stands for the one in force; ``model_name`` changes when its scores would."""

    @property
    def model_name(self) -> str: ...

    def forecast(self, snapshot: HubSnapshot, travel: TravelTimes) -> Forecast: ...


class Pictures:
    """Takes pictures of hub groups. While nothing has happened there and the model is the same, a picture stays good
    for ``fresh_for``: the cases of one step are planned, and checked before they are applied, on one of them.

    ``roads`` serve the days that bring no travel matrix of their own.
    """

    def __init__(
        self,
        forecaster: Scorer,
        repairer: Repairer,
        roads: TravelTimes | None = None,
        fresh_for: timedelta = timedelta(),
    ) -> None:
        self._fresh_for = fresh_for
        self._forecaster = forecaster
        self._repairer = repairer
        self._problems: dict[int, tuple[Picture, FleetProblem]] = {}
        self._matrices: dict[str, MatrixTravel] = {}
        self._roads = roads or HaversineTravel()
        self._last: dict[tuple[str, tuple[HubId, ...]], tuple[list[object], Picture]] = {}

    def take(self, uow: UnitOfWork, day: str, hub_ids: tuple[HubId, ...], now: datetime) -> Picture:
        """The hubs' state as the transaction sees it, forecast as of ``now`` or a moment before."""
        stamp = [self._forecaster.model_name, *(uow.state.hub_state_version(hub_id) for hub_id in hub_ids)]
        kept = self._last.get((day, hub_ids))
        if kept is not None and kept[0] == stamp and timedelta() <= now - kept[1].snapshot.taken_at <= self._fresh_for:
            return kept[1]
        snapshot = uow.state.load_snapshot(day, now, hub_ids)
        travel = self._travel(uow, snapshot)
        picture = Picture(snapshot, travel, self._forecaster.forecast(believed(snapshot), travel))
        self._last[(day, hub_ids)] = (stamp, picture)
        return picture

    def problem_of(self, picture: Picture) -> FleetProblem:
        """The repair problem of a picture, prepared at first need and shared by the cases of one sweep."""
        kept = self._problems.get(id(picture))
        if kept is None or kept[0] is not picture:
            kept = (picture, self._repairer.prepare(picture.snapshot, picture.travel))
            self._problems = {id(picture): kept}
        return kept[1]

    def _travel(self, uow: UnitOfWork, snapshot: HubSnapshot) -> TravelTimes:
        if snapshot.matrix_id is None:
            return self._roads
        if snapshot.matrix_id not in self._matrices:
            self._matrices[snapshot.matrix_id] = matrix_of(uow, snapshot, snapshot.matrix_id)
        return self._matrices[snapshot.matrix_id]


def matrix_of(uow: UnitOfWork, snapshot: HubSnapshot, matrix_id: str) -> MatrixTravel:
    """The travel times that the day's plan brought along, between the snapshot's places."""
    places = [stop.location for stop in snapshot.stops.values()]
    places += [hub.location for hub in snapshot.hubs.values()]
    return MatrixTravel(uow.plans.get_matrix(matrix_id), places)
