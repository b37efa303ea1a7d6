"""Vans that can't go on, and who takes what they have aboard."""

from evals.scenarios.day import promised, small_day, stops_of, with_room_for
from evals.scenarios.expectation import Expected
from evals.scenarios.scene import Scene
from evals.scenarios.story import story
from forestall.domain.ids import RouteId
from forestall.domain.vocabulary import EventType


@story(
    "a breakdown with 16 parcels aboard",
    Expected(
        cases=["VEHICLE_BREAKDOWN MONITORING"],
        verdicts=["AUTOMATIC"],
        open={"R01": 0},
        to_do=32,
        custody={"P001": "VEHICLE V01", "P016": "VEHICLE V01"},
        unsent={},
    ),
    turns_on=EventType.BREAKDOWN,
    plan=small_day(routes=2, stops_each=16),
)
def sixteen_parcels(scene: Scene) -> None:
    """V01 breaks down before its first stop with 16 parcels aboard. All 16 are given to others, who fetch them; until
    they have, V01 holds them."""
    scene.depart("R01", "06:35")
    scene.break_down("V01", "06:40")
    scene.pass_by("06:41", "06:46")


@story(
    "a breakdown at the last stop",
    Expected(cases=["VEHICLE_BREAKDOWN MONITORING"], verdicts=["AUTOMATIC"], open={"R01": 0}, to_do=9,
             stops={"S001": "COMPLETED R01", "S003": "COMPLETED R01"}, custody={"P003": "CUSTOMER O003"}),
    turns_on=EventType.BREAKDOWN,
)  # fmt: skip
def last_stop(scene: Scene) -> None:
    """V01 has delivered three of its four parcels when it breaks down on its way to the last. Only that one is given
    away; what is delivered stays delivered."""
    scene.depart("R01", "06:30")
    for stop, arrives, leaves in (("S001", "06:36", "06:39"), ("S002", "06:42", "06:45"), ("S003", "06:48", "06:51")):
        scene.visit(stop, arrives, leaves)
    scene.depart("R01", "06:51", to="S004")
    scene.break_down("V01", "06:53", lat=41.16, lon=-8.592)
    scene.pass_by("06:54", "06:58")


@story(
    "a breakdown after the last parcel",
    Expected(cases=[], verdicts=[], sent={}, to_do=1, stops={"S001": "COMPLETED R01"}),
    turns_on=EventType.COMPLETED,
    plan=small_day(routes=2, stops_each=1),
)
def after_the_last_parcel(scene: Scene) -> None:
    """V01 breaks down on its way home, empty. Nobody waits for anything, so nothing is done."""
    scene.depart("R01", "06:30")
    scene.visit("S001", "06:36", "06:39")
    scene.tell(EventType.DEPARTED, "R01", "06:40", to_stop=None)
    scene.break_down("V01", "06:42")
    scene.pass_by("06:43", "06:48")


@story(
    "two breakdowns at once",
    Expected(
        cases=["VEHICLE_BREAKDOWN MONITORING"] * 2,
        verdicts=["AUTOMATIC"] * 2,
        open={"R01": 0, "R02": 0},
        to_do=12,
    ),
    turns_on=EventType.BREAKDOWN,
)
def two_at_once(scene: Scene) -> None:
    """V01 and V02 break down in the same minute. Each is a case of its own; all eight parcels find a taker."""
    scene.depart("R01", "06:35")
    scene.depart("R02", "06:35")
    scene.break_down("V01", "06:40")
    scene.break_down("V02", "06:40", lat=41.16, lon=-8.6)
    scene.pass_by("06:41", "06:42", "06:46")


@story(
    "two cases wanting the same van",
    Expected(
        cases=["VEHICLE_BREAKDOWN MONITORING"] * 2,
        verdicts=["AUTOMATIC"] * 2,
        open={"RSP1": 8, "R01": 0, "R02": 0},
        told={"route_changed": ["D01", "D02", "DSP1", "DSP1"]},
    ),
    turns_on=EventType.BREAKDOWN,
    plan=with_room_for(small_day(routes=2, stops_each=4), 5, ["VSP1"]),
)
def same_van(scene: Scene) -> None:
    """Both vans break down with four parcels each, and the only other one, the spare, has room for five. The second
    plan knows of the first: the spare goes to one van after the other and is never overloaded."""
    scene.depart("R01", "06:35")
    scene.depart("R02", "06:35")
    scene.break_down("V01", "06:40")
    scene.break_down("V02", "06:41", lat=41.16, lon=-8.6)
    scene.pass_by("06:42", "06:43")


@story(
    "a rescuer that breaks down on its way",
    Expected(
        cases=["VEHICLE_BREAKDOWN RESOLVED", "VEHICLE_BREAKDOWN RESOLVED"],
        verdicts=["AUTOMATIC", "AUTOMATIC"],
        open={"R01": 0, "R02": 0, "RSP1": 8},
        to_do=8,
        custody={"P001": "VEHICLE V01", "P005": "VEHICLE V02"},
        sent={"route_changed": 4},
        unsent={},
        told={"route_changed": ["D01", "D02", "D02", "DSP1"]},
        noted={"of V02": {"V01": "CANCELLED"}, "of the spare": {"V01": "PLANNED", "V02": "PLANNED"}},
    ),
    turns_on="breakdown#2",
    plan=small_day(routes=2),
)
def rescuer_on_its_way(scene: Scene) -> None:
    """V02 is to fetch the four parcels of broken V01, and breaks down on its way there with four of its own. That
    meeting is off; the spare fetches four parcels at each wreck, by one plan, and no customer hears of a delay."""
    scene.depart("R01", "06:35")
    scene.depart("R02", "06:35")
    scene.break_down("V01", "06:40")
    scene.go_to("06:41")
    scene.depart("R02", "06:45", to="T-V01-R02-2")
    scene.break_down("V02", "06:48", lat=41.157, lon=-8.607)
    scene.pass_by("06:49", "06:54", "07:10")
    scene.note("of V02", _meetings_of(scene, "R02"))
    scene.note("of the spare", _meetings_of(scene, "RSP1"))


@story(
    "a rescuer that breaks down with what it fetched",
    Expected(
        cases=["VEHICLE_BREAKDOWN RESOLVED", "VEHICLE_BREAKDOWN RESOLVED"],
        verdicts=["AUTOMATIC", "AUTOMATIC"],
        open={"R01": 0, "R02": 0, "RSP1": 8},
        to_do=8,
        custody={"P001": "VEHICLE V02", "P005": "VEHICLE V02"},
        unsent={},
        noted={"of V02": {"V01": "COMPLETED"}, "of the spare": {"V02": "PLANNED"}},
    ),
    turns_on="breakdown#2",
    plan=small_day(routes=2),
)
def rescuer_with_what_it_fetched(scene: Scene) -> None:
    """V02 has fetched the four parcels of broken V01 when it breaks down too. All eight are aboard V02, and the spare
    fetches them there."""
    scene.depart("R01", "06:35")
    scene.depart("R02", "06:35")
    scene.break_down("V01", "06:40")
    scene.go_to("06:41")
    scene.depart("R02", "06:45", to="T-V01-R02-2")
    scene.visit("T-V01-R02-2", "06:47", "06:52")
    scene.break_down("V02", "06:55")
    scene.pass_by("06:56", "07:01", "07:17")
    scene.note("of V02", _meetings_of(scene, "R02"))
    scene.note("of the spare", _meetings_of(scene, "RSP1"))


@story(
    "a standby spare called up",
    Expected(cases=["VEHICLE_BREAKDOWN MONITORING"], verdicts=["AUTOMATIC"], open={"R01": 0, "RSP1": 4},
             sent={"route_changed": 2}, told={"route_changed": ["D01", "DSP1"]}),
    turns_on=EventType.BREAKDOWN,
    plan=small_day(routes=1),
)  # fmt: skip
def spare_called_up(scene: Scene) -> None:
    """The only van of the day breaks down. The spare is called up for all it had; both drivers are told."""
    scene.depart("R01", "06:35")
    scene.break_down("V01", "06:40")
    scene.pass_by("06:41", "06:46")


@story(
    "a breakdown with nobody to help",
    Expected(
        cases=["VEHICLE_BREAKDOWN MONITORING"],
        open={"R01": 4},
        sent={},
        unsent={"offer_reschedule pending": 4},
        custody={"P004": "VEHICLE V01"},
    ),
    turns_on=EventType.BREAKDOWN,
    plan=promised(small_day(routes=1, spare=False), "12:00", stops_of(small_day(routes=1), "R01")),
)
def nobody_to_help(scene: Scene) -> None:
    """The day has one van, and it breaks down at twenty to seven. Nothing can be moved, so all four customers will be
    offered another day, at eight, when their quiet hours end."""
    scene.depart("R01", "06:35")
    scene.break_down("V01", "06:40")
    scene.pass_by("06:41", "06:46")


def _meetings_of(scene: Scene, route: str) -> dict[str, str]:
    """Whom the route is to meet, or has met, with the state of the visit."""
    with scene.service.store.read() as uow:
        stops = uow.state.list_stops(RouteId(route))
    return {stop.transfer_from: stop.status.value for stop in stops if stop.transfer_from is not None}
