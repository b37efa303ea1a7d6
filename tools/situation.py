"""What a tool is given and what it gives back."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property

from forestall.domain.actions import Candidate, NoCandidate, Notice
from forestall.domain.cases import Case
from forestall.domain.decisions import HubPace
from forestall.domain.forecast import Forecast
from forestall.domain.ids import CandidateId, CarrierId, ContactId, OrderId, StopId
from forestall.domain.network import Contact
from forestall.domain.snapshot import HubSnapshot
from forestall.domain.switches import Switchboard
from forestall.domain.vocabulary import Tool
from optimizer.problem import FleetProblem
from optimizer.repair import Repairer
from optimizer.travel import TravelTimes
from tools.asking import Asking


@dataclass(frozen=True, slots=True)
class Told:
    """What a customer has already been sent about one stop: how often today, when last, and which time last (None: we
    have written, but of no new time)."""

    count_today: int
    last_at: datetime
    last_eta: datetime | None


@dataclass(frozen=True, slots=True)
class Reported:
    """The newest update that another carrier got on one stop: its status, and when it was to be served."""

    status: str
    eta: datetime | None


@dataclass(frozen=True)
class Situation:
    """One case, the state it stands in and the engines to reckon with; a tool needs nothing else.

    ``prepare`` makes the repair problem at first need: what only tells people never asks for it. A departure may be
    moved ahead by ``earlier_departure`` at most. What is counted (``told``, ``told_today_by_contact``, ``pace``), what
    carriers know (``reported``) and the switches (``board``) are as the transaction that built it saw them.
    """

    case: Case
    snapshot: HubSnapshot
    forecast: Forecast
    travel: TravelTimes
    prepare: Callable[[], FleetProblem]
    repairer: Repairer
    contacts: Mapping[ContactId, Contact]
    told: Mapping[StopId, Told] = field(default_factory=dict)
    told_today_by_contact: Mapping[ContactId, int] = field(default_factory=dict)
    reported: Mapping[tuple[CarrierId, StopId], Reported] = field(default_factory=dict)
    asking: Asking = field(default_factory=Asking)
    earlier_departure: timedelta = timedelta(0)
    pace: HubPace = field(default_factory=HubPace)
    board: Switchboard = field(default_factory=Switchboard)

    @cached_property
    def problem(self) -> FleetProblem:
        return self.prepare()

    @property
    def now(self) -> datetime:
        return self.snapshot.taken_at

    def contact_of_order(self, order_id: OrderId) -> Contact | None:
        contact_id = self.snapshot.orders[order_id].contact_id
        return None if contact_id is None else self.contacts.get(contact_id)

    def carrier_ids(self) -> frozenset[CarrierId]:
        """The carriers whose vehicles drive the case's routes."""
        routes = (self.snapshot.routes[route_id] for route_id in self.case.route_ids)
        return frozenset(self.snapshot.vehicles[route.vehicle_id].carrier_id for route in routes)


@dataclass(frozen=True, slots=True)
class Offer:
    """A tool's answer: candidates, or else the reason why there are none."""

    candidates: tuple[Candidate, ...] = ()
    declined: NoCandidate | None = None


def decline(tool: Tool, rule: str, **values: object) -> Offer:
    return Offer(declined=NoCandidate(tool, rule, values))


def identified(candidate: Candidate) -> Candidate:
    """The candidate with an id that is the hash of what it would do: equal plans have equal ids."""
    content: list[object] = [
        candidate.tool.value,
        [
            [c.route_id, list(c.stop_ids), [[s.id, s.location.lat, s.location.lon] for s in c.new_stops]]
            for c in candidate.route_changes
        ],
        [[move.package_id, move.to_hub] for move in candidate.package_moves],
        [[n.channel.value, n.template, n.subject_id] for n in candidate.notices],
    ]
    if candidate.tender is not None:
        content.append([candidate.tender.carrier_id])
    if departures := [c.departs_at.isoformat() for c in candidate.route_changes if c.departs_at is not None]:
        content.append(departures)
    if gone := [stop_id for change in candidate.route_changes for stop_id in change.rescheduled_stops]:
        content.append(gone)
    if retried := [stop_id for change in candidate.route_changes for stop_id in change.retried_stops]:
        content.append(["retried", retried])
    digest = hashlib.sha256(json.dumps(content).encode()).hexdigest()[:12]
    return replace(candidate, id=CandidateId(f"{candidate.tool.value}-{digest}"))


def with_notices(candidate: Candidate, notices: Sequence[Notice]) -> Candidate:
    """The candidate with companions to send along; its id stays, for it is still the same plan."""
    return replace(candidate, notices=(*candidate.notices, *notices))
