"""Which days to play: files, or the built-in city, as large and driven by whom as the profile has it; which seeds."""

import re
from pathlib import Path

from evals.city import build_city
from evals.city.build import CUSTOMERS
from evals.contracts import share_out
from evals.peak import enlarge
from evals.profile import Profile
from forestall.domain.plan import DayPlan
from forestall.errors import BadInput, Problem
from forestall.intake import read_plan_file
from forestall.intake.plan import with_digest

DAY_FILES = ("*.txt", "*.txt.gz", "*.vrp", "*.vrp.gz", "*.json")
_CITY = re.compile(r"city(?::(?P<seed>\d+)(?:x(?P<customers>[1-9]\d{0,3}))?)?")
_SEEDS = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")


def read_day(day: Path, profile: Profile) -> DayPlan:
    """The plan of ``day``: ``city``, ``city:SEED`` and ``city:SEEDxCUSTOMERS`` name the built-in city, anything else a
    file or folder.

    Raises BadInput with every fault of the file, and for a day on which nothing was promised to anybody.
    """
    named = _CITY.fullmatch(str(day))
    if named and not day.exists():
        size = int(named["customers"] or CUSTOMERS)
        plan = build_city(int(named["seed"] or 1), spares=profile.vehicles.spare_vans, customers=size)
    else:
        plan = read_plan_file(day, spares=profile.vehicles.spare_vans)
    if not plan.stops:
        problem = Problem(str(day), "has no stop, so no promised window", "give a day with orders and their stops")
        raise BadInput(f"There is nothing to play on {plan.day}.", [problem])
    shaped = share_out(
        enlarge(plan, profile.size.times, profile.size.leaves_later_min), profile.carriers.share_of_routes
    )
    return plan if shaped is plan else with_digest(shaped)


def list_days(folder: Path) -> list[Path]:
    """The day files of a folder, by name."""
    return sorted({path for pattern in DAY_FILES for path in folder.glob(pattern)})


def is_city(day: Path) -> bool:
    """Whether ``day`` names the built-in city."""
    return _CITY.fullmatch(str(day)) is not None and not day.exists()


def read_seeds(text: str) -> list[int]:
    """``"3"`` or ``"1-4"`` as a list; BadInput for anything else."""
    found = _SEEDS.fullmatch(text)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
    if last < first:
        raise BadInput("The seeds can't be read.", [Problem("--seeds", f"is {text!r}", "give one, or A-B, as in 1-4")])
    return list(range(first, last + 1))
