"""On the road: closures, vans that stand, stray or fall silent, and vans that meet."""

from evals.scenarios.day import promised, small_day, stops_of
from evals.scenarios.expectation import Expected
from evals.scenarios.scene import Scene
from evals.scenarios.stories.people import all_depart, overladen
from evals.scenarios.story import story
from forestall.domain.vocabulary import EventType


@story(
    "a road closed for two hours",
    Expected(cases=["ROAD_CLOSURE MONITORING"], to_do=8),
    turns_on=EventType.ROAD_CLOSED,
    plan=promised(small_day(routes=2, spare=False), "08:00", ["S001", "S002", "S003", "S004"]),
)
def road_closed(scene: Scene) -> None:
    """Until half past eight nobody gets to S002, which is promised by eight."""
    scene.tell(
        EventType.ROAD_CLOSED, "H1", "06:10", closure="bridge", lat=41.16, lon=-8.6, radius_m=300.0,
        **{"from": scene.text("06:05"), "until": scene.text("08:30")},
    )  # fmt: skip
    scene.pass_by("06:11", "06:16")


@story(
    "a closed road that is open again",
    Expected(cases=[], verdicts=[], sent={}),
    turns_on="road_closed#2",
    plan=promised(small_day(routes=2), "08:00", ["S001", "S002", "S003", "S004"]),
)
def open_again(scene: Scene) -> None:
    """The road to S002 is reported closed, and open again a minute later. Nothing comes of it."""
    bounds = {"closure": "bridge", "lat": 41.16, "lon": -8.6, "radius_m": 300.0, "from": scene.text("06:05")}
    scene.tell(EventType.ROAD_CLOSED, "H1", "06:10", **bounds, until=scene.text("08:30"))
    scene.tell(EventType.ROAD_CLOSED, "H1", "06:11", **bounds, until=scene.text("06:11"))
    scene.pass_by("06:12", "06:17", "06:22")


@story(
    "vans that meet on their way",
    Expected(
        verdicts=["NOT_VETOED"],
        sent={"route_changed": 2},
        open={"R01": 3, "R02": 5},
        meetings=["V01 V02 PLANNED"],
        custody={"P004": "VEHICLE V01"},
    ),
    turns_on=EventType.DEPARTED,
    plan=overladen(),
)
def rendezvous(scene: Scene) -> None:
    """R01 has far too much to do. Another van will meet it at its first stop and take some parcels over; both drivers
    are told when nobody has vetoed it."""
    all_depart(scene)
    scene.pass_by("06:35")


@story(
    "one long stop is no breakdown",
    Expected(cases=["PROLONGED_STOP MONITORING"], verdicts=["NO_ACTION"], open={"R01": 4}, sent={}),
    turns_on=EventType.ARRIVED,
    plan=promised(small_day(routes=1, spare=False), "07:10", stops_of(small_day(routes=1), "R01")),
)
def long_stop(scene: Scene) -> None:
    """The driver has been at his first stop for forty minutes, where three were planned. It is
    on record as what it is; there is nobody who could help."""
    scene.depart("R01", "06:30")
    scene.tell(EventType.ARRIVED, "S001", "06:36")
    scene.pass_by("06:40", "06:50", "07:00", "07:10", "07:16")


@story(
    "a signal that is lost",
    Expected(cases=["SIGNAL_LOST MONITORING"], verdicts=["NO_ACTION"], open={"R01": 4}, sent={}),
    turns_on=EventType.POSITION,
    plan=promised(small_day(routes=1, spare=False), "07:10", stops_of(small_day(routes=1), "R01")),
)
def signal_lost(scene: Scene) -> None:
    """The last that was heard of V01 is a position at twenty to seven. At a quarter past seven it may be anywhere."""
    scene.depart("R01", "06:30")
    scene.tell(EventType.POSITION, "V01", "06:33", lat=41.155, lon=-8.608)
    scene.pass_by("06:40", "06:50", "07:00", "07:10", "07:16")
