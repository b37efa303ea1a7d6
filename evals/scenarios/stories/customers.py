"""Customers who are told, asked and heard, or left alone because they want to be."""

from collections import Counter
from dataclasses import replace

from evals.scenarios.day import promised, small_day, stops_of, without_consent
from evals.scenarios.expectation import Expected
from evals.scenarios.scene import Scene
from evals.scenarios.story import story
from forestall.domain.plan import DayPlan
from forestall.domain.vocabulary import EventType


def quiet_day() -> DayPlan:
    """Two routes that leave at ten and have all day: nothing but doors can go wrong."""
    return small_day(routes=2, stops_each=3, leaves="10:00")


def late_day() -> DayPlan:
    """One van and no spare; its promises end at noon, and it leaves at ten."""
    plan = small_day(routes=1, spare=False, leaves="10:00")
    return promised(plan, "12:00", stops_of(plan, "R01"))


def stranded(scene: Scene, at: str) -> None:
    """The only van breaks down: nobody will come."""
    scene.depart("R01", at)
    scene.break_down("V01", at)


ASKED = {"confirm_presence": 6}


@story(
    "a customer who answers STOP",
    Expected(sent={**ASKED, "route_changed": 1}, unsent={}, stops={"S001": "RESCHEDULED R01"}),
    turns_on="customer_reply#1",
    plan=quiet_day(),
)
def stop_means_stop(scene: Scene) -> None:
    """Asked whether somebody will be there, the customer of O001 says STOP, and a minute later that another day would
    be better. The wish is granted; no message ever goes there again, not even to confirm it."""
    scene.go_to("09:00")
    scene.tell(EventType.CUSTOMER_REPLY, "O001", "09:05", choice="STOP")
    scene.tell(EventType.CUSTOMER_REPLY, "O001", "09:06", choice="another day")
    scene.pass_by("09:08", "09:20")


@story(
    "a customer chooses another day",
    Expected(sent={**ASKED, "reschedule_confirmed": 1, "route_changed": 1}, stops={"S003": "RESCHEDULED R01"},
             order={"R01": ["S001", "S002"]}, told={"reschedule_confirmed": ["C003"], "route_changed": ["D01"]}),
    turns_on=EventType.CUSTOMER_REPLY,
    plan=quiet_day(),
)  # fmt: skip
def another_day(scene: Scene) -> None:
    """The customer of O003 would rather have it tomorrow. The stop leaves the route; customer and driver are told."""
    scene.go_to("09:00")
    scene.tell(EventType.CUSTOMER_REPLY, "O003", "09:05", choice="not today, tomorrow please")
    scene.pass_by("09:06", "09:20")


@story(
    "a customer with a safe place",
    Expected(sent={**ASKED, "route_changed": 1}, open={"R01": 3}, noted={"safe places": ["S002"]}),
    turns_on=EventType.CUSTOMER_REPLY,
    plan=quiet_day(),
)
def safe_place(scene: Scene) -> None:
    """The customer of O002 won't be in and has a safe place. The driver's new list says so for that stop alone."""
    scene.go_to("09:00")
    scene.tell(EventType.CUSTOMER_REPLY, "O002", "09:05", choice="2")
    scene.pass_by("09:06", "09:20")
    lists = [effect["payload"]["stops"] for effect in scene.effects("route_changed")]
    scene.note("safe places", [entry["stop_id"] for entries in lists for entry in entries if entry["safe_place"]])


@story(
    "a customer nobody understands",
    Expected(cases=["FAILED_ATTEMPT_RISK RESOLVED", "CUSTOMER_MESSAGE RESOLVED", "CUSTOMER_MESSAGE MONITORING"],
             sent={**ASKED, "not_understood": 1},
             told={"not_understood": ["C004"]}),
    turns_on=EventType.CUSTOMER_REPLY,
    plan=quiet_day(),
)  # fmt: skip
def not_understood(scene: Scene) -> None:
    """A customer's words mean nothing to us, twice. We ask back once, and then a person gets to see them."""
    scene.go_to("09:00")
    scene.tell(EventType.CUSTOMER_REPLY, "O004", "09:05", choice="qwertz")
    scene.go_to("09:06")
    scene.tell(EventType.CUSTOMER_REPLY, "O004", "09:10", choice="qwertz")
    scene.pass_by("09:11", "09:25")


@story(
    "quiet hours",
    Expected(sent={}, unsent={"offer_reschedule pending": 4}, noted={"not before": ["2026-03-02T08:00:00+00:00"]}),
    turns_on=EventType.BREAKDOWN,
    plan=replace(late_day(), routes=small_day(routes=1, spare=False).routes),
)
def quiet_hours(scene: Scene) -> None:
    """Nobody will come to four customers, as is known at twenty to seven. They are told at eight, not before."""
    stranded(scene, "06:40")
    scene.pass_by("06:41", "07:30", "07:59")
    scene.note("not before", sorted({row.effect.not_before.isoformat() for row in scene.outbox("offer_reschedule")}))


@story(
    "the morning after quiet hours",
    Expected(sent={"offer_reschedule": 4}, unsent={}, told={"offer_reschedule": ["C001", "C002", "C003", "C004"]}),
    turns_on=EventType.BREAKDOWN,
    plan=replace(late_day(), routes=small_day(routes=1, spare=False).routes),
)
def after_quiet_hours(scene: Scene) -> None:
    """What waited for eight o'clock goes out at eight, once."""
    stranded(scene, "06:40")
    scene.pass_by("06:41", "07:30", "08:00", "08:05", "08:20")


@story(
    "message caps",
    Expected(noted={"most to one stop": 2}),
    turns_on=EventType.HUB_READY,
    plan=late_day(),
)
def message_caps(scene: Scene) -> None:
    """The load is announced later and later, by an hour each time. No stop gets more than two messages about it."""
    for hour in range(9, 12):
        scene.tell(
            EventType.HUB_READY, "H1", f"{hour:02d}:05", route="R01", ready_at=scene.text(f"{hour + 3}:00"), ready=False
        )
        scene.pass_by(f"{hour:02d}:06", f"{hour:02d}:20", f"{hour:02d}:40")
    late = [row.effect for name in ("eta_update", "offer_reschedule") for row in scene.outbox(name)]
    scene.note("most to one stop", max(Counter(effect.recipient_id for effect in late).values(), default=0))


@story(
    "a customer who wants no texts",
    Expected(sent={"offer_reschedule": 3}, told={"offer_reschedule": ["C001", "C003", "C004"]}),
    turns_on=EventType.BREAKDOWN,
    plan=without_consent(late_day(), ["C002"]),
)
def no_texts(scene: Scene) -> None:
    """Four customers will not be served; the one who wants no texts gets none."""
    stranded(scene, "10:05")
    scene.pass_by("10:06", "10:20")


@story(
    "nobody at home",
    Expected(cases=["DELIVERY_FAILED MONITORING"], stops={"S001": "FAILED R01"}, custody={"P001": "VEHICLE V01"}),
    turns_on=EventType.FAILED,
)
def nobody_at_home(scene: Scene) -> None:
    """Nobody opens at S001. The parcel stays in the van."""
    scene.depart("R01", "06:30")
    scene.visit("S001", "06:36", "06:41", fails="RECIPIENT_UNAVAILABLE")
    scene.pass_by("06:42", "06:47")


@story(
    "a false attempt",
    Expected(
        cases=["SUSPECTED_FALSE_ATTEMPT AWAITING_APPROVAL"],
        stops={"S001": "FAILED R01"},
        custody={"P001": "VEHICLE V01"},
    ),
    turns_on=EventType.POSITION,
)
def false_attempt(scene: Scene) -> None:
    """The driver reports that nobody was at home at S001, and was two kilometres away all the time. A person is asked
    whether he is to go there after all."""
    scene.depart("R01", "06:30")
    for minute in range(36, 43):
        scene.tell(EventType.POSITION, "V01", f"06:{minute}", lat=41.178, lon=-8.6)
    scene.tell(EventType.FAILED, "S001", "06:42", reason="RECIPIENT_UNAVAILABLE")
    scene.pass_by("06:43", "06:48")


@story(
    "an address that is wrong",
    Expected(cases=["ADDRESS_PROBLEM MONITORING"], stops={"S001": "FAILED R01"}),
    turns_on=EventType.FAILED,
)
def wrong_address(scene: Scene) -> None:
    """The house of S001 does not exist. It is a case of its own kind, for a person to look at."""
    scene.depart("R01", "06:30")
    scene.visit("S001", "06:36", "06:41", fails="WRONG_ADDRESS")
    scene.pass_by("06:42", "06:47")
