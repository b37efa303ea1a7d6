"""``act_by``: until then a plan keeps most of its worth, and afterwards it does not."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from agent.act_by import LONGEST_QUESTION, MOST_OF_IT, act_by, as_of, last_chance, next_commitment
from agent.rebase import rebase
from factories import at, make_candidate, make_plan, make_snapshot, make_window
from forestall.domain.actions import Candidate, Judgement, RouteChange
from forestall.domain.ids import CandidateId, RouteId, StopId
from forestall.domain.replies import CustomerWord
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.vocabulary import Reply, RouteStatus, StopStatus
from optimizer.risk import Forecaster
from optimizer.travel import HaversineTravel

R01, R02, RSP1 = RouteId("R01"), RouteId("R02"), RouteId("RSP1")
ROADS = HaversineTravel()
FORECASTER = Forecaster(samples=64)


def tight_day(urgent: Sequence[int] = (4,), closes: float = 70, taken_at: float = 10) -> HubSnapshot:
    """R01 leaves at minute 30 with six stops of ten minutes each; the urgent ones are promised much too early for where
    they stand in its order."""
    plan = make_plan(route_count=2, stops_each=6)
    ids = {f"O{number:03d}" for number in urgent}
    orders = [replace(o, promise=make_window(0, closes)) if o.id in ids else o for o in plan.orders]
    stops = [replace(stop, service_s=600.0) for stop in plan.stops]
    return make_snapshot(replace(plan, orders=tuple(orders), stops=tuple(stops)), taken_at=at(taken_at))


def order_of(numbers: Sequence[int]) -> tuple[StopId, ...]:
    return tuple(StopId(f"S{number:03d}") for number in numbers)


def reordered(snapshot: HubSnapshot, numbers: Sequence[int]) -> Candidate:
    version = snapshot.routes[R01].version
    return make_candidate(route_changes=(RouteChange(R01, version, order_of(numbers)),), read_set={R01: version})


def moved(snapshot: HubSnapshot, numbers: Sequence[int], to: RouteId = R02) -> Candidate:
    """These stops of R01 go first on another route that has not left either."""
    rest = tuple(stop.id for stop in snapshot.open_stops(R01) if stop.id not in order_of(numbers))
    theirs = tuple(stop.id for stop in snapshot.open_stops(to))
    changes = (RouteChange(R01, 1, rest), RouteChange(to, 1, (*order_of(numbers), *theirs)))
    return make_candidate(route_changes=changes, read_set={R01: 1, to: 1})


class Valuer:
    """Judges on the forecaster's own draws, and counts."""

    def __init__(self, snapshot: HubSnapshot) -> None:
        self.snapshot, self.calls = snapshot, 0
        self.forecast = FORECASTER.forecast(snapshot, ROADS)

    def __call__(self, candidates: Sequence[Candidate]) -> dict[CandidateId, Judgement]:
        self.calls += 1
        return dict(FORECASTER.judge(self.snapshot, ROADS, candidates))

    def gain(self, candidate: Candidate | None) -> float:
        return 0.0 if candidate is None else self([candidate])[candidate.id].gain

    def last_chance(self, candidate: Candidate) -> datetime:
        found = last_chance(candidate, self([candidate])[candidate.id], self.snapshot, self.forecast, self)
        assert found is not None
        return found


def live_at(snapshot: HubSnapshot, moment: datetime, valuer: Valuer) -> HubSnapshot:
    """The day at ``moment``, if R01 goes on as expected: what it is done with, what it is bound for, and the rest."""
    stops = dict(snapshot.stops)
    before = max(snapshot.routes[R01].departs_at, snapshot.taken_at)
    bound = None
    for stop in snapshot.open_stops(R01):
        start = valuer.forecast.stops[stop.id].eta_p50
        if before > moment:
            stops[stop.id] = replace(stop, status=StopStatus.LOADED)
        elif start + timedelta(seconds=stop.service_s) <= moment:
            done = start + timedelta(seconds=stop.service_s)
            stops[stop.id] = replace(
                stop, status=StopStatus.COMPLETED, departed_at=before, arrived_at=start, finished_at=done
            )
        else:
            bound = stop.id
            there = start <= moment
            status, arrived = (StopStatus.ARRIVED, start) if there else (StopStatus.ENROUTE, None)
            stops[stop.id] = replace(stop, status=status, departed_at=before, arrived_at=arrived)
        before = start + timedelta(seconds=stop.service_s)
    route = replace(snapshot.routes[R01], status=RouteStatus.UNDERWAY, departed_at=snapshot.routes[R01].departs_at)
    assert bound is not None
    return replace(snapshot, taken_at=moment, stops=stops, routes={**snapshot.routes, R01: route})


def test_an_order_is_worth_less_with_every_stop_that_has_been_set_out_for():
    snapshot = tight_day()
    valuer, plan = Valuer(snapshot), reordered(snapshot, (4, 1, 2, 3, 5, 6))
    moments = [valuer.forecast.stops[s].eta_p50 + timedelta(minutes=10) for s in order_of((1, 2, 3))]
    worth = [valuer.gain(plan), *(valuer.gain(as_of(plan, snapshot, valuer.forecast, moment)) for moment in moments)]
    assert worth == sorted(worth, reverse=True)
    assert worth[0] > 0.0
    assert worth[-1] == 0.0


@pytest.mark.parametrize("closes", [50, 60, 70])
def test_a_plan_acted_on_by_its_last_chance_still_helps_and_after_it_no_more(closes: float):
    snapshot = tight_day(closes=closes)
    valuer, plan = Valuer(snapshot), reordered(snapshot, (4, 1, 2, 3, 5, 6))
    full, last = valuer.gain(plan), valuer.last_chance(plan)
    just_before = as_of(plan, snapshot, valuer.forecast, last - timedelta(seconds=1))
    after = as_of(plan, snapshot, valuer.forecast, last)
    assert valuer.gain(just_before) >= MOST_OF_IT * full > valuer.gain(after)


def test_what_the_plan_is_worth_at_a_later_time_is_what_it_is_worth_then():
    """Fitted to the day as it stands by then, and judged anew, the plan helps before its last chance and not after."""
    snapshot = tight_day(closes=58)  # late as it stands, whatever luck the day has
    valuer, plan = Valuer(snapshot), reordered(snapshot, (4, 1, 2, 3, 5, 6))
    full, last = valuer.gain(plan), valuer.last_chance(plan)
    worth = []
    for moment in (last - timedelta(minutes=1), last + timedelta(minutes=1)):
        live = live_at(snapshot, moment, valuer)
        fitted = rebase(plan, live)
        worth.append(0.0 if fitted is None else FORECASTER.judge(live, ROADS, [fitted])[fitted.id].gain)
    assert worth[0] >= 0.5 * full
    assert worth[1] < 0.5 * worth[0]


def test_nobody_is_pressed_for_a_stop_that_hardly_matters():
    """The plan's first difference is soon; what it is worth hangs on a stop that comes an hour later."""
    snapshot = tight_day(urgent=(6,), closes=85)
    valuer, plan = Valuer(snapshot), reordered(snapshot, (2, 1, 6, 3, 4, 5))
    soonest = act_by(plan, snapshot, valuer.forecast)
    assert soonest is not None
    assert valuer.last_chance(plan) > soonest


def test_what_is_still_at_the_hub_can_be_moved_until_one_of_its_vehicles_leaves():
    snapshot = tight_day()
    valuer, plan = Valuer(snapshot), moved(snapshot, (4,))
    assert valuer.last_chance(plan) == at(30)
    late = as_of(plan, snapshot, valuer.forecast, at(30))
    assert late is None or all(stop_id != "S004" for change in late.route_changes if change.route_id == R02
                               for stop_id in change.stop_ids)  # fmt: skip


def test_a_plan_for_later_names_every_stop_once():
    snapshot = tight_day()
    valuer = Valuer(snapshot)
    for plan in (moved(snapshot, (4, 2)), moved(snapshot, (3,), RSP1), reordered(snapshot, (6, 5, 4, 3, 2, 1))):
        names = sorted(stop_id for change in plan.route_changes for stop_id in change.stop_ids)
        for minute in (15, 31, 45, 60, 75):
            late = as_of(plan, snapshot, valuer.forecast, at(minute))
            if late is not None:
                assert sorted(stop_id for change in late.route_changes for stop_id in change.stop_ids) == names
                assert late.id in valuer([late])  # it could be carried out: nothing is refused


def test_who_has_been_set_out_for_is_visited_though_the_plan_would_have_let_them_off():
    snapshot = tight_day()
    word = CustomerWord(answer=Reply.ANOTHER_DAY)
    snapshot = replace(snapshot, orders={order_id: replace(o, word=word) for order_id, o in snapshot.orders.items()})
    let_off = RouteChange(R01, 1, order_of((3, 4, 5, 6)), rescheduled_stops=order_of((1, 2)))
    plan, valuer = make_candidate(route_changes=(let_off,), read_set={R01: 1}), Valuer(snapshot)
    late = as_of(plan, snapshot, valuer.forecast, at(31))
    assert late is not None
    assert late.route_changes[0].stop_ids == order_of((1, 3, 4, 5, 6))
    assert late.route_changes[0].rescheduled_stops == order_of((2,))
    assert late.id in valuer([late])
    assert as_of(plan, snapshot, valuer.forecast, at(300)) is None


def test_a_question_takes_at_most_four_valuations_and_two_hours():
    snapshot = tight_day(urgent=range(1, 13), closes=600)
    valuer, plan = Valuer(snapshot), reordered(snapshot, (6, 5, 4, 3, 2, 1))
    judgement = replace(valuer([plan])[plan.id], loss_before=10.0, loss_after=0.0)
    valuer.calls = 0
    last = last_chance(plan, judgement, snapshot, valuer.forecast, valuer)
    assert valuer.calls <= 4
    assert last is not None
    assert last <= snapshot.taken_at + LONGEST_QUESTION


def test_words_alone_have_no_last_chance():
    snapshot = tight_day()
    valuer = Valuer(snapshot)
    words = make_candidate(route_changes=(), read_set={})
    assert last_chance(words, valuer([words])[words.id], snapshot, valuer.forecast, valuer) is None


def test_a_route_that_is_about_to_leave_commits_before_one_that_is_not():
    snapshot = tight_day()
    routes = {**snapshot.routes, R02: replace(snapshot.routes[R02], departs_at=at(50))}
    snapshot = replace(snapshot, routes=routes)
    forecast = FORECASTER.forecast(snapshot, ROADS)
    assert next_commitment([R01], snapshot, forecast) == at(30)
    assert next_commitment([R02], snapshot, forecast) == at(50)
    assert next_commitment([R01, R02], snapshot, forecast) == at(30)
