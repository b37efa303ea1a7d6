"""Who holds a package after departures, transfers and deliveries, told in any order."""

from collections.abc import Callable
from itertools import permutations

import pytest

from factories import at, make_package
from forestall.domain.ids import HubId, OrderId, VehicleId
from forestall.domain.orders import Custody, Package
from forestall.domain.vocabulary import HolderKind
from forestall.intake.custody import hand_in, hand_over, take_aboard, take_over

OWN, RESCUER, ORDER = VehicleId("V01"), VehicleId("V02"), OrderId("O001")


def test_goods_at_the_hub_leave_with_the_vehicle() -> None:
    assert take_aboard(make_package(), OWN, at(30)).custody == Custody(HolderKind.VEHICLE, "V01", at(30))


def test_inbound_goods_that_left_must_have_come_in() -> None:
    inbound = make_package(custody=Custody(HolderKind.UPSTREAM, "linehaul", at(0)))
    assert take_aboard(inbound, OWN, at(30)).custody.kind is HolderKind.VEHICLE


def test_goods_in_a_broken_van_do_not_leave_the_hub_with_their_rescuer() -> None:
    aboard = take_aboard(make_package(), OWN, at(30))
    assert take_aboard(aboard, RESCUER, at(60)) == aboard


def test_transfer_passes_goods_on() -> None:
    aboard = take_aboard(make_package(), OWN, at(30))
    assert take_over(aboard, RESCUER, at(70)).custody == Custody(HolderKind.VEHICLE, "V02", at(70))


def test_delivered_goods_stay_with_the_customer() -> None:
    delivered = hand_over(make_package(), ORDER, at(80))
    assert take_aboard(delivered, OWN, at(90)) == delivered
    assert take_over(delivered, RESCUER, at(90)) == delivered


def test_earlier_word_of_the_same_holder_corrects_since_when() -> None:
    aboard = take_aboard(take_aboard(make_package(), OWN, at(40)), OWN, at(30))
    assert aboard.custody.since == at(30)
    assert hand_over(hand_over(aboard, ORDER, at(80)), ORDER, at(70)).custody.since == at(70)


def test_goods_brought_back_are_the_hubs_unless_somebody_else_has_them() -> None:
    aboard = take_aboard(make_package(available_at=at(20)), OWN, at(30))
    back = hand_in(aboard, OWN, HubId("H1"), at(80))
    assert (back.custody, back.available_at) == (Custody(HolderKind.HUB, "H1", at(80)), None)
    assert hand_in(take_over(aboard, RESCUER, at(70)), OWN, HubId("H1"), at(80)).custody.holder_id == "V02"


STEPS: list[Callable[[Package], Package]] = [
    lambda package: take_aboard(package, OWN, at(30)),
    lambda package: take_over(package, RESCUER, at(70)),
    lambda package: hand_over(package, ORDER, at(90)),
]


@pytest.mark.parametrize("count", [2, 3])
def test_any_order_of_the_same_words_names_the_same_holder(count: int) -> None:
    ends = set()
    for steps in permutations(STEPS[:count]):
        package = make_package()
        for step in steps:
            package = step(package)
        ends.add(package.custody)
    assert len(ends) == 1
