"""The holdout: a fair lot, drawn once a case, among cases where little is at stake."""

from dataclasses import replace

import pytest

from agent.holdout import Holdout
from factories import make_candidate, make_case, make_plan, make_snapshot
from forestall.domain.vocabulary import CaseKind, Tier

PLAN = make_plan()
LOW = {"kind": CaseKind.WINDOW_MISS_RISK, "severity": 0.4}


def takes(holdout, plan=PLAN, **case):
    return holdout.takes(make_case(**(LOW | case)), make_candidate(), make_snapshot(plan))


def test_nothing_is_held_out_unless_asked_for():
    assert not any(takes(Holdout(), case_id=f"c{number}") for number in range(200))


def test_the_lot_takes_about_its_share_and_the_same_cases_again():
    drawn = [[takes(Holdout(share=0.1), case_id=f"c{number}") for number in range(2000)] for _ in range(2)]
    assert drawn[0] == drawn[1]
    assert 150 < sum(drawn[0]) < 250


def test_another_seed_takes_other_cases():
    draws = [[Holdout(seed=seed).draw(make_case(f"c{n}")) for n in range(20)] for seed in (1, 2)]
    assert draws[0] != draws[1]


@pytest.mark.parametrize("stakes", [{"severity": 1.2}, {"kind": CaseKind.VEHICLE_BREAKDOWN}])
def test_much_at_stake_is_never_held_out(stakes):
    assert takes(Holdout(share=1.0))
    assert not takes(Holdout(share=1.0), **stakes)


def test_a_promise_somebody_paid_more_for_is_never_held_out():
    orders = tuple(replace(o, tier=Tier.PRIORITY if o.id == "O002" else o.tier) for o in PLAN.orders)
    assert not takes(Holdout(share=1.0), plan=replace(PLAN, orders=orders))
