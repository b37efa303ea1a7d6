"""The short way from values to the driver's rows gives what the long way gives."""

from datetime import timedelta

import pytest
from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.dialects.sqlite import pysqlite
from sqlalchemy.types import TypeDecorator

from factories import at
from forestall.domain.forecast import Contribution, RouteForecast, StopForecast
from forestall.domain.ids import RouteId, StopId
from forestall.store.mappers import ROUTE_SCORES, SCORES
from forestall.store.rowwriting import RowWriter

DIALECTS = [pysqlite.dialect(), psycopg.dialect()]  # type: ignore[no-untyped-call]  # SQLAlchemy leaves them untyped
ROUTE = RouteForecast(RouteId("R1"), 0.1, 0.2, 0.3, finish_p50=at(15.25))
ENDLESS = RouteForecast(RouteId("R2"), 0.1, 0.2, 0.3, finish_p50=None)


def score(**changes: object) -> StopForecast:
    fields: dict[str, object] = {
        "stop_id": StopId("S1"),
        "route_id": RouteId("R1"),
        "p_late": 0.25,
        "p_failed": 0.05,
        "p_miss": 0.2875,
        "eta_p10": at(9.0),
        "eta_p50": at(9.5),
        "eta_p90": at(10.0) + timedelta(microseconds=1),
        "expected_lateness_s": 12.5,
    }
    return StopForecast(**(fields | changes))  # type: ignore[arg-type]  # the fields' own types


TOLD = score(reasons=(Contribution("upstream_delay", 0.2, {"delay_s": 875.1}),))
VALUES = [(SCORES, score()), (SCORES, TOLD), (ROUTE_SCORES, ROUTE), (ROUTE_SCORES, ENDLESS)]


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.name)
@pytest.mark.parametrize(("mapper", "value"), VALUES)
def test_a_value_is_written_as_its_column_types_say(mapper, value, dialect: Dialect) -> None:
    row = mapper.values(value)
    kinds = [(row[column.name], column.type) for column in mapper.columns]
    cells = [
        kind.process_bind_param(cell, dialect) if isinstance(kind, TypeDecorator) else cell for cell, kind in kinds
    ]
    assert RowWriter(mapper, dialect, ["forecast_seq"]).rows([value, value], 7) == [(*cells, 7)] * 2
