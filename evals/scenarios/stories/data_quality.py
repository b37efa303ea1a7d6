"""What feeds get wrong: events twice, in the wrong order, about things nobody knows; plans that are no plans."""

from typing import Any

from evals.scenarios.day import driven_by, small_day
from evals.scenarios.expectation import Expected
from evals.scenarios.scene import Scene, faults_of
from evals.scenarios.story import story
from forestall.domain.ids import CarrierId
from forestall.domain.network import Carrier
from forestall.domain.vocabulary import CarrierKind, EventType
from forestall.intake import plan_document

MORNING = Expected(
    cases=["VEHICLE_BREAKDOWN MONITORING"],
    verdicts=["AUTOMATIC"],
    stops={"S001": "COMPLETED R01"},
    open={"R01": 0},
    custody={"P001": "CUSTOMER O001", "P002": "VEHICLE V01"},
    to_do=11,
)


def _morning(scene: Scene) -> list[dict[str, Any]]:
    """V01 leaves, delivers once, sets out for S002 and breaks down."""
    return [
        scene.event(EventType.DEPARTED, "R01", "06:30", to_stop="S001"),
        scene.event(EventType.ARRIVED, "S001", "06:36"),
        scene.event(EventType.COMPLETED, "S001", "06:39"),
        scene.event(EventType.DEPARTED, "R01", "06:40", to_stop="S002"),
        scene.event(EventType.BREAKDOWN, "V01", "06:42", lat=41.16, lon=-8.602),
    ]


@story("events in their order", MORNING, turns_on=EventType.BREAKDOWN)
def in_order(scene: Scene) -> None:
    """A morning as it should be told: one delivery, then a breakdown. The two stories below end the same way."""
    scene.wait_for("06:43")
    for event in _morning(scene):
        scene.deliver(event)
    scene.pass_by("06:43", "06:48")


@story("events twice", MORNING, turns_on=EventType.BREAKDOWN)
def duplicated(scene: Scene) -> None:
    """The same morning with every event sent three times."""
    events = _morning(scene)
    scene.wait_for("06:43")
    for event in [*events, *events, *reversed(events)]:
        scene.deliver(event)
    scene.pass_by("06:43", "06:48")


@story("events in the wrong order", MORNING, turns_on=EventType.BREAKDOWN)
def reordered(scene: Scene) -> None:
    """The same morning told backwards, one event at a time."""
    scene.wait_for("06:43")
    for event in reversed(_morning(scene)):
        scene.deliver(event)
    scene.pass_by("06:43", "06:48")


@story(
    "unknown ids parked and neighbours applied",
    Expected(parked=2, stops={"S001": "COMPLETED R01"}, cases=[], noted={"parked": ["S999", "V99"]}),
    turns_on=EventType.COMPLETED,
)
def unknown_ids(scene: Scene) -> None:
    """A batch names a stop and a van that nobody knows. Those two events are kept aside and shown; the rest counts."""
    scene.depart("R01", "06:30")
    scene.wait_for("06:40")
    scene.deliver(
        scene.event(EventType.ARRIVED, "S999", "06:35"),
        scene.event(EventType.ARRIVED, "S001", "06:36"),
        scene.event(EventType.BREAKDOWN, "V99", "06:37", lat=41.0, lon=-8.6),
        scene.event(EventType.COMPLETED, "S001", "06:39"),
    )
    scene.go_to("06:41")
    scene.note("parked", sorted(event["subject"] for event in scene.link.list_parked()))


@story(
    "a plan document twice",
    Expected(cases=[], to_do=12, stops={"S001": "ENROUTE R01"}, noted={"first": 201, "second": 200}),
    turns_on=EventType.DEPARTED,
    planned=False,
)
def plan_twice(scene: Scene) -> None:
    """The day's plan is sent twice. The second time changes nothing, also once the day has begun."""
    scene.note("first", scene.put_plan()[0])
    scene.depart("R01", "06:30")
    scene.note("second", scene.put_plan()[0])
    scene.go_to("06:31")


@story(
    "another plan for a day that has begun",
    Expected(to_do=12, noted={"status": 409}),
    turns_on=EventType.DEPARTED,
)
def another_plan(scene: Scene) -> None:
    """When a van has left, somebody sends another plan for the same day. It is refused and the old one stands."""
    scene.depart("R01", "06:30")
    scene.go_to("06:31")
    scene.note("status", scene.put_plan(plan_document(small_day(routes=2)))[0])


@story(
    "a plan with faults",
    Expected(to_do=0, parked=1, noted={"status": 422, "places": ["routes[0].vehicle_id"]}),
    turns_on=EventType.DEPARTED,
    planned=False,
)
def faulty_plan(scene: Scene) -> None:
    """A plan names a van that is not in it. The fault is named with its place and a remedy, and nothing is taken; so a
    van's departure, told afterwards, waits for a plan that knows it."""
    document: dict[str, Any] = dict(plan_document(scene.plan))
    document["routes"] = [{**document["routes"][0], "vehicle_id": "V77"}, *document["routes"][1:]]
    status, body = scene.put_plan(document)
    scene.note("status", status)
    scene.note("places", faults_of(body))
    scene.depart("R01", "06:30")
    scene.go_to("06:31")


@story(
    "a batch with one bad event",
    Expected(cases=[], stops={"S001": "ENROUTE R01"}, noted={"status": 422, "places": ["events[1].data.lat"]}),
    turns_on=EventType.DEPARTED,
)
def bad_event(scene: Scene) -> None:
    """One of two events says that a van broke down at latitude 441. The whole batch is refused, with place and remedy,
    and neither is taken."""
    scene.depart("R01", "06:30")
    scene.wait_for("06:41")
    status, body = scene.post(
        "/v1/events",
        [
            scene.event(EventType.COMPLETED, "S001", "06:39"),
            scene.event(EventType.BREAKDOWN, "V01", "06:40", lat=441.0, lon=-8.6),
        ],
    )
    scene.note("status", status)
    scene.note("places", faults_of(body))
    scene.go_to("06:42")


@story(
    "stale GPS asks a person",
    Expected(cases=["VEHICLE_BREAKDOWN AWAITING_APPROVAL"], verdicts=[], sent={}, noted={"because it is stale": True}),
    turns_on=EventType.BREAKDOWN,
    plan=small_day(routes=2, spare=False),
)
def stale_position(scene: Scene) -> None:
    """V01 breaks down, and V02 could help; but the last that was heard of V02 is forty minutes old. A person decides
    whether to rely on where it should be by now."""
    scene.depart("R01", "06:30")
    scene.depart("R02", "06:30")
    scene.tell(EventType.POSITION, "V02", "06:31", lat=41.152, lon=-8.609)
    scene.tell(EventType.POSITION, "V01", "07:09", lat=41.16, lon=-8.6)
    scene.break_down("V01", "07:10")
    scene.go_to("07:11")
    proposals = [
        p for case in scene.link.list_cases(scene.plan.day) for p in scene.link.get_trace(case["id"])["proposals"]
    ]
    scene.note("because it is stale", any("guardrail.stale_data" in p["gate"]["policy_ids"] for p in proposals))


@story(
    "flapping signal makes one case",
    Expected(noted={"cases": 1}),
    turns_on=EventType.HUB_READY,
    plan=driven_by(small_day(routes=1), Carrier(CarrierId("GIG"), "Gig", CarrierKind.GIG), ["VSP1"]),
)
def flapping(scene: Scene) -> None:
    """The hub says late, in time, late, in time, late: the van has one case all the while, not one for each word."""
    for minute, ready in ((0, "17:45"), (5, "06:30"), (10, "17:45"), (15, "06:30"), (20, "17:45")):
        scene.tell(EventType.HUB_READY, "H1", f"06:{minute:02d}", route="R01", ready_at=scene.text(ready), ready=False)
        scene.go_to(f"06:{minute + 1:02d}")
    scene.note("cases", len(scene.link.list_cases(scene.plan.day)))
