from dataclasses import replace

import pytest

from factories import DAY, at, make_forecast, make_plan, make_position, make_stop_forecast
from forestall.domain.forecast import HubForecast, RouteForecast, SlotForecast
from forestall.domain.ids import CarrierId, HubId, RouteId, SnapshotId, StopId
from forestall.errors import NotFound
from forestall.store import Store
from forestall.store.picture import content_id

S001, S002, S004 = (make_stop_forecast(f"S00{n}", "R01" if n < 4 else "R02") for n in (1, 2, 4))


@pytest.fixture
def scored_store(store: Store) -> Store:
    """The factories' plan; three stops scored once, one of them scored again."""
    with store.write() as uow:
        uow.plans.put(make_plan())
        uow.scores.add(make_forecast([S001, S002, S004]))
        uow.scores.add(make_forecast([replace(S001, p_late=0.9, reasons=())], taken_at=at(61)))
    return store


def test_the_newest_score_of_each_stop_is_the_latest(scored_store: Store) -> None:
    with scored_store.read() as uow:
        latest = uow.scores.latest(day=DAY)
        assert latest == {"S001": replace(S001, p_late=0.9, reasons=()), "S002": S002, "S004": S004}
        assert uow.scores.latest(day="another day") == {}


def test_scores_can_be_asked_by_route(scored_store: Store) -> None:
    with scored_store.read() as uow:
        assert set(uow.scores.latest(route_ids=[RouteId("R02")])) == {"S004"}
        assert uow.scores.latest(route_ids=[]) == {}


def test_every_score_is_kept_for_its_outcome(scored_store: Store) -> None:
    with scored_store.read() as uow:
        assert [score.p_late for score in uow.scores.list_for_stop(StopId("S001"))] == [0.25, 0.9]


def test_a_stop_that_moved_is_found_where_it_is_now(scored_store: Store) -> None:
    with scored_store.write() as uow:
        uow.state.save_stop(replace(uow.state.get_stop(StopId("S002")), route_id=RouteId("R02")))
        assert set(uow.scores.latest(route_ids=[RouteId("R02")])) == {"S002", "S004"}


def test_a_forecast_of_nothing_is_kept_too(store: Store) -> None:
    with store.write() as uow:
        uow.scores.add(replace(make_forecast(), stops={}))
        assert uow.scores.latest() == {}


def test_a_kept_snapshot_comes_back_whole_and_proves_its_id(store: Store) -> None:
    with store.write() as uow:
        uow.plans.put(make_plan())
        uow.state.put_position(make_position())
        snapshot = uow.state.load_snapshot(DAY, at(60))
        uow.snapshots.keep(snapshot)
        uow.snapshots.keep(snapshot)
    with store.read() as uow:
        kept = uow.snapshots.get(snapshot.id)
        assert kept == snapshot
        assert content_id(kept) == snapshot.id
        with pytest.raises(NotFound):
            uow.snapshots.get(SnapshotId("unknown"))


def test_the_newest_forecast_of_a_route_and_of_a_hub_is_read(store: Store) -> None:
    early = RouteForecast(RouteId("R01"), 0.1, 0.2, 0.3, at(400))
    late = RouteForecast(RouteId("R01"), 0.4, 0.5, 0.0, None)
    slot = SlotForecast(CarrierId("OWN"), at(60), at(120), 12, 0.25)
    hub = HubForecast(HubId("H01"), (slot,))
    with store.write() as uow:
        assert uow.scores.latest_of_route(early.route_id) is None
        uow.scores.add(replace(make_forecast(), stops={}, routes={early.route_id: early}, hubs={hub.hub_id: hub}))
        uow.scores.add(replace(make_forecast(taken_at=at(61)), stops={}, routes={late.route_id: late}))
        assert uow.scores.latest_of_route(early.route_id) == late
        assert uow.scores.latest_of_hub(hub.hub_id) == hub
        assert uow.scores.latest_of_hub(HubId("H99")) is None
