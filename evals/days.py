"""Which day to play: a file, or the built-in city; as large, and driven by whom, as the profile has it."""

import re
from pathlib import Path

from evals.city import build_city
from evals.contracts import share_out
from evals.peak import enlarge
from evals.profile import Profile
from forestall.domain.plan import DayPlan
from forestall.errors import BadInput, Problem
from forestall.intake import read_plan_file
from forestall.intake.plan import with_digest

_CITY = re.compile(r"city(?::(?P<seed>\d+))?")


def read_day(day: Path, profile: Profile) -> DayPlan:
    """The plan of ``day``: ``city`` and ``city:SEED`` name the built-in city, anything else a file or folder.

    Raises BadInput with every fault of the file, and for a day on which nothing was promised to anybody.
    """
    named = _CITY.fullmatch(str(day))
    if named and not day.exists():
        plan = build_city(int(named["seed"] or 1), spares=profile.vehicles.spare_vans)
    else:
        plan = read_plan_file(day, spares=profile.vehicles.spare_vans)
    if not plan.stops:
        problem = Problem(str(day), "has no stop, so no promised window", "give a day with orders and their stops")
        raise BadInput(f"There is nothing to play on {plan.day}.", [problem])
    shaped = share_out(
        enlarge(plan, profile.size.times, profile.size.leaves_later_min), profile.carriers.share_of_routes
    )
    return plan if shaped is plan else with_digest(shaped)
