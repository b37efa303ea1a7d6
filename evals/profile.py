"""Disruption profiles: how rough the simulated day is, read from YAML."""

from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from forestall.errors import BadInput, Problem

Rate = Annotated[float, Field(ge=0, le=1)]
Spread = Annotated[float, Field(ge=0, le=1)]
Minutes = Annotated[float, Field(ge=0, le=24 * 60)]
PROFILES = Path(__file__).parent / "profiles"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Span(_Part):
    """A uniform draw of minutes between two bounds, both inclusive."""

    from_min: Minutes
    to_min: Minutes

    @model_validator(mode="after")
    def _in_order(self) -> "Span":
        if self.to_min < self.from_min:
            raise ValueError("to_min is below from_min")
        return self


class Travel(_Part):
    """Spreads are standard deviations of the logarithm; ``hour_of_day`` are 24 factors of the hub's local hours."""

    route_sd: Spread
    leg_sd: Spread
    hour_of_day: Annotated[tuple[Annotated[float, Field(gt=0, le=5)], ...], Field(min_length=24, max_length=24)]


class HoldUps(_Part):
    rate: Rate
    length: Span


class SlowRegions(_Part):
    """``share`` of the day's places, those nearest to a drawn one, where every leg takes ``factor`` times as long."""

    count: Annotated[int, Field(ge=0, le=20)]
    factor: Annotated[float, Field(ge=1, le=10)]
    length_min: Minutes
    share: Rate


class LateLoads(_Part):
    """``delay`` past the planned departure; the hub's first estimate of it is off by ``estimate_sd`` (logarithm)."""

    rate: Rate
    delay: Span
    told_before_min: Minutes
    estimate_sd: Spread


class Customers(_Part):
    """``helped_if_asked``: no-shows who are there after all when asked at least ``ask_before_min`` ahead."""

    no_shows: Rate
    helped_if_asked: Rate
    ask_before_min: Minutes
    answers: Rate
    accepts_reschedule: Rate
    cancellations: Rate


class Vehicles(_Part):
    """``obedience``: share of new orders of the same stops that a driver follows. Transfers are always followed."""

    breakdowns: Rate
    breakdown_told_after_min: Minutes
    lost_signals: Rate
    lost_signal: Span
    spare_vans: Annotated[int, Field(ge=0, le=20)]
    spare_ready_min: Minutes
    obedience: Rate


class Carriers(_Part):
    """How other carriers answer tenders: ``silent`` say nothing, ``declines`` of the others say no."""

    declines: Rate
    silent: Rate


class Profile(_Part):
    """One kind of day. Every field must be given in the file, so that a profile reads as the whole truth about it; but
    in one without ``carriers`` they accept whatever they are asked."""

    name: Annotated[str, Field(min_length=1, max_length=60)]
    travel: Travel
    service_sd: Spread
    hold_ups: HoldUps
    slow_regions: SlowRegions
    late_loads: LateLoads
    customers: Customers
    vehicles: Vehicles
    carriers: Carriers = Carriers(declines=0.0, silent=0.0)


def load_profile(path: Path | None = None) -> Profile:
    """The profile in ``path``; a bare name such as ``calm`` means the built-in one, None the default day.

    Raises BadInput with every fault of the file.
    """
    source = _locate(path)
    try:
        document = yaml.safe_load(source.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise _bad(source, [Problem(str(source), f"can't be read: {error}", "name a readable YAML file")]) from error
    except yaml.YAMLError as error:
        raise _bad(source, [Problem(str(source), f"is not YAML: {error}", "mend the syntax there")]) from error
    try:
        return Profile.model_validate(document)
    except ValidationError as error:
        raise _bad(source, [_problem(fault) for fault in error.errors()]) from error


def _locate(path: Path | None) -> Path:
    if path is None:
        return PROFILES / "default.yaml"
    built_in = PROFILES / f"{path}.yaml"
    return built_in if not path.exists() and path.parent == Path() and built_in.exists() else path


def _problem(fault: object) -> Problem:
    assert isinstance(fault, dict)
    place = ".".join(str(part) for part in fault["loc"]) or "(the whole file)"
    return Problem(place, str(fault["msg"]), "compare with evals/profiles/default.yaml")


def _bad(source: Path, problems: list[Problem]) -> BadInput:
    return BadInput(f"the profile {source.name} has {len(problems)} fault(s)", problems)
