"""Nights, midnights, changes of the clock, and clocks that are wrong."""

from dataclasses import replace
from datetime import UTC, datetime

from evals.scenarios.day import promised, small_day
from evals.scenarios.expectation import Expected
from evals.scenarios.scene import Scene
from evals.scenarios.story import story
from forestall.domain.vocabulary import EventType

# In Lisbon the clocks go back from 02:00 to 01:00 summer time: 01:00 UTC.
CLOCKS_GO_BACK = datetime(2026, 10, 24, tzinfo=UTC)


@story(
    "a route over midnight",
    Expected(cases=["VEHICLE_BREAKDOWN MONITORING"], verdicts=["AUTOMATIC"], open={"R01": 0, "RSP1": 3},
             stops={"S001": "COMPLETED R01"}, unsent={}),
    turns_on=EventType.BREAKDOWN,
    plan=small_day(routes=1, opens="22:00", leaves="23:30", closes="30:00"),
)  # fmt: skip
def over_midnight(scene: Scene) -> None:
    """A van leaves half an hour before midnight, delivers once, and breaks down at ten past. It is still the same
    day's work: the spare takes the other three over."""
    scene.depart("R01", "23:30")
    scene.visit("S001", "23:40", "23:45")
    scene.depart("R01", "23:46", to="S002")
    scene.break_down("V01", "24:10", lat=41.16, lon=-8.6)
    scene.pass_by("24:11", "24:16")


@story(
    "daylight-saving change at night",
    Expected(cases=["VEHICLE_BREAKDOWN MONITORING"], open={"R01": 4}, sent={}, unsent={"offer_reschedule pending": 4},
             noted={"not before": ["2026-10-25T08:00:00+00:00"]}),
    turns_on=EventType.BREAKDOWN,
    plan=replace(
        promised(
            small_day(routes=1, spare=False, opens="22:00", leaves="23:30", closes="36:00", midnight=CLOCKS_GO_BACK),
            "34:00", ["S001", "S002", "S003", "S004"], opens="22:00",
        ),
    ),
)  # fmt: skip
def clocks_go_back(scene: Scene) -> None:
    """The only van breaks down in the hour that comes twice. The customers will be told when it is eight by their
    clocks: eight UTC, for summer time is over by then."""
    scene.depart("R01", "24:20")
    scene.break_down("V01", "24:30")
    scene.pass_by("24:31", "25:30", "26:30")
    scene.note("not before", sorted({row.effect.not_before.isoformat() for row in scene.outbox("offer_reschedule")}))


@story(
    "clock skew",
    Expected(stops={"S001": "ARRIVED R01"}, noted={"arrived": "2026-03-02T06:45:00+00:00"}),
    turns_on=EventType.ARRIVED,
)
def clock_skew(scene: Scene) -> None:
    """A van's clock is a quarter of an hour ahead: its arrival is said to be at five to seven, at twenty to. What lies
    in the future by more than the five minutes that clocks may differ is taken to be five minutes ahead."""
    scene.depart("R01", "06:30")
    scene.go_to("06:40")
    scene.deliver(scene.event(EventType.ARRIVED, "S001", "06:55"))
    scene.go_to("06:41")
    with scene.service.store.read() as uow:
        arrived = uow.state.get_stop(scene.plan.stops[0].id).arrived_at
    scene.note("arrived", None if arrived is None else arrived.isoformat())


@story(
    "a late status event",
    Expected(stops={"S001": "COMPLETED R01", "S002": "COMPLETED R01"}, order={"R01": ["S003", "S004"]}, cases=[]),
    turns_on="completed#1",
)
def late_status(scene: Scene) -> None:
    """That S001 was delivered is reported half an hour late, when S002 is done as well. It counts from when it was."""
    scene.depart("R01", "06:30")
    delivered = scene.event(EventType.COMPLETED, "S001", "06:39")
    scene.visit("S002", "06:42", "06:45")
    scene.go_to("06:46")
    scene.tell(EventType.POSITION, "V01", "07:08", lat=41.16, lon=-8.6)
    scene.deliver(delivered)
    scene.go_to("07:09")
