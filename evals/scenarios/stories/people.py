"""People who are asked: they agree, refuse, answer twice or too late, or never; and what happens meanwhile."""

from evals.scenarios.day import driven_by, promised, serving, small_day, stops_of
from evals.scenarios.expectation import Expected
from evals.scenarios.scene import ANSWERS, Scene
from evals.scenarios.story import story
from forestall.domain.ids import CarrierId
from forestall.domain.network import Carrier
from forestall.domain.plan import DayPlan
from forestall.domain.vocabulary import CarrierKind, EventType, Mode, OverrideReason


def anothers_spare() -> DayPlan:
    """One van, and a spare of another carrier: a rescue with it needs a person."""
    return driven_by(small_day(routes=1), Carrier(CarrierId("GIG"), "Gig", CarrierKind.GIG), ["VSP1"])


def overladen(routes: int = 3) -> DayPlan:
    """R01 has far too much to do until half past seven, the others have all day; there is no spare."""
    plan = small_day(routes=routes, spare=False)
    mine = stops_of(plan, "R01")
    return promised(serving(plan, 25, mine), "07:30", mine)


def break_down(scene: Scene) -> None:
    scene.depart("R01", "06:35")
    scene.break_down("V01", "06:40")
    scene.go_to("06:41")


def all_depart(scene: Scene) -> None:
    for route in ("R01", "R02", "R03"):
        scene.depart(route, "06:30")
    scene.pass_by("06:31", "06:32")


@story(
    "an approved rescue is carried out once",
    Expected(
        verdicts=["APPROVED"],
        open={"R01": 0, "RSP1": 4},
        sent={"route_changed": 2, "stops_reassigned": 1},
        noted={"status": 200},
    ),
    turns_on=ANSWERS,
    plan=anothers_spare(),
)
def approved_once(scene: Scene) -> None:
    """The only van breaks down; the spare is another carrier's. Ann approves, and the plan is carried out once,
    however often the service looks."""
    break_down(scene)
    scene.note("status", scene.answer("approve"))
    scene.pass_by("06:43", "06:44", "06:48")


@story(
    "approval twice",
    Expected(verdicts=["APPROVED"], sent={"route_changed": 2, "stops_reassigned": 1}, noted={"ann": 200, "bob": 409}),
    turns_on=ANSWERS,
    plan=anothers_spare(),
)
def approved_twice(scene: Scene) -> None:
    """Ann approves, and Bob rejects a moment later. Bob is told that he was too late, and the plan runs once."""
    break_down(scene)
    [question] = scene.questions()
    scene.note("ann", scene.answer("approve", question))
    scene.note("bob", scene.answer("reject", question, by="bob", reason=OverrideReason.COST))
    scene.pass_by("06:43", "06:44")


@story(
    "a rejected rescue",
    Expected(verdicts=["REJECTED"], open={"R01": 4, "RSP1": 0}, sent={}, noted={"status": 200}),
    turns_on=ANSWERS,
    plan=anothers_spare(),
)
def rejected(scene: Scene) -> None:
    """Ann says no, for she knows better. Nothing moves, nobody is told, and she is not asked again within the hour."""
    break_down(scene)
    scene.note("status", scene.answer("reject", reason=OverrideReason.LOCAL_KNOWLEDGE))
    scene.pass_by("06:43", "06:55", "07:10")


@story(
    "a no without a reason",
    Expected(cases=["VEHICLE_BREAKDOWN AWAITING_APPROVAL"], verdicts=[], open={"R01": 4}, noted={"status": 422}),
    turns_on=ANSWERS,
    plan=anothers_spare(),
)
def no_without_a_reason(scene: Scene) -> None:
    """Ann rejects and gives no reason. She is told what is missing, and her question still waits."""
    break_down(scene)
    scene.note("status", scene.answer("reject"))
    scene.go_to("06:42")


@story(
    "a plan gone stale while waiting",
    Expected(verdicts=["STALE", "NO_ACTION"], open={"R01": 4, "RSP1": 0}, sent={}),
    turns_on=ANSWERS,
    plan=anothers_spare(),
)
def stale(scene: Scene) -> None:
    """Ann approves the rescue, but the van has been mended and drives on before the plan is carried out. The plan was
    made for another state: it is not carried out, and looked at again, there is nothing left to do."""
    break_down(scene)
    scene.answer("approve")
    scene.tell(EventType.DEPARTED, "R01", "06:42", to_stop="S001")
    scene.go_to("06:43")


@story(
    "a question nobody answers",
    Expected(verdicts=["EXPIRED"], open={"R01": 4, "RSP1": 0}, sent={}),
    turns_on=EventType.BREAKDOWN,
    plan=anothers_spare(),
)
def unanswered(scene: Scene) -> None:
    """Nobody is there to approve. The question lapses and nothing is done in anybody's name."""
    break_down(scene)
    questions = scene.questions()
    if questions:
        scene.wait_until(questions[0].expires_at)


@story(
    "a process killed while waiting and resumed",
    Expected(verdicts=["APPROVED"], open={"R01": 0, "RSP1": 4}, sent={"route_changed": 2, "stops_reassigned": 1}),
    turns_on=ANSWERS,
    plan=anothers_spare(),
)
def killed_while_waiting(scene: Scene) -> None:
    """The service is killed while its question waits, and again just after Ann's answer. Her answer is carried out,
    once, by the process that comes after."""
    break_down(scene)
    scene.restart()
    scene.answer("approve")
    scene.restart()
    scene.pass_by("06:43", "06:44")


@story(
    "a veto at the last second",
    Expected(verdicts=["VETOED"], meetings=[], sent={}, open={"R01": 4}, noted={"status": 200}),
    turns_on=ANSWERS,
    plan=overladen(),
)
def veto_in_time(scene: Scene) -> None:
    """A meeting of two vans runs unless vetoed within two minutes. One second before they are over Ann vetoes it: both
    vans go on as before."""
    all_depart(scene)
    [question] = scene.questions()
    scene.wait_until(question.expires_at - 1, work=False)
    scene.note("status", scene.answer("veto", question, reason=OverrideReason.LOCAL_KNOWLEDGE))
    scene.wait_until(question.expires_at)


@story(
    "a veto after the deadline",
    Expected(verdicts=["NOT_VETOED"], sent={"route_changed": 2}, noted={"status": 409, "is veto": True}),
    turns_on=EventType.DEPARTED,
    plan=overladen(),
)
def veto_too_late(scene: Scene) -> None:
    """The two minutes are over and the meeting is on; then Ann vetoes. She is told that it is too late, and it stays
    one meeting."""
    all_depart(scene)
    [question] = scene.questions()
    scene.wait_until(question.expires_at)
    scene.note("is veto", question.is_veto)
    scene.note("status", scene.answer("veto", question, reason=OverrideReason.LOCAL_KNOWLEDGE))
    scene.wait_until(question.expires_at + 60)


@story(
    "the kill switch is on",
    Expected(verdicts=["FORBIDDEN"], open={"R01": 4}, sent={}, unsent={}),
    turns_on=EventType.BREAKDOWN,
    settings={"kill_switch": True},
)
def kill_switch(scene: Scene) -> None:
    """A van breaks down while the kill switch is on. What would be done is on record; nothing is done."""
    break_down(scene)
    scene.go_to("06:46")


@story(
    "the kill switch after an approval",
    Expected(open={"R01": 4, "RSP1": 0}, sent={}, noted={"status": 200}),
    turns_on=ANSWERS,
    plan=anothers_spare(),
)
def kill_switch_after_approval(scene: Scene) -> None:
    """Ann approves, then the kill switch is put on. What she approved is not carried out."""
    break_down(scene)
    scene.note("status", scene.answer("approve"))
    scene.restart(kill_switch=True)
    scene.pass_by("06:43", "06:44")


@story(
    "SHADOW mode decides and never acts",
    Expected(verdicts=["SHADOWED"], open={"R01": 4}, sent={}, unsent={}),
    turns_on=EventType.BREAKDOWN,
    settings={"mode": Mode.SHADOW},
)
def shadow(scene: Scene) -> None:
    """A van breaks down in SHADOW mode. The decision is on record; no stop moves and nobody hears of it."""
    break_down(scene)
    scene.go_to("06:46")


@story(
    "SUGGEST mode asks before everything",
    Expected(cases=["VEHICLE_BREAKDOWN AWAITING_APPROVAL"], verdicts=[], open={"R01": 4}, sent={}),
    turns_on=EventType.BREAKDOWN,
    settings={"mode": Mode.SUGGEST},
)
def suggest(scene: Scene) -> None:
    """What would run by itself in LIVE mode, a rescue inside one carrier, waits for a person in SUGGEST."""
    break_down(scene)
    scene.go_to("06:46")
