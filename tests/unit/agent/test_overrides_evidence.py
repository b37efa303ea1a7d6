"""What overrides show and speak for: intervals that hold, tests that know chance, rules that Cedar takes."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.overrides.evidence import holm, sign_flip_p, weigh
from agent.overrides.suggestions import LEAST_CASES, suggest
from factories import make_override
from forestall.domain.vocabulary import Autonomy
from policies.gate import Gate, read_policies
from policies.question import PlanQuestion


def overrides(gains, days=8, **fields):
    """One override a case, spread over some days, with that many promises gained each by deciding otherwise."""
    return [
        make_override(f"d{i}", day=f"day{i % days}", kept_done=6 + gain, kept_proposed=6, **fields)
        for i, gain in enumerate(gains)
    ]


def test_the_counts_by_hand():
    weighed = weigh(overrides([2, 0, -1, 1]))
    assert (weighed.right, weighed.even, weighed.wrong) == (2, 1, 1)
    assert weighed.right_share == pytest.approx(2 / 3)
    assert (weighed.kept_done, weighed.kept_proposed, weighed.gained) == (26, 24, 0.5)
    assert weighed.gained_low <= 0.5 <= weighed.gained_high
    assert weighed.right_low < 2 / 3 < weighed.right_high


def test_several_noes_to_one_case_count_once():
    same = [replace(one, case_id="case") for one in overrides([-1, -1, -1])]
    weighed = weigh(same)
    assert (weighed.overrides, weighed.cases, weighed.wrong) == (3, 1, 1)


def test_overrides_that_made_no_difference_tell_nobody_right_or_wrong():
    weighed = weigh(overrides([0, 0]))
    assert weighed.right_share is None
    assert weighed.p_value == 1.0


def test_the_sign_flip_test_by_hand():
    """Five gains of one: of 32 ways to set the signs, two are as far from 0."""
    assert sign_flip_p(np.ones(5)) == 2 / 32
    assert sign_flip_p(np.array([1.0, -1.0])) == 1.0


@given(st.lists(st.integers(-3, 3), min_size=15, max_size=40))
@settings(max_examples=20, deadline=None)
def test_it_does_not_matter_to_the_test_which_way_is_called_the_better(gains):
    told = np.array(gains, dtype=float)
    assert sign_flip_p(told) == sign_flip_p(-told)


def test_holms_correction_by_hand():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_a_corrected_p_value_is_never_smaller_nor_above_one(p_values):
    assert all(p <= q <= 1.0 for p, q in zip(p_values, holm(p_values), strict=True))


def test_chance_alone_suggests_nothing():
    rng = np.random.default_rng(1)
    found = [suggest(overrides(rng.integers(-2, 3, 60).tolist()))[0] for _ in range(40)]
    assert sum(bool(suggestions) for suggestions in found) <= 4  # one in twenty, and luck


def test_few_cases_suggest_nothing_however_clear():
    assert suggest(overrides([-3] * (LEAST_CASES - 1))) == ([], 0)
    assert suggest(overrides([-3] * 60, days=4)) == ([], 0)


def test_many_groups_make_it_harder_to_stand_out():
    weak = [1] * 9 + [-1] * 1 + [0] * 10
    alone, tested = suggest(overrides(weak))
    assert (len(alone), tested) == (1, 1)
    crowd = [
        replace(
            one, decision_id=f"{n}-{one.decision_id}", case_id=f"{n}-{one.case_id}", hub_id=f"H{n}", kinds=(f"K{n}",)
        )
        for n in range(8)
        for one in overrides(weak if n == 0 else [1, -1] * 10)
    ]
    among_many, tested = suggest(crowd)
    assert (among_many, tested) == ([], 8)


@pytest.mark.parametrize(
    ("autonomy", "gain", "before", "after"),
    [
        (Autonomy.VETO_WINDOW, 2, Autonomy.VETO_WINDOW, Autonomy.APPROVE_FIRST),
        (Autonomy.VETO_WINDOW, -2, Autonomy.VETO_WINDOW, Autonomy.AUTO),
        (Autonomy.APPROVE_FIRST, -2, Autonomy.APPROVE_FIRST, Autonomy.VETO_WINDOW),
    ],
)
def test_a_suggested_rule_is_valid_cedar_and_does_what_it_says_in_its_hub_alone(autonomy, gain, before, after):
    [suggestion], _ = suggest(overrides([gain] * 30, autonomy=autonomy))
    texts = read_policies()
    gate = Gate(texts)
    with_it = Gate(replace(texts, policies=texts.policies + "\n" + suggestion.cedar))
    moved = 8 if before is Autonomy.VETO_WINDOW else 20  # the shipped policy's own limits
    question = PlanQuestion(frozenset({"REASSIGN", "NOTIFY_ETA"}), "WINDOW_MISS_RISK", stops_moved=moved)
    assert gate.ask("rules", "H1", question).autonomy is before
    assert with_it.ask("rules", "H1", question).autonomy is after
    assert with_it.ask("rules", "H2", question).autonomy is before
    other = replace(question, case_kind="VEHICLE_BREAKDOWN")
    assert with_it.ask("rules", "H1", other).autonomy is before


def test_refusals_that_keep_promises_change_no_rule():
    [suggestion], _ = suggest(overrides([2] * 30))
    assert suggestion.cedar is None


def test_hubs_that_agree_speak_for_a_rule_of_all_hubs():
    both = [replace(one, hub_id=f"H{i % 2}") for i, one in enumerate(overrides([-2] * 60, days=7))]
    [suggestion], tested = suggest(both)
    assert tested == 3
    assert suggestion.group.hub_id is None


def test_a_hub_with_quotes_in_its_name_cannot_break_out_of_the_rule():
    [suggestion], _ = suggest(overrides([-2] * 30, hub_id='H"1'))
    texts = read_policies()
    Gate(replace(texts, policies=texts.policies + "\n" + suggestion.cedar))
