"""Joint plans: what goes together into one plan, and what may not."""

from dataclasses import replace

from agent.joint import joint_plan
from agent.planner.rules import RulePlanner
from agent.room import has_room, limited_gains
from factories import make_candidate, make_carrier, make_case, make_judgement, make_plan, make_snapshot
from forestall.domain.actions import Candidate, Judgement, RouteChange, TenderTerms
from forestall.domain.ids import CandidateId, CarrierId, RouteId, StopId
from forestall.domain.snapshot import HubSnapshot

CASE = make_case(route_ids=(RouteId("R01"), RouteId("R02")))


def day(free_stops: int | None = None) -> HubSnapshot:
    """R03 is another carrier's, which has said how many stops it can take."""
    plan = make_plan(route_count=4)
    vehicles = [replace(v, carrier_id="GIG") if v.id in {"V03", "V04"} else v for v in plan.vehicles]
    carriers = (*plan.carriers, make_carrier("GIG", free_stops=free_stops))
    return make_snapshot(replace(plan, vehicles=tuple(vehicles), carriers=carriers))


def plan_of(name: str, *routes: tuple[str, tuple[str, ...]], **fields: object) -> Candidate:
    changes = tuple(RouteChange(RouteId(r), 1, tuple(StopId(s) for s in stops)) for r, stops in routes)
    return make_candidate(name, route_changes=changes, read_set={c.route_id: 1 for c in changes}, **fields)


FIRST = plan_of("a", ("R01", ("S002", "S001", "S003")))
SECOND = plan_of("b", ("R02", ("S005", "S004", "S006")))
BOTH = plan_of("c", ("R01", ("S003", "S001", "S002")), ("R02", ("S006", "S004", "S005")))
TO_GIG = plan_of("d", ("R01", ("S001", "S002")), ("R03", ("S007", "S008", "S009", "S003")))
MORE_TO_GIG = plan_of("e", ("R02", ("S004", "S005")), ("R04", ("S010", "S011", "S012", "S006")))


def judged(**gains: float) -> dict[CandidateId, Judgement]:
    return {CandidateId(n): make_judgement(n, loss_before=gain, loss_after=0.0) for n, gain in gains.items()}


def joined(*candidates: Candidate, snapshot: HubSnapshot | None = None, case=CASE, **gains: float) -> Candidate | None:
    return joint_plan(case, snapshot or day(), candidates, judged(**gains), RulePlanner())


def test_plans_for_different_routes_go_together_as_one():
    joint = joined(FIRST, SECOND, a=10.0, b=5.0)
    assert joint is not None
    assert {change.route_id for change in joint.route_changes} == {"R01", "R02"}
    assert joint.read_set == {"R01": 1, "R02": 1}
    assert len(joint.actions) == 2
    assert joint.id not in {FIRST.id, SECOND.id}


def test_of_plans_for_the_same_route_only_the_best_goes_in():
    joint = joined(FIRST, BOTH, SECOND, a=10.0, b=5.0, c=12.0)
    assert joint is None  # the one for both is best, and leaves nothing for the others
    joint = joined(FIRST, BOTH, SECOND, a=13.0, b=5.0, c=12.0)
    assert joint is not None
    assert joint.route_changes == (*FIRST.route_changes, *SECOND.route_changes)


def test_what_gains_nothing_stays_out():
    assert joined(FIRST, SECOND, a=10.0, b=0.0) is None


def test_a_case_of_one_route_has_no_joint_plan():
    assert joined(FIRST, SECOND, case=make_case(), a=10.0, b=5.0) is None


def test_what_waits_for_a_carriers_word_is_a_plan_of_its_own():
    asked = replace(FIRST, tender=TenderTerms(CarrierId("GIG"), make_case().opened_at))
    assert joined(asked, SECOND, a=10.0, b=5.0) is None


def test_two_parts_never_fill_the_same_carriers_room():
    assert joined(TO_GIG, MORE_TO_GIG, d=10.0, e=9.0) is not None
    assert joined(TO_GIG, MORE_TO_GIG, snapshot=day(free_stops=1), d=10.0, e=9.0) is None


def test_a_carrier_with_limited_room_is_told_how_many_stops_it_gains():
    assert limited_gains(TO_GIG, day(free_stops=5)) == {"GIG": 1}
    assert limited_gains(TO_GIG, day()) == {}
    assert limited_gains(FIRST, day(free_stops=5)) == {}


def test_a_plan_has_room_as_long_as_the_carrier_has():
    assert has_room(TO_GIG, day(free_stops=1))
    assert not has_room(TO_GIG, day(free_stops=0))
    assert has_room(FIRST, day(free_stops=0))
