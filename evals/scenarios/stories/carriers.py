"""Stops offered to other carriers: nothing moves before one says yes, and a no is not the end."""

from evals.scenarios.day import driven_by, small_day
from evals.scenarios.expectation import Expected
from evals.scenarios.scene import ANSWERS, Scene
from evals.scenarios.story import story
from forestall.domain.ids import CarrierId
from forestall.domain.network import Carrier
from forestall.domain.plan import DayPlan
from forestall.domain.vocabulary import CarrierKind, EventType

NORTH = Carrier(CarrierId("NORTH"), "North", CarrierKind.THREE_PL, cost_per_stop_cents=100)


def two_carriers(*, active: bool = True, free_stops: int = 6) -> DayPlan:
    """R01 is driven by NORTH, which may withdraw; the spare belongs to GIG, which has to be asked and takes up to ten
    minutes to answer."""
    gig = Carrier(
        CarrierId("GIG"), "Gig", CarrierKind.GIG, active=active, cost_per_stop_cents=300, free_stops=free_stops,
        answers_within_s=600.0,
    )  # fmt: skip
    return driven_by(driven_by(small_day(routes=1), NORTH, ["V01"]), gig, ["VSP1"])


def north_withdraws(scene: Scene) -> None:
    """At one past six NORTH says it will not drive today; the dispatcher lets GIG be asked."""
    scene.tell(EventType.CARRIER_CAPACITY, "NORTH", "06:01", free_stops=0, active=False)
    scene.go_to("06:02")
    scene.answer("approve")
    scene.go_to("06:03")


@story(
    "a carrier withdraws and another takes its stops",
    Expected(verdicts=["APPROVED", "ACCEPTED"], tenders=["ACCEPTED"], open={"R01": 0, "RSP1": 4},
             sent={"route_changed": 2, "stops_reassigned": 2, "tender": 1}),
    turns_on=EventType.TENDER_ANSWER,
    plan=two_carriers(),
)  # fmt: skip
def another_takes_them(scene: Scene) -> None:
    """NORTH withdraws. GIG is asked, says yes after three minutes, and has the stops from then on."""
    north_withdraws(scene)
    scene.tell(EventType.TENDER_ANSWER, scene.tender(), "06:06", accepted=True)
    scene.pass_by("06:07", "06:08")


@story(
    "no carrier is asked without a person",
    Expected(cases=["CARRIER_CAPACITY AWAITING_APPROVAL"], verdicts=[], tenders=[], sent={}, open={"R01": 4}),
    turns_on=EventType.CARRIER_CAPACITY,
    plan=two_carriers(),
)
def asks_a_person_first(scene: Scene) -> None:
    """NORTH withdraws, and GIG could take over: that crosses carriers, so it waits for the dispatcher, who is away."""
    scene.tell(EventType.CARRIER_CAPACITY, "NORTH", "06:01", free_stops=0, active=False)
    scene.pass_by("06:02", "06:05")


@story(
    "a carrier that declines twice",
    Expected(
        cases=["TENDER_DECLINED MONITORING"],
        verdicts=["APPROVED", "DECLINED", "AUTOMATIC"],
        tenders=["DECLINED"],
        open={"R01": 4, "RSP1": 0},
        sent={"tender": 1},
        unsent={"eta_update pending": 4},
    ),
    turns_on=EventType.TENDER_ANSWER,
    plan=two_carriers(),
)
def declines_twice(scene: Scene) -> None:
    """GIG says no, and says it again. The second no changes nothing, GIG is not asked for the same stops again, and
    as nobody will come, the customers are to be told when their quiet hours end."""
    north_withdraws(scene)
    tender = scene.tender()
    scene.tell(EventType.TENDER_ANSWER, tender, "06:06", accepted=False)
    scene.go_to("06:07")
    scene.tell(EventType.TENDER_ANSWER, tender, "06:08", accepted=False)
    scene.pass_by("06:09", "06:14", "06:19")


@story(
    "a carrier that says no and then yes",
    Expected(
        verdicts=["APPROVED", "DECLINED", "AUTOMATIC"],
        tenders=["DECLINED"],
        open={"R01": 4, "RSP1": 0},
        sent={"tender": 1},
    ),
    turns_on=EventType.TENDER_ANSWER,
    plan=two_carriers(),
)
def the_first_answer_counts(scene: Scene) -> None:
    """GIG says no at six past and yes at seven past. The first answer counts."""
    north_withdraws(scene)
    tender = scene.tender()
    scene.tell(EventType.TENDER_ANSWER, tender, "06:06", accepted=False)
    scene.tell(EventType.TENDER_ANSWER, tender, "06:07", accepted=True)
    scene.pass_by("06:08", "06:09")


@story(
    "a carrier that is silent",
    Expected(cases=["CARRIER_SILENT MONITORING"], verdicts=["APPROVED", "SILENT", "AUTOMATIC"], tenders=["SILENT"],
             open={"R01": 4, "RSP1": 0}, sent={"tender": 1}),
    turns_on=ANSWERS,
    plan=two_carriers(),
)  # fmt: skip
def silent_carrier(scene: Scene) -> None:
    """GIG never answers. After its ten minutes that is a no; its yes at a quarter past is too late."""
    north_withdraws(scene)
    tender = scene.tender()
    scene.pass_by("06:10", "06:14")
    if tender != "none":
        scene.tell(EventType.TENDER_ANSWER, tender, "06:15", accepted=True)
    scene.pass_by("06:16", "06:19")


@story(
    "a carrier accepts what has driven off",
    Expected(verdicts=["APPROVED", "STALE", "NO_ACTION"], tenders=["WITHDRAWN"], open={"R01": 4, "RSP1": 0},
             sent={"tender": 1, "tender_withdrawn": 1}),
    turns_on=EventType.TENDER_ANSWER,
    plan=two_carriers(),
)  # fmt: skip
def accepted_in_vain(scene: Scene) -> None:
    """NORTH comes back and leaves with its goods before GIG says yes. GIG is told that it has agreed in vain."""
    north_withdraws(scene)
    tender = scene.tender()
    scene.tell(EventType.CARRIER_CAPACITY, "NORTH", "06:04", free_stops=4, active=True)
    scene.depart("R01", "06:05")
    scene.tell(EventType.TENDER_ANSWER, tender, "06:06", accepted=True)
    scene.pass_by("06:07", "06:08")


@story(
    "a carrier without a contract",
    Expected(
        cases=["CARRIER_CAPACITY MONITORING"],
        verdicts=["AUTOMATIC"],
        tenders=[],
        open={"R01": 4, "RSP1": 0},
        sent={},
        unsent={"eta_update pending": 4},
        noted={"questions": 0},
    ),
    turns_on=EventType.CARRIER_CAPACITY,
    plan=two_carriers(active=False),
)
def no_contract(scene: Scene) -> None:
    """NORTH withdraws, and the only other carrier has no active contract. It can't be asked, so
    nobody is bothered with a question; the customers are to be told at eight."""
    scene.tell(EventType.CARRIER_CAPACITY, "NORTH", "06:01", free_stops=0, active=False)
    scene.pass_by("06:02", "06:05")
    scene.note("questions", len(scene.questions()))


@story(
    "a carrier whose room is exhausted",
    Expected(
        cases=["CARRIER_CAPACITY MONITORING"],
        verdicts=["AUTOMATIC"],
        tenders=[],
        open={"R01": 4, "RSP1": 0},
        sent={},
        unsent={"eta_update pending": 4},
        noted={"questions": 0},
    ),
    turns_on=EventType.CARRIER_CAPACITY,
    plan=two_carriers(),
)
def no_room(scene: Scene) -> None:
    """GIG says it can take no more stops today, then NORTH withdraws. Nobody is asked, nothing moves;
    the customers are to be told at eight."""
    scene.tell(EventType.CARRIER_CAPACITY, "GIG", "06:00", free_stops=0, active=True)
    scene.tell(EventType.CARRIER_CAPACITY, "NORTH", "06:01", free_stops=0, active=False)
    scene.pass_by("06:02", "06:05")
    scene.note("questions", len(scene.questions()))
