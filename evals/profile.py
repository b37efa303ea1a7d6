"""Disruption profiles: how rough the simulated day is, read from YAML."""

from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from forestall.errors import BadInput, Problem

Rate = Annotated[float, Field(ge=0, le=1)]
Spread = Annotated[float, Field(ge=0, le=1)]
Minutes = Annotated[float, Field(ge=0, le=24 * 60)]
Metres = Annotated[float, Field(ge=0, le=50_000)]
HourFactors = Annotated[tuple[Annotated[float, Field(ge=0, le=5)], ...], Field(min_length=24, max_length=24)]
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


class Parking(_Part):
    """Part of every planned service: ``usual_min`` (at most half of it) goes by before the driver is at the door. Each
    place has a length of its own around that, ``sd`` being the standard deviation of its logarithm."""

    usual_min: Minutes
    sd: Spread


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


class Outages(_Part):
    """A hub closes for a while and nothing leaves it; its first word of when it opens is off by ``estimate_sd``."""

    count: Annotated[int, Field(ge=0, le=5)]
    length: Span
    estimate_sd: Spread


class Closures(_Part):
    """Streets within ``radius_m`` of a drawn stop that nobody can enter for a while; told ``told_after_min`` later."""

    count: Annotated[int, Field(ge=0, le=20)]
    radius_m: Metres
    length: Span
    told_after_min: Minutes
    estimate_sd: Spread


class Newcomers(_Part):
    """Priority orders after the cut-off: ``rate`` per order of the plan. The promise opens ``notice`` after the order
    came and lasts ``window_min``."""

    rate: Rate
    notice: Span
    window_min: Minutes


class Customers(_Part):
    """``no_shows`` is the mean share of visits, at any hour of factor 1, that find nobody in. Customers differ by a
    factor (``no_show_sd``: of its logarithm), and so do the hub's local hours (``absent_by_hour``).

    ``helped_if_asked`` of those who would not be in are helped when asked at least ``ask_before_min`` ahead:
    ``safe_place`` of them by naming a place for the parcel, the others by being there after all. Of those who answer a
    text, ``free_words`` write what they think instead of a digit. ``opt_outs`` answer STOP, whatever they were asked.
    """

    no_shows: Rate
    no_show_sd: Spread
    absent_by_hour: HourFactors
    helped_if_asked: Rate
    safe_place: Rate
    ask_before_min: Minutes
    answers: Rate
    accepts_reschedule: Rate
    free_words: Rate
    opt_outs: Rate
    cancellations: Rate


class Vehicles(_Part):
    """``obedience``: share of new orders of the same stops that a driver follows. Transfers are always followed.

    ``drivers_away`` are not at their hub when they should leave: ``away`` later they are, but ``away_all_day`` of them
    never. ``false_attempts``: share of stops that a driver reports as failed without going there. ``misses_messages``:
    share of lists that a driver's device never shows; the others he reads, and confirms, within ``acks_after``.
    """

    breakdowns: Rate
    breakdown_told_after_min: Minutes
    lost_signals: Rate
    lost_signal: Span
    spare_vans: Annotated[int, Field(ge=0, le=20)]
    spare_ready_min: Minutes
    obedience: Rate
    drivers_away: Rate
    away: Span
    away_all_day: Rate
    false_attempts: Rate
    misses_messages: Rate
    acks_after: Span


class Carriers(_Part):
    """How other carriers answer tenders: ``silent`` say nothing, ``declines`` of the others say no. ``withdrawals``:
    share of carriers that drive no more from some moment of the morning on.

    ``share_of_routes`` goes to two other carriers where a day knows only its own fleet (evals/contracts.py).
    """

    declines: Rate
    silent: Rate
    withdrawals: Rate
    share_of_routes: Rate


class Signals(_Part):
    """A moving vehicle reports every so many seconds, the number its own, from a place up to ``jitter_m`` off each way;
    ``lost`` of the positions never arrive. Its clock is up to ``clock_offset_s`` wrong, either way, all day.

    ``duplicated`` of all events arrive twice, and ``delayed`` of them late, after others, by up to ``delay_s``.
    """

    every_from_s: Annotated[int, Field(ge=5, le=600)]
    every_to_s: Annotated[int, Field(ge=5, le=600)]
    jitter_m: Annotated[float, Field(ge=0, le=200)]
    lost: Rate
    clock_offset_s: Annotated[float, Field(ge=0, le=3600)]
    duplicated: Rate
    delayed: Rate
    delay_s: Annotated[float, Field(ge=0, le=3600)]

    @model_validator(mode="after")
    def _in_order(self) -> "Signals":
        if self.every_to_s < self.every_from_s:
            raise ValueError("every_to_s is below every_from_s")
        return self


class Size(_Part):
    """``times`` as many orders and routes as the day's own plan has (evals/peak.py), each route leaving
    ``leaves_later_min`` later: with so many vans there is less slack at the docks. Spare vans do not become more."""

    times: Annotated[int, Field(ge=1, le=10)]
    leaves_later_min: Minutes


class Profile(_Part):
    """One kind of day. Every field must be given in the file, so that a profile reads as the whole truth about it.

    A service takes ``service_factor`` times as long as planned on average, each one of its own (``service_sd``: of the
    factor's logarithm).
    """

    name: Annotated[str, Field(min_length=1, max_length=60)]
    size: Size
    travel: Travel
    service_factor: Annotated[float, Field(gt=0, le=5)]
    service_sd: Spread
    parking: Parking
    hold_ups: HoldUps
    slow_regions: SlowRegions
    late_loads: LateLoads
    outages: Outages
    closures: Closures
    newcomers: Newcomers
    customers: Customers
    vehicles: Vehicles
    carriers: Carriers
    signals: Signals


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
