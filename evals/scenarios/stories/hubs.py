"""What goes wrong before vans leave: late loads, late drivers, orders that come or go."""

from evals.scenarios.day import promised, small_day, stops_of, with_twin_hub
from evals.scenarios.expectation import Expected
from evals.scenarios.scene import Scene
from evals.scenarios.story import story
from forestall.domain.plan import DayPlan
from forestall.domain.vocabulary import EventType


def tight(routes: int = 3, by: str = "07:30", late: str = "R01") -> DayPlan:
    """A day on which one route's promises end at half past seven; it would keep them if it left in time."""
    plan = small_day(routes=routes)
    return promised(plan, by, stops_of(plan, late))


@story(
    "a hub late by an hour",
    Expected(cases=["HUB_NOT_READY MONITORING"], verdicts=["AUTOMATIC"], to_do=12, unsent={}),
    turns_on=EventType.HUB_READY,
    plan=tight(by="07:50"),
)
def hub_late(scene: Scene) -> None:
    """At six the hub says that R01's load will be ready an hour after the van should leave, twenty minutes
    before its promises end. One van could not keep them any more; some parcels go with others."""
    scene.tell(EventType.HUB_READY, "H1", "06:00", route="R01", ready_at=scene.text("07:30"), ready=False)
    scene.pass_by("06:01", "06:06")


@story(
    "a load ready again earlier",
    Expected(cases=[], verdicts=[], sent={}, open={"R01": 4}),
    turns_on="hub_ready#2",
    plan=tight(),
)
def ready_again(scene: Scene) -> None:
    """The hub says an hour late, and corrects itself before anybody has looked: no case, nobody is disturbed."""
    scene.tell(EventType.HUB_READY, "H1", "06:00", route="R01", ready_at=scene.text("07:30"), ready=False)
    scene.tell(EventType.HUB_READY, "H1", "06:01", route="R01", ready_at=scene.text("06:30"), ready=True)
    scene.pass_by("06:02", "06:07", "06:12")


@story(
    "hub swap between two hubs",
    Expected(
        cases=["DRIVER_UNAVAILABLE MONITORING"],
        verdicts=["APPROVED"],
        open={"R01": 0, "R02": 8},
        custody={"P001": "UPSTREAM H2", "P005": "HUB H2"},
    ),
    turns_on=EventType.DRIVER_UNAVAILABLE,
    plan=with_twin_hub(promised(small_day(routes=2, spare=False), "09:00", ["S001", "S002", "S003", "S004"]), ["R02"]),
)
def hub_swap(scene: Scene) -> None:
    """V01's goods are there, its driver is not until ten. The linked hub has a van: with a person's leave the goods
    go there by shuttle and out with V02."""
    scene.tell(EventType.DRIVER_UNAVAILABLE, "D01", "06:00", until=scene.text("10:00"))
    scene.go_to("06:01")
    for question in scene.questions():
        scene.answer("approve", question)
    scene.pass_by("06:02", "06:06")


@story(
    "a driver who does not come",
    Expected(cases=["DRIVER_UNAVAILABLE MONITORING"], verdicts=["AUTOMATIC"], open={"R01": 0}, to_do=12),
    turns_on=EventType.DRIVER_UNAVAILABLE,
    plan=tight(),
)
def driver_away(scene: Scene) -> None:
    """D01 calls in sick at six. Others take the stops before the vans leave."""
    scene.tell(EventType.DRIVER_UNAVAILABLE, "D01", "06:00", until=None)
    scene.pass_by("06:01", "06:06", "06:12")


@story(
    "a driver who comes an hour late",
    Expected(cases=["DRIVER_UNAVAILABLE MONITORING"], verdicts=["AUTOMATIC"], open={"R01": 0}, to_do=12),
    turns_on=EventType.DRIVER_UNAVAILABLE,
    plan=tight(),
)
def driver_late(scene: Scene) -> None:
    """D01 will be an hour late, and R01's promises end at half past seven. The others leave in time
    and take its stops."""
    scene.tell(EventType.DRIVER_UNAVAILABLE, "D01", "06:00", until=scene.text("07:30"))
    scene.pass_by("06:01", "06:06", "06:12")


@story(
    "a van that does not leave",
    Expected(
        cases=["LATE_DEPARTURE MONITORING", "WINDOW_MISS_RISK MONITORING"],
        open={"R02": 4, "R03": 4},
        to_do=12,
    ),
    turns_on=EventType.DEPARTED,
    plan=tight(by="07:10"),
)
def does_not_leave(scene: Scene) -> None:
    """R01 should have left at half past six and has not at a quarter to seven; the others have. Nobody on
    the road can help, as the goods are in the hub, but the spare can."""
    scene.depart("R02", "06:30")
    scene.depart("R03", "06:30")
    scene.pass_by("06:31", "06:45", "06:50")


def order(
    scene: Scene, at: str, name: str = "O900", opens: str = "08:00", closes: str = "11:00", **more: object
) -> None:
    data: dict[str, object] = {
        "hub": "H1", "lat": 41.17, "lon": -8.6, "service_s": 120, "size": {"units": 1},
        "promise": {"opens_at": scene.text(opens), "closes_at": scene.text(closes)},
        "customer": {"name": "Eve", "phone": "+12025550199"},
    }  # fmt: skip
    scene.tell(EventType.ORDER_CREATED, name, at, **{**data, **more})


@story(
    "a priority order after cut-off",
    Expected(cases=["PRIORITY_INSERT MONITORING"], verdicts=["AUTOMATIC"], to_do=13, parked=0),
    turns_on=EventType.ORDER_CREATED,
)
def priority_order(scene: Scene) -> None:
    """A priority order comes in at seven, after the vans have been planned. It is given to a driver, who is told so."""
    order(scene, "07:00", tier="PRIORITY")
    scene.pass_by("07:01", "07:06")


@story(
    "an order cancelled in the middle of the day",
    Expected(cases=[], stops={"S002": "CANCELLED R01"}, open={"R01": 2}, custody={"P002": "VEHICLE V01"}),
    turns_on=EventType.ORDER_CANCELLED,
)
def cancelled(scene: Scene) -> None:
    """O002 is cancelled when its parcel is already aboard. The stop is off the list; the parcel is still in the van."""
    scene.depart("R01", "06:30")
    scene.visit("S001", "06:36", "06:39")
    scene.tell(EventType.ORDER_CANCELLED, "O002", "06:40")
    scene.pass_by("06:41", "06:46")


@story(
    "everything fine",
    Expected(cases=[], verdicts=[], sent={}, unsent={}, to_do=0,
             stops={"S001": "COMPLETED R01", "S004": "COMPLETED R01"}, custody={"P004": "CUSTOMER O004"}),
    turns_on=EventType.COMPLETED,
    plan=small_day(routes=1),
)  # fmt: skip
def everything_fine(scene: Scene) -> None:
    """A van leaves in time and delivers everything. There is no case, and nobody gets a message."""
    scene.depart("R01", "06:30")
    for number, (arrives, leaves) in enumerate((("06:36", "06:39"), ("06:42", "06:45"), ("06:48", "06:51"))):
        scene.visit(f"S00{number + 1}", arrives, leaves)
        scene.go_to(leaves)
    scene.visit("S004", "06:54", "06:57")
    scene.tell(EventType.DEPARTED, "R01", "06:58", to_stop=None)
    scene.pass_by("07:05", "07:20")
