"""A small day behind the HTTP surface: a real store and intake; only the agent is a stand-in that records answers."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from forestall.clock import ManualClock
from forestall.domain.actions import Action, Candidate, Judgement, NoCandidate, RouteChange, StopEffect
from forestall.domain.cases import Case
from forestall.domain.decisions import Approval, Consultation, Decision, GateVerdict, Proposal
from forestall.domain.effects import Effect
from forestall.domain.forecast import Contribution, Forecast, StopForecast
from forestall.domain.network import Carrier, Contact, Driver, Hub, Location, Vehicle
from forestall.domain.orders import Custody, Order, Package, Window
from forestall.domain.plan import DayPlan
from forestall.domain.routes import Route, Stop
from forestall.domain.vocabulary import (
    ActionKind,
    Advice,
    Autonomy,
    CarrierKind,
    CaseKind,
    CaseStatus,
    Channel,
    HolderKind,
    OutboxState,
    Tier,
    Tool,
    Verdict,
)
from forestall.errors import BadInput, Conflict, Problem
from forestall.intake import Intake, plan_document
from forestall.settings import Settings

DAY = "2026-03-02"
START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
NOW = START + timedelta(hours=2)
HOSTILE = "<script>alert('x')</script>"


def at(hour, minute=0):
    return datetime(2026, 3, 2, hour, minute, tzinfo=UTC)


def make_plan(day=DAY, hub_name="North hub", driver_name="Ada"):
    """Two routes of two stops each, one hub, one carrier, and a spare van."""
    hub = Hub("H1", hub_name, Location("n0", 41.15, -8.61), "Europe/Lisbon", at(6), at(20))
    stops, orders, packages, contacts = [], [], [], []
    for number in range(1, 5):
        place = Location(f"n{number}", 41.15 + number / 100, -8.61)
        window = Window(at(9 + number), at(10 + number))
        contacts.append(Contact(f"K{number}", f"Customer {number}", phone=f"+120255501{number:02d}"))
        orders.append(Order(f"O{number}", "H1", window, Tier.STANDARD, f"K{number}"))
        packages.append(Package(f"P{number}", f"O{number}", Custody(HolderKind.HUB, "H1", at(6)), {"units": 1.0}))
        route = "R1" if number <= 2 else "R2"
        stops.append(Stop(f"S{number}", route, number, place, window, 180.0, f"O{number}", package_ids=(f"P{number}",)))
    return DayPlan(
        day=day,
        digest="",
        hubs=(hub,),
        links=(),
        carriers=(Carrier("OWN", "Own fleet", CarrierKind.OWNED),),
        contacts=tuple(contacts),
        vehicles=tuple(Vehicle(v, "H1", "OWN", capacity={"units": 100.0}) for v in ("V1", "V2", "VSP1")),
        drivers=tuple(Driver(d, "OWN", at(6), at(20), driver_name) for d in ("D1", "D2", "DSP1")),
        orders=tuple(orders),
        packages=tuple(packages),
        routes=(
            Route("R1", day, "H1", "V1", "D1", at(8, 30)),
            Route("R2", day, "H1", "V2", "D2", at(9)),
            Route("RSP1", day, "H1", "VSP1", "DSP1", at(6), is_spare=True),
        ),
        stops=tuple(stops),
    )


class StandInService:
    """The agent's facade without the agent: an answer is the store's compare-and-swap, and nothing follows from it."""

    def __init__(self, settings, clock, store):
        self.settings, self.clock, self.store = settings, clock, store
        self.intake = Intake(store, clock)
        self.detector_faults, self.waiting_for_reports_since = (), None

    def answer(
        self, case_id, interrupt_id, verdict, by, reason=None, note="", on_behalf_of=None, shown_at=None, seen_ms=None
    ):
        words = {"approve": Verdict.APPROVED, "veto": Verdict.VETOED, "reject": Verdict.REJECTED}
        with self.store.write() as uow:
            case = uow.cases.get(case_id)
            if verdict != "approve" and reason is None:
                raise BadInput("a no needs a reason", [Problem("reason", "is missing", "choose one")])
            taken = uow.approvals.find_open(case_id) is not None and uow.approvals.answer(
                case_id, interrupt_id, words[verdict], self.clock.now(), by, reason, note
            )
            if not taken:
                raise Conflict("this question is no longer open", case_id=case_id, status=case.status.value)
            return case


@dataclass
class Surface:
    client: TestClient
    service: StandInService
    clock: ManualClock

    def put_plan(self, plan=None, day=DAY):
        return self.client.put(f"/v1/plans/{day}", json=plan_document(plan or make_plan(day)))


@pytest.fixture
def surface(store, manual_clock, tmp_path):
    """The surface over an empty store, on each database in turn."""
    manual_clock.advance_to(NOW)
    service = StandInService(Settings(data_dir=tmp_path, max_body_bytes=200_000), manual_clock, store)
    with TestClient(create_app(service), base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
        yield Surface(client, service, manual_clock)


@pytest.fixture
def planned(surface):
    """The surface with the small day taken."""
    assert surface.put_plan().status_code == 201
    return surface


@pytest.fixture
def waiting(planned):
    """A day with one case that waits for approval, its proposal, an effect, a decision and an audit record."""
    add_waiting_case(planned.service.store)
    return planned


def event(event_id, kind, subject, data=None, when=NOW):
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": "test",
        "type": f"forestall.{kind}",
        "subject": subject,
        "time": when.isoformat() if isinstance(when, datetime) else when,
        "data": data or {},
    }


def make_case(**changes):
    case = Case(
        id="C-1", fingerprint=f"{DAY}/breakdown/V1", kind=CaseKind.VEHICLE_BREAKDOWN,
        status=CaseStatus.AWAITING_APPROVAL, day=DAY, hub_id="H1", route_ids=("R1",), stop_ids=("S1", "S2"),
        severity=1.4, opened_at=NOW, updated_at=NOW, evidence={"minutes_since": 12.0}, avoidable_loss=1.1,
        act_by=NOW + timedelta(minutes=25), plan_rev=1,
    )  # fmt: skip
    return replace(case, **changes)


def add_waiting_case(
    store, case=None, interrupt_id="I-1", is_veto=False, expires_at=NOW + timedelta(minutes=20), **of_plan
):
    """``of_plan``: its ``effects`` as (stop, before, after), a language model's ``note``, what is ``edited_from``."""
    case = case or make_case()
    with store.write() as uow:
        snapshot = uow.state.load_snapshot(DAY, NOW)
        uow.snapshots.keep(snapshot)
        uow.scores.add(_forecast(snapshot.id))
        uow.cases.add(case)
        uow.proposals.add(_proposal(case.id, snapshot.id, **of_plan))
        uow.approvals.ask(Approval(case.id, interrupt_id, 1, NOW, expires_at, is_veto))


def add_decision(store, case_id="C-1", verdict=Verdict.AUTOMATIC):
    with store.write() as uow:
        snapshot = uow.state.load_snapshot(DAY, NOW)
        decision = Decision("DEC-1", case_id, 1, "H1", NOW, verdict, "rules", "cand-1", snapshot.id, {"R1": 1})
        uow.decisions.add(decision)
        uow.outbox.add([make_effect("C-1:1:sms:O1", case_id=case_id)])
        uow.audit.append(NOW, "decision", case_id, {"decision": "DEC-1"})


def make_effect(key, channel=Channel.SMS, case_id=None, not_before=NOW):
    return Effect(
        key=key, channel=channel, recipient_id="K1", template="eta_update", payload={"order_id": "O1"},
        not_before=not_before, expires_at=NOW + timedelta(hours=12), body="Your parcel comes between 10:00 and 11:00.",
        case_id=case_id,
    )  # fmt: skip


def settle(store, now, count=100):
    """Do the relay's work: whatever is due is shown as a dry run."""
    with store.write() as uow:
        rows = uow.outbox.claim(now, 60.0, count)
        for row in rows:
            uow.outbox.settle(row.seq, row.fence, OutboxState.DRY_RUN, {}, now)
    return [row.seq for row in rows]


def _forecast(snapshot_id):
    stops = {
        stop_id: StopForecast(
            stop_id, "R1", 0.62, 0.02, 0.63, at(10), at(10, 20), at(11), 300.0,
            (Contribution("slow_roads", 0.4, {"factor": 1.3}),),
        )
        for stop_id in ("S1", "S2")
    }  # fmt: skip
    return Forecast(snapshot_id, NOW, "propagation-1", 1, 256, stops)


def _proposal(case_id, snapshot_id, effects=(("S2", 0.63, 0.05), ("S3", 0.02, 0.09)), note=None, edited_from=None):
    chosen = Candidate(
        "cand-1", Tool.REASSIGN, (Action(ActionKind.REASSIGN, ("S2",), ("R1", "R2")),),
        (RouteChange("R1", 1, ("S1",)), RouteChange("R2", 1, ("S2", "S3", "S4"))),
        read_set={"R1": 1, "R2": 1}, cost_cents=250,
    )  # fmt: skip
    other = Candidate(
        "cand-2", Tool.REROUTE, (Action(ActionKind.RESEQUENCE, ("S1", "S2"), ("R1",)),),
        (RouteChange("R1", 1, ("S2", "S1")),), read_set={"R1": 1},
    )  # fmt: skip
    told = tuple(StopEffect(*one) for one in effects)
    judged = Judgement("cand-1", 1400.0, 300.0, 1.3, 0.3, 600.0, 1, told)
    weaker = Judgement("cand-2", 1400.0, 1200.0, 1.3, 1.1, 120.0, 0, (StopEffect("S1", 0.6, 0.4),))
    return Proposal(
        case_id=case_id, plan_rev=1, snapshot_id=snapshot_id, made_at=NOW, candidates=(other, chosen),
        judgements={"cand-1": judged, "cand-2": weaker}, ranking=("cand-1", "cand-2"),
        declined=(NoCandidate(Tool.HUB_SWAP, "hub_swap.no_linked_hub", {"hub": "H1"}),), chosen="cand-1",
        gate=GateVerdict(Autonomy.APPROVE_FIRST, ("reassign-needs-approval",), ("Stops change hands.",), "abc123"),
        planner="rules", model="propagation-1", seed=1, samples=256, edited_from=edited_from,
        consultation=None if note is None else _consultation(note),
    )  # fmt: skip


def _consultation(note):
    letters = {"A": "cand-1", "B": "cand-2"}
    return Consultation("stub-1", "hash", "{}", letters, "{}", 90, 400, Advice.AGREED, note=note)


@pytest.fixture
def small():
    """The builders above, for tests to call (test files import nothing from each other)."""
    return SimpleNamespace(
        DAY=DAY, NOW=NOW, HOSTILE=HOSTILE, at=at, make_plan=make_plan, event=event, make_case=make_case,
        add_waiting_case=add_waiting_case, add_decision=add_decision, make_effect=make_effect, settle=settle,
        document=lambda: plan_document(make_plan()),
    )  # fmt: skip
