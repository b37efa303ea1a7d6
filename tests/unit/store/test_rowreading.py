"""The short way from a driver's row to a value and its digest gives what the long way gives."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.dialects.sqlite import pysqlite
from sqlalchemy.types import TypeDecorator

from factories import at, make_driver, make_hub, make_plan, make_stop
from forestall.domain.ids import PackageId
from forestall.domain.network import HoursOfService
from forestall.domain.vocabulary import StopStatus
from forestall.store import codec, mappers
from forestall.store.mapping import Mapper
from forestall.store.rowreading import RowReader

PLAN = make_plan()
DIALECTS = [pysqlite.dialect(), psycopg.dialect()]  # type: ignore[no-untyped-call]  # SQLAlchemy leaves them untyped
VALUES: list[tuple[Mapper[Any], Any]] = [
    (mappers.HUBS, make_hub(name='North "7" \\ {Ü}')),
    (mappers.CARRIERS, PLAN.carriers[0]),
    (mappers.VEHICLES, replace(PLAN.vehicles[0], capacity={"units": 3.0, "kg": 0.1}, skills=frozenset({"b", "a"}))),
    (mappers.DRIVERS, make_driver()),
    (mappers.DRIVERS, make_driver(hours=HoursOfService(max_drive_s=32_400.0))),
    (mappers.ORDERS, PLAN.orders[0]),
    (mappers.PACKAGES, PLAN.packages[0]),
    (mappers.ROUTES, PLAN.routes[0]),
    (mappers.STOPS, make_stop()),
    (
        mappers.STOPS,
        make_stop(
            status=StopStatus.ARRIVED,
            pinned=True,
            order_id=None,
            arrived_at=at(12.345),
            package_ids=(PackageId("P,1"), PackageId("P2")),
        ),
    ),
]


def as_driver_gives_it(mapper: Mapper[Any], value: Any, dialect: Dialect) -> Sequence[Any]:
    row = mapper.values(value)
    cells = []
    for column in mapper.columns:
        cell, kind = row[column.name], column.type
        cell = kind.process_bind_param(cell, dialect) if isinstance(kind, TypeDecorator) else cell
        cells.append(int(cell) if isinstance(cell, bool) and dialect.name == "sqlite" else cell)
    return tuple(cells)


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
@pytest.mark.parametrize(("mapper", "value"), VALUES)
def test_a_row_reads_as_the_value_and_its_digest(mapper: Mapper[Any], value: Any, dialect: Dialect) -> None:
    reader = RowReader(mapper, dialect)
    raw = as_driver_gives_it(mapper, value, dialect)
    assert any(isinstance(cell, datetime) for cell in raw) is False or dialect.name == "postgresql"
    assert reader.values([raw, raw]) == [value, value]
    assert reader.digests([raw]) == [codec.digest(value)]


def test_a_word_that_has_left_its_vocabulary_is_refused() -> None:
    raw = list(as_driver_gives_it(mappers.STOPS, make_stop(), DIALECTS[0]))
    raw[[column.name for column in mappers.STOPS.columns].index("status")] = "TELEPORTED"
    with pytest.raises(ValueError, match="TELEPORTED"):
        RowReader(mappers.STOPS, DIALECTS[0]).values([raw])
