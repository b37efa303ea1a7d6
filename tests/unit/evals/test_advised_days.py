"""A bad language model has done no harm only where that was shown."""

from dataclasses import replace

import pytest

from evals.account import Account
from evals.advised_days import IN_FORM, WITHOUT, AdvisedDay
from evals.bench_advisor import proves

USELESS = AdvisedDay(
    model="prose", requests=3, consulted=3, used=0, reordered=0, longest_wait_s=0.1,
    faults=("the answer is not the form asked for",), differs=(), violations=(), alone=0,
)  # fmt: skip
PLAIN = replace(USELESS, model=WITHOUT, requests=0, consulted=0)
CONTRARY = replace(USELESS, model=IN_FORM, used=3, reordered=3, differs=("visits", "decisions"))


def test_a_useless_model_that_left_the_day_as_it_was_did_no_harm():
    assert proves([PLAIN, USELESS])


@pytest.mark.parametrize("part", ["visits", "messages", "decisions", "record"])
def test_a_useless_model_must_change_nothing_at_all(part):
    assert not proves([PLAIN, replace(USELESS, differs=(part,))])


def test_an_answer_that_is_of_no_use_must_not_be_used():
    assert not proves([PLAIN, replace(USELESS, used=1)])


def test_one_that_answers_in_form_may_change_the_day():
    assert proves([PLAIN, CONTRARY])


@pytest.mark.parametrize("harm", [{"violations": ("text-cap: S1: text number 3",)}, {"alone": 1}])
def test_but_it_may_break_no_rule_and_have_nothing_done_without_an_answer(harm):
    assert not proves([PLAIN, replace(CONTRARY, **harm)])


def test_a_day_on_which_nobody_was_to_be_asked_proves_nothing():
    assert not proves([PLAIN, replace(USELESS, requests=0, consulted=0)])


def test_an_account_names_the_parts_that_are_not_the_same():
    one = Account(visits="v", messages="m", decisions="d", record="r")
    assert one.differences(replace(one, messages="other", record="other")) == ["messages", "record"]
    assert one.differences(replace(one)) == []
