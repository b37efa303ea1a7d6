"""Which day to play: a file, or the built-in city."""

import re
from pathlib import Path

from evals.city import build_city
from evals.profile import Profile
from forestall.domain.plan import DayPlan
from forestall.intake import read_plan_file

_CITY = re.compile(r"city(?::(?P<seed>\d+))?")


def read_day(day: Path, profile: Profile) -> DayPlan:
    """The plan of ``day``: ``city`` and ``city:SEED`` name the built-in city, anything else a file or folder.

    Raises BadInput with every fault of the file.
    """
    named = _CITY.fullmatch(str(day))
    if named and not day.exists():
        return build_city(int(named["seed"] or 1), spares=profile.vehicles.spare_vans)
    return read_plan_file(day, spares=profile.vehicles.spare_vans)
