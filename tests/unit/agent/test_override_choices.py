"""Which decisions are overrides, and between which two ways each of them chose."""

import pytest

from agent.overrides.which import OVERRIDES, choice_of, plan_kinds
from factories import make_candidate, make_decision, make_proposal
from forestall.domain.actions import Action
from forestall.domain.vocabulary import ActionKind, Verdict

RECOMMENDED, OWN = make_candidate("k1"), make_candidate("own")


def choice(verdict, **proposal):
    return choice_of(make_decision(verdict=verdict), make_proposal(**proposal))


@pytest.mark.parametrize("verdict", [Verdict.REJECTED, Verdict.VETOED, Verdict.EXPIRED])
def test_a_no_leaves_things_as_they_were(verdict):
    found = choice(verdict)
    assert (found.proposed, found.done, found.as_it_came) == (RECOMMENDED, None, False)


def test_an_edit_chose_between_the_persons_version_and_the_recommended_one():
    found = choice(Verdict.EDITED, candidates=(OWN, RECOMMENDED), chosen=OWN.id, ranking=(OWN.id, RECOMMENDED.id))
    assert (found.proposed, found.done) == (RECOMMENDED, OWN)


def test_an_edit_where_nothing_was_recommended_is_held_against_leaving_things_alone():
    assert choice(Verdict.EDITED, candidates=(OWN,), chosen=OWN.id).proposed is None


def test_who_takes_a_case_over_is_held_to_what_came_of_it():
    found = choice(Verdict.WITHDRAWN)
    assert (found.proposed, found.as_it_came) == (RECOMMENDED, True)


def test_who_undoes_a_decision_is_held_against_letting_it_stand():
    found = choice(Verdict.UNDONE)
    assert (found.proposed, found.done) == (None, RECOMMENDED)


@pytest.mark.parametrize("verdict", sorted(set(Verdict) - OVERRIDES))
def test_what_went_as_the_service_proposed_or_came_to_nothing_is_no_override(verdict):
    assert choice(verdict) is None


def test_messages_are_no_part_of_what_a_plan_does():
    words = (Action(ActionKind.NOTIFY_ETA), Action(ActionKind.CARRIER_UPDATE))
    assert plan_kinds(make_candidate(actions=(*RECOMMENDED.actions, *words))) == ("RESEQUENCE",)
