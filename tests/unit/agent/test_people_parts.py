"""The parts of what people do that need no service: tiers, looks, merges."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from agent.merging import follow_merges, united
from agent.people.escalation import tier_due
from agent.people.hand import Hand
from factories import at, make_case
from forestall.domain.cases import Signal
from forestall.domain.vocabulary import CaseKind, CaseStatus
from forestall.errors import BadInput
from forestall.settings import EscalationTier, Settings

TIERS = Settings().escalation


@given(st.floats(0, 100), st.floats(0, 100), st.floats(0.01, 100))
def test_a_question_never_climbs_down(first, second, given_minutes):
    earlier, later = sorted((first, second))
    tiers = [tier_due(TIERS, at(0), at(given_minutes), at(minute)) for minute in (earlier, later)]
    assert tiers[0] <= tiers[1]


@given(st.floats(0.01, 500))
def test_the_last_tier_is_told_before_the_deadline(given_minutes):
    deadline = at(given_minutes)
    just_before = deadline - timedelta(minutes=given_minutes) * 0.1
    assert tier_due(TIERS, at(0), deadline, just_before) == len(TIERS) - 1
    assert tier_due(TIERS, at(0), deadline, at(0)) == 0


@pytest.mark.parametrize(
    "tiers",
    [
        [],
        [EscalationTier(name="a", after=0.5)],
        [EscalationTier(name="a", after=0), EscalationTier(name="b", after=0)],
        [EscalationTier(name="a", after=0), EscalationTier(name="a", after=0.5)],
    ],
)
def test_tiers_that_make_no_ladder_stop_the_start(tiers):
    with pytest.raises(ValidationError):
        Settings(escalation=tiers)


@pytest.mark.parametrize(
    ("hand", "places"),
    [
        (Hand("a", shown_at=at(11)), ["shown_at"]),
        (Hand("a", shown_at=at(1)), ["shown_at"]),
        (Hand("a", shown_at=at(9), seen_ms=120_000), ["seen_ms"]),
        (Hand("a", shown_at=at(11), seen_ms=60_000), ["shown_at", "seen_ms"]),
    ],
)
def test_a_look_in_the_future_before_the_case_or_longer_than_since_is_refused(hand, places):
    with pytest.raises(BadInput) as refused:
        hand.look(at(5), at(10))
    assert [problem.place for problem in refused.value.problems] == places


def test_who_says_only_when_it_was_shown_looked_from_then_on():
    assert Hand("a", shown_at=at(8)).look(at(5), at(10)).looked_s == 120.0
    assert Hand("a", shown_at=at(8), seen_ms=30_000).look(at(5), at(10)).looked_s == 30.0
    assert Hand("a").look(at(5), at(10)).looked_s is None


def signal(fingerprint, stops, severity=1.0, kind=CaseKind.WINDOW_MISS_RISK):
    return Signal(fingerprint, kind, "H1", (f"route of {fingerprint}",), tuple(stops), severity)


HOST = make_case("host", fingerprint="h", stop_ids=("S1", "S2"), severity=2.0)
GUEST = make_case(
    "guest", fingerprint="g", status=CaseStatus.MERGED, merged_into="host", merged_by="ann", stop_ids=("S2", "S3")
)


def test_a_merged_cause_is_heard_as_part_of_the_case_that_goes_on():
    heard = follow_merges([signal("g", ["S2", "S3"], 1.0), signal("h", ["S1", "S2"], 2.0)], [GUEST], {"h": HOST})
    assert [(one.fingerprint, one.stop_ids, one.severity) for one in heard] == [("h", ("S1", "S2", "S3"), 2.5)]


def test_it_keeps_the_case_alive_when_its_own_cause_has_gone():
    [heard] = follow_merges([signal("g", ["S3"])], [GUEST], {"h": HOST})
    assert (heard.fingerprint, heard.kind, heard.stop_ids) == ("h", HOST.kind, ("S3",))


def test_merges_are_followed_to_their_end():
    middle = make_case("middle", fingerprint="m", status=CaseStatus.MERGED, merged_into="host")
    merged = [replace(GUEST, merged_into="middle"), middle]
    [heard] = follow_merges([signal("g", ["S3"])], merged, {"h": HOST})
    assert heard.fingerprint == "h"


def test_a_merge_into_a_case_that_is_over_holds_no_longer():
    [heard] = follow_merges([signal("g", ["S3"])], [GUEST], {})
    assert heard.fingerprint == "g"


def test_stops_that_both_name_count_once():
    both = united(HOST, replace(GUEST, severity=1.0))
    assert both.stop_ids == ("S1", "S2", "S3")
    assert both.severity == 2.5
