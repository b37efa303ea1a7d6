"""Fitted travel times as a JSON document: what ``forestall travel fit`` writes and the service reads."""

import json
from collections.abc import Mapping

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from forestall.errors import BadInput, Problem
from optimizer.travel.haversine import HaversineTravel
from optimizer.travel.hours import HourFactors
from optimizer.travel.zones import ZoneFactors

VERSION = 1


class _Band(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    up_to_m: float | None = Field(gt=0)  # None: no upper end
    m_s: float = Field(gt=0, le=60)


class _Zone(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    lat: int
    lon: int
    factor: float = Field(gt=0, le=10)


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    version: int = Field(ge=VERSION, le=VERSION)
    source: str
    circuity: float = Field(ge=1, le=5)
    bands: list[_Band] = Field(min_length=1)
    hours: list[float] = Field(min_length=24, max_length=24)
    zones: list[_Zone] = Field(default_factory=list)
    about: dict[str, object] = Field(default_factory=dict)


def to_document(travel: HaversineTravel, about: Mapping[str, object]) -> str:
    """The travel times as text. ``about`` says what they were fitted on; it is kept and not read."""
    document = _Document(
        version=VERSION,
        source=travel.source,
        circuity=travel.circuity,
        bands=[_Band(up_to_m=top if np.isfinite(top) else None, m_s=speed) for top, speed in travel.bands],
        hours=list(travel.hours.by_hour),
        zones=[_Zone(lat=lat, lon=lon, factor=factor) for (lat, lon), factor in travel.zones.by_zone.items()],
        about=dict(about),
    )
    return document.model_dump_json(indent=1) + "\n"


def from_document(text: str, name: str) -> HaversineTravel:
    """The travel times of a document; ``name`` says where it came from. BadInput lists everything wrong with it."""
    try:
        document = _Document.model_validate(json.loads(text))
    except json.JSONDecodeError as error:
        problem = Problem(name, str(error), "write it with forestall travel fit")
        raise BadInput(f"{name} is not JSON.", [problem]) from error
    except ValidationError as error:
        problems = [
            Problem(f"{name}: {'.'.join(map(str, fault['loc']))}", fault["msg"], "write it with forestall travel fit")
            for fault in error.errors()
        ]
        raise BadInput(f"{name} is not a document of travel times.", problems) from error
    tops = [np.inf if band.up_to_m is None else band.up_to_m for band in document.bands]
    if tops != sorted(set(tops)) or tops[-1] != np.inf or min(document.hours) <= 0:
        remedy = "let bands rise to one without an end (up_to_m null), and hour factors be above 0"
        raise BadInput(f"{name} can't be used.", [Problem(f"{name}: bands, hours", "out of order or range", remedy)])
    return HaversineTravel(
        circuity=document.circuity,
        bands=tuple((top, band.m_s) for top, band in zip(tops, document.bands, strict=True)),
        hours=HourFactors(tuple(document.hours)),
        zones=ZoneFactors({(zone.lat, zone.lon): zone.factor for zone in document.zones}),
        source=document.source,
    )
