from dataclasses import dataclass

import pytest

from factories import make_hub, make_stop
from forestall.domain.routes import Stop
from forestall.store import mappers, tables
from forestall.store.mapping import Mapper


def test_an_embedded_value_lies_in_columns_behind_its_name() -> None:
    row = mappers.HUBS.values(make_hub(), day="monday")
    assert row["location_lat"] == make_hub().location.lat
    assert row["day"] == "monday"


def test_a_row_comes_back_as_the_value_it_was_made_from() -> None:
    stop = make_stop()
    row = mappers.STOPS.values(stop)
    assert mappers.STOPS.from_row([row[column.name] for column in mappers.STOPS.columns]) == stop


def test_every_column_of_stops_is_mapped() -> None:
    assert {column.name for column in mappers.STOPS.columns} == set(tables.stops.c.keys())


def test_a_field_without_a_column_is_noticed_at_once() -> None:
    @dataclass(frozen=True)
    class Unknown:
        id: str
        colour: str

    with pytest.raises(LookupError, match="colour"):
        Mapper(Unknown, tables.stops)


def test_an_embedded_value_without_its_columns_is_noticed_at_once() -> None:
    @dataclass(frozen=True)
    class Trip:
        id: str
        first: Stop

    with pytest.raises(LookupError, match="first_id"):
        Mapper(Trip, tables.stops)
