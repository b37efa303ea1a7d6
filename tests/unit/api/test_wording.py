"""Words for stored values: known rules read as sentences, unknown ones are shown and never hidden."""

from dataclasses import replace

import pytest

from agent import wording
from factories import make_candidate, make_judgement, make_proposal
from forestall.domain.actions import Action, NoCandidate, StopEffect
from forestall.domain.forecast import Contribution
from forestall.domain.vocabulary import (
    ActionKind,
    Advice,
    Autonomy,
    CaseKind,
    CaseStatus,
    OutboxState,
    OverrideReason,
    RouteStatus,
    StopStatus,
    Tool,
    Verdict,
)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (wording.CASE_KINDS, CaseKind),
        (wording.CASE_STATUSES, CaseStatus),
        (wording.VERDICTS, Verdict),
        (wording.AUTONOMY, Autonomy),
        (wording.ADVICE, Advice),
        (wording.TOOLS, Tool),
        (wording.OVERRIDE_REASONS, OverrideReason),
        (wording.STOP_STATUSES, StopStatus),
        (wording.ROUTE_STATUSES, RouteStatus),
        (wording.OUTBOX_STATES, OutboxState),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_every_word_of_the_vocabulary_has_a_text(table, words):
    assert set(table) == set(words)


@pytest.mark.parametrize("kind", ActionKind)
def test_every_action_reads_as_a_line_even_without_stops_or_routes(kind):
    assert wording.describe_action(Action(kind))
    assert "{" not in wording.describe_action(Action(kind, ("S1",), ("R1", "R2")))


def test_a_move_says_from_where_to_where():
    action = Action(ActionKind.REASSIGN, ("S1", "S2", "S3", "S4"), ("R1", "R2"))
    assert wording.describe_action(action) == "Move 4 stops from R1 to R2"


def test_a_known_rule_is_filled_with_its_values():
    declined = NoCandidate(Tool.HUB_SWAP, "hub_swap.no_linked_hub", {"hub": "H1"})
    assert wording.describe_decline(declined) == "no shuttle runs from H1 to another hub"


def test_an_unknown_rule_is_shown_with_its_values():
    declined = NoCandidate(Tool.REROUTE, "reroute.moon_is_full", {"phase": 1, "wait_s": 90.0})
    assert wording.describe_decline(declined) == "reroute: moon is full (phase 1, wait 2 min)"


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("leave_earlier.cannot", "Leave earlier"),
        ("heed_customer.no_safe_place_to_tell", "Do as the customers wish"),
        ("reroute.no_gain", "Change the order of a route"),
        ("of_a_later_release", "Change the order of a route"),
    ],
)
def test_what_a_tool_had_tried_is_named_by_its_rule(rule, words):
    assert wording.describe_attempt("reroute", rule) == words


def test_an_older_record_that_lacks_a_value_is_shown_with_what_it_has():
    declined = NoCandidate(Tool.HUB_SWAP, "hub_swap.no_linked_hub", {"place": "H1"})
    assert wording.describe_decline(declined) == "hub swap: no linked hub (place H1)"


def test_a_reason_names_its_cause_and_its_share_of_the_risk():
    reason = Contribution("upstream_delay", 0.4, {"delay_s": 1500.0})
    assert wording.describe_contribution(reason) == "the route is 25 min behind, 40 %"


@pytest.mark.parametrize(
    ("share", "text"), [(0, "0 %"), (0.001, "<1 %"), (0.3, "30 %"), (0.999, ">99 %"), (1, "100 %")]
)
def test_a_probability_never_reads_as_certain_unless_it_is(share, text):
    assert wording.as_percent(share) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (45, "45 s"),
        (59.7, "1 min"),
        (150, "2 min"),
        (3599, "1 h 00 min"),
        (3900, "1 h 05 min"),
        (-720, "-12 min"),
    ],
)
def test_a_duration_reads_in_its_natural_unit(seconds, text):
    assert wording.as_duration(seconds) == text


@pytest.mark.parametrize(
    ("misses_after", "effects", "words"),
    [
        (0.3, (StopEffect("S001", 0.7, 0.1),), "1 stop would be safer"),
        (1.1, (StopEffect("S001", 0.7, 0.66), StopEffect("S002", 0.5, 0.44)), "1 stop would be safer"),
        (1.1, (StopEffect("S001", 0.7, 0.66), StopEffect("S002", 0.5, 0.46)), "0.10 expected misses less"),
        (1.2, (), "it would change little"),
        (1.3, (StopEffect("S001", 0.6, 0.7),), "it would change little"),
    ],
)
def test_advice_never_says_that_nobody_would_be_safer(misses_after, effects, words):
    advice = replace(make_candidate("k2"), actions=(Action(ActionKind.LEAVE_EARLIER),), is_advice=True)
    judged = make_judgement("k2", misses_before=1.2, misses_after=misses_after, effects=effects)
    proposal = make_proposal(candidates=(make_candidate(), advice), judgements={"k2": judged})
    assert wording.describe_loss(proposal, "k2") == f"advice: {words}; departures are not the service's to move"


def test_few_ids_are_named_and_many_are_counted():
    assert wording.join_ids(["S1", "S2"], "stops") == "S1, S2"
    assert wording.join_ids(["S1", "S2", "S3", "S4"], "stops") == "4 stops"
    assert wording.join_ids([], "stops") == ""
