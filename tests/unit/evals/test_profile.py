"""Profiles: the built-in ones load, and a faulty one names every fault."""

from math import sqrt
from pathlib import Path

import pytest
import yaml

from evals.profile import PROFILES, load_profile
from forestall.errors import BadInput
from optimizer.risk.priors import Priors
from optimizer.travel import HourFactors


@pytest.mark.parametrize("name", sorted(path.stem for path in PROFILES.glob("*.yaml")))
def test_every_built_in_profile_loads_by_its_bare_name(name: str) -> None:
    assert load_profile(Path(name)).name == name


def test_no_path_is_the_default_day() -> None:
    profile = load_profile()
    assert (profile.vehicles.breakdowns, profile.hold_ups.rate, profile.customers.no_shows) == (0.02, 0.1, 0.03)


def test_all_faults_are_named_at_once(tmp_path: Path) -> None:
    document = yaml.safe_load((PROFILES / "default.yaml").read_text())
    document["vehicles"]["breakdowns"] = 1.5
    document["hold_ups"]["length"] = {"from_min": 60, "to_min": 30}
    document["travel"]["hour_of_day"] = [1.0] * 23
    document["storms"] = 3
    del document["service_sd"]
    path = tmp_path / "bad.yaml"
    path.write_text(yaml.safe_dump(document))
    with pytest.raises(BadInput) as caught:
        load_profile(path)
    places = {problem.place for problem in caught.value.problems}
    assert places == {"vehicles.breakdowns", "hold_ups.length", "travel.hour_of_day", "storms", "service_sd"}


def test_faults_in_the_newer_parts_are_named_with_a_remedy(tmp_path: Path) -> None:
    document = yaml.safe_load((PROFILES / "adversarial.yaml").read_text())
    document["vehicles"]["false_attempts"] = 1.01
    document["customers"]["opt_out"] = 0.1  # misspelt
    document["outages"]["count"] = -1
    document["signals"] |= {"every_from_s": 30, "every_to_s": 10}
    document["size"]["times"] = 100
    del document["parking"]
    path = tmp_path / "bad.yaml"
    path.write_text(yaml.safe_dump(document))
    with pytest.raises(BadInput) as caught:
        load_profile(path)
    faults = {problem.place: problem for problem in caught.value.problems}
    assert faults.keys() == {
        "vehicles.false_attempts", "customers.opt_out", "outages.count", "signals", "size.times", "parking"
    }  # fmt: skip
    assert "less than or equal to 1" in faults["vehicles.false_attempts"].message
    assert all("default.yaml" in problem.remedy for problem in faults.values())


def test_the_service_is_not_told_the_answer() -> None:
    """What it believes before the day has taught anything differs from the default day in every number of both."""
    rules, beliefs = load_profile(), Priors()
    pairs = {
        "legs' spread": (rules.travel.leg_sd, beliefs.leg_sd),
        "routes' spread": (rules.travel.route_sd, beliefs.route_sd),
        "services' spread": (rules.service_sd, beliefs.service_sd),
        "late loads": (rules.late_loads.rate, beliefs.load_late),
        "estimates of loads": (rules.late_loads.estimate_sd, sqrt(beliefs.load_sd**2 + beliefs.load_hub_sd**2)),
        "no-shows": (rules.customers.no_shows, beliefs.p_failed),
        "when loads are told": (rules.late_loads.told_before_min * 60, beliefs.load_told_s),
        "shortest hold-up": (rules.hold_ups.length.from_min * 60, beliefs.hold_min_s),
        "longest hold-up": (rules.hold_ups.length.to_min * 60, beliefs.hold_max_s),
    }
    assert [name for name, (truth, belief) in pairs.items() if abs(truth - belief) < 0.1 * max(truth, belief)] == []
    assert HourFactors().by_hour != rules.travel.hour_of_day


@pytest.mark.parametrize("text", ["a: [1", "just text", "", "[1, 2]"])
def test_a_file_that_is_no_profile_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text)
    with pytest.raises(BadInput):
        load_profile(path)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        load_profile(tmp_path / "none.yaml")


def test_numbers_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text((PROFILES / "default.yaml").read_text().replace("service_sd: 0.35", "service_sd: .nan"))
    with pytest.raises(BadInput):
        load_profile(path)
