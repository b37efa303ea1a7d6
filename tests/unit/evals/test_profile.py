"""Profiles: the built-in ones load, and a faulty one names every fault."""

from pathlib import Path

import pytest
import yaml

from evals.profile import PROFILES, load_profile
from forestall.errors import BadInput


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
