from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.exc import DBAPIError

from factories import DAY, START, at, bumped, make_effect, make_plan
from forestall.domain.ids import HubId, RouteId
from forestall.store import Store


def test_a_unit_of_work_is_kept_whole_or_not_at_all(store: Store) -> None:
    def fail() -> None:
        with store.write() as uow:
            uow.plans.put(make_plan())
            uow.outbox.add([make_effect()])
            uow.meta.put("a", "1")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    with store.read() as uow:
        assert uow.plans.list_days() == []
        assert uow.outbox.list_after() == []
        assert uow.meta.get("a") is None


def test_a_reader_can_change_nothing(store: Store) -> None:
    with pytest.raises(DBAPIError), store.read() as uow:
        uow.meta.put("a", "1")
    with store.write() as uow:
        assert uow.meta.get("a") is None


def test_a_reader_sees_one_state_throughout(store: Store) -> None:
    with store.write() as uow:
        uow.plans.put(make_plan())
    with store.read() as reader:
        before = reader.state.load_snapshot(DAY, START)
        with store.write() as uow:
            uow.state.save_route(bumped(uow.state.get_route(RouteId("R01"))), expected_version=1)
        assert reader.state.load_snapshot(DAY, START) == before
    with store.read() as reader:
        assert reader.state.get_route(RouteId("R01")).version == 2


def test_a_fact_is_replaced_by_the_next(store: Store) -> None:
    with store.write() as uow:
        uow.meta.put("a", "1")
        uow.meta.put("a", "2")
        assert uow.meta.get("a") == "2"


def test_nobody_who_reads_state_to_change_it_is_overtaken(
    store: Store, open_store: Callable[[str], Store], database_url: str
) -> None:
    """Two servers, eight threads: each reads a route and saves it one version on. No change may be lost or refused."""
    with store.write() as uow:
        uow.plans.put(make_plan())
    servers = [store, open_store(database_url)]

    def apply(number: int) -> None:
        with servers[number % 2].write() as uow:
            route = uow.state.get_route(RouteId("R01"))
            uow.state.save_route(bumped(route), expected_version=route.version)
            uow.state.touch_hub(HubId("H1"))
            uow.outbox.add([make_effect(f"key {number}")])
            uow.audit.append(at(number), "applied", "R01", {"number": number})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(apply, range(48)))
    with store.read() as uow:
        assert uow.state.get_route(RouteId("R01")).version == 49
        assert uow.state.hub_state_version(HubId("H1")) == 48
        assert uow.audit.verify() is None
        assert [row.seq for row in uow.outbox.list_after()] == sorted(row.seq for row in uow.outbox.list_after())
